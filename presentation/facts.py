"""Names of topics, languages, platforms and ways of joining."""

from __future__ import annotations

from functools import cache

from babel import Locale, UnknownLocaleError

from domain.listing import ListedFacts
from domain.records import Community, Membership, Platform
from presentation.i18n import LOCALES, translate
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
    Platform.LISTSERV: "LISTSERV",
    Platform.SYMPA: "Sympa",
    Platform.DISCOURSE: "Discourse",
    Platform.FLARUM: "Flarum",
    Platform.NODEBB: "NodeBB",
    Platform.ZULIP: "Zulip",
    Platform.PUBLICINBOX: "public-inbox",
    Platform.NING: "Ning",
    Platform.GOOGLEGROUPS: "Google Groups",
    Platform.BBPRESS: "bbPress",
    Platform.BUDDYPRESS: "BuddyPress",
    Platform.WORDPRESS: "WordPress",
    Platform.PHPBB: "phpBB",
    Platform.KUNENA: "Kunena",
    Platform.INVISION: "Invision",
    Platform.XENFORO: "XenForo",
    Platform.SMF: "SMF",
    Platform.MYBB: "MyBB",
    Platform.DRUPAL: "Drupal",
    Platform.VBULLETIN: "vBulletin",
    Platform.FUDFORUM: "FUDforum",
}
SOFTWARE_WORDS = {
    Platform.PIPERMAIL: "Mailman 2 archive",
    Platform.HYPERKITTY: "Mailman 3 archive",
    Platform.HYPERMAIL: "Hypermail archive",
    Platform.MHONARC: "MHonArc archive",
    Platform.PONYMAIL: "Pony Mail archive",
    Platform.GROUPSIO: "Groups.io or Dgroups",
    Platform.HIFA: "messages on hifa.org",
    Platform.LANDING: "landing page only",
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

REGION_CODES = {
    "Global": "001",
    "Latin America and the Caribbean": "419",
    "Southern Asia": "034",
    "South-eastern Asia": "035",
    "Northern America": "021",
    "Eastern Asia": "030",
}
"""Regions by the code of the United Nations, where Unicode's English name is another."""


@cache
def language_name(code: str, locale: str = "en") -> str:
    """The language's name in the reader's language; an unknown code as it was entered."""
    try:
        return Locale.parse(code, sep="-").get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def platform_name(platform: Platform, locale: str = "en") -> str:
    """What kind of place a source is, with the software behind it."""
    place, software = place_name(PLACES[platform], locale), SOFTWARE.get(platform, "")
    if platform in SOFTWARE_WORDS:
        software = translate(SOFTWARE_WORDS[platform], locale)
    return f"{place} ({software})" if software else place


def place_name(place: str, locale: str = "en") -> str:
    """A kind of place, as visitors know it; one that is not known as it was entered."""
    return translate(PLACE_WORDS[place], locale) if place in PLACE_WORDS else place


def membership_words(membership: Membership, locale: str = "en") -> str:
    """Who may join; nothing where nobody has said so."""
    known = MEMBERSHIPS.get(membership)
    return translate(known, locale) if known else ""


@cache
def region_name(region: str, locale: str = "en") -> str:
    """The region's name in the reader's language; one of no catalogue as it was entered."""
    return region if locale == "en" else _territories(locale).get(_code_of(region), region)


def read_region(text: str) -> str:
    """The region or country of that name in any of our languages, as it is kept; else nothing."""
    return _regions_by_name().get(text.strip().casefold(), "")


def read_language(text: str) -> str:
    """The code of a language by its code, or its name in any of our languages; else nothing."""
    given = text.strip()
    try:
        return str(Locale.parse(given, sep="-")).replace("_", "-") if given else ""
    except (UnknownLocaleError, ValueError):
        return _languages_by_name().get(given.casefold(), "")


@cache
def _regions_by_name() -> dict[str, str]:
    own = {code: name for name, code in REGION_CODES.items()}
    english = _territories("en") | own
    return {
        name.casefold(): english[code]
        for locale in LOCALES
        for code, name in (*_territories(locale).items(), *own.items())
        if code in english
    }


@cache
def _languages_by_name() -> dict[str, str]:
    return {
        name.casefold(): code
        for locale in LOCALES
        for code, name in Locale.parse(locale).languages.items()
        if "_" not in code
    }


@cache
def _code_of(region: str) -> str:
    own = {name: code for code, name in _territories("en").items()}
    return REGION_CODES.get(region, own.get(region, ""))


@cache
def _territories(locale: str) -> dict[str, str]:
    return dict(Locale.parse(locale).territories)


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
        ", ".join(place_name(place, locale) for place in known),
        membership_words(Membership(facts.membership), locale),
    )
    return " · ".join(part for part in parts if part)
