"""Names of topics, languages, platforms and ways of joining."""

from __future__ import annotations

from functools import cache

from babel import Locale, UnknownLocaleError

from domain.listing import ListedFacts
from domain.records import Community, Membership, Platform
from presentation.topics import topic_name

MOST_TOPICS = 3

LIST, FORUM, CHAT, FEED = "list", "forum", "chat", "feed"
NEWSGROUP, SITE, CLOSED, NOWHERE = "newsgroup", "site", "closed", "unknown"
PLACE_WORDS = {
    LIST: "mailing list",
    FORUM: "forum",
    CHAT: "public chat",
    FEED: "news feed",
    NEWSGROUP: "newsgroup",
    SITE: "web site",
    CLOSED: "closed platform",
    NOWHERE: "place not known",
}
"""The kinds of place where people talk, as visitors know them."""

PLACES = {
    Platform.FEED: FEED,
    Platform.PIPERMAIL: LIST,
    Platform.HYPERKITTY: LIST,
    Platform.LISTSERV: LIST,
    Platform.SYMPA: LIST,
    Platform.HYPERMAIL: LIST,
    Platform.MHONARC: LIST,
    Platform.PONYMAIL: LIST,
    Platform.DISCOURSE: FORUM,
    Platform.FLARUM: FORUM,
    Platform.NODEBB: FORUM,
    Platform.ZULIP: CHAT,
    Platform.PUBLICINBOX: LIST,
    Platform.NNTP: NEWSGROUP,
    Platform.GROUPSIO: LIST,
    Platform.HIFA: LIST,
    Platform.NING: FORUM,
    Platform.GOOGLEGROUPS: LIST,
    Platform.BBPRESS: FORUM,
    Platform.BUDDYPRESS: FORUM,
    Platform.WORDPRESS: SITE,
    Platform.LANDING: CLOSED,
    Platform.PHPBB: FORUM,
    Platform.KUNENA: FORUM,
    Platform.INVISION: FORUM,
    Platform.XENFORO: FORUM,
    Platform.SMF: FORUM,
    Platform.MYBB: FORUM,
    Platform.DRUPAL: FORUM,
    Platform.VBULLETIN: FORUM,
    Platform.FUDFORUM: FORUM,
    Platform.RECIPE: SITE,
    Platform.MBOX: LIST,
    Platform.MAILBOX: LIST,
}
SOFTWARE = {
    Platform.PIPERMAIL: "Mailman 2 archive",
    Platform.HYPERKITTY: "Mailman 3 archive",
    Platform.LISTSERV: "LISTSERV",
    Platform.SYMPA: "Sympa",
    Platform.HYPERMAIL: "Hypermail archive",
    Platform.MHONARC: "MHonArc archive",
    Platform.PONYMAIL: "Pony Mail archive",
    Platform.DISCOURSE: "Discourse",
    Platform.FLARUM: "Flarum",
    Platform.NODEBB: "NodeBB",
    Platform.ZULIP: "Zulip",
    Platform.PUBLICINBOX: "public-inbox",
    Platform.GROUPSIO: "Groups.io or Dgroups",
    Platform.HIFA: "messages on hifa.org",
    Platform.NING: "Ning",
    Platform.GOOGLEGROUPS: "Google Groups",
    Platform.BBPRESS: "bbPress",
    Platform.BUDDYPRESS: "BuddyPress",
    Platform.WORDPRESS: "WordPress",
    Platform.LANDING: "landing page only",
    Platform.PHPBB: "phpBB",
    Platform.KUNENA: "Kunena",
    Platform.INVISION: "Invision",
    Platform.XENFORO: "XenForo",
    Platform.SMF: "SMF",
    Platform.MYBB: "MyBB",
    Platform.DRUPAL: "Drupal",
    Platform.VBULLETIN: "vBulletin",
    Platform.FUDFORUM: "FUDforum",
    Platform.RECIPE: "read by a recipe",
    Platform.MBOX: "archive file",
    Platform.MAILBOX: "seen by a subscribed address",
}

MEMBERSHIPS = {
    Membership.OPEN: "open to anyone",
    Membership.APPROVAL: "anyone may ask; a moderator approves",
    Membership.STAFF_ONLY: "staff of one organisation only",
    Membership.PAID: "paying members",
}


@cache
def language_name(code: str, locale: str = "en") -> str:
    """The language's name in the reader's language; an unknown code as it was entered."""
    try:
        return Locale.parse(code, sep="-").get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def platform_name(platform: Platform) -> str:
    """What kind of place a source is, with the software behind it."""
    software = SOFTWARE.get(platform)
    return f"{place_name(platform)} ({software})" if software else place_name(platform)


def place_name(platform: Platform) -> str:
    """What kind of place a source is."""
    return PLACE_WORDS[PLACES[platform]]


def membership_words(membership: Membership) -> str | None:
    """Who may join; `None` where nobody has said so."""
    return MEMBERSHIPS.get(membership)


def name_language(community: Community) -> str:
    """The language of the community's own name, where it is surely not English; else nothing."""
    languages = community.languages
    return languages[0] if languages and "en" not in languages else ""


def listed_line(facts: ListedFacts, locale: str = "en") -> str:
    """Topics, languages, kind of place and who may join, in one line, as far as known."""
    known = (place for place in facts.places if place != NOWHERE)
    parts = (
        ", ".join(topic_name(topic, locale) for topic in facts.topics[:MOST_TOPICS]),
        ", ".join(language_name(code, locale) for code in facts.languages),
        ", ".join(PLACE_WORDS[place] for place in known),
        MEMBERSHIPS.get(Membership(facts.membership), ""),
    )
    return " · ".join(part for part in parts if part)
