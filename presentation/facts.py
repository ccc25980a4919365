"""Names of topics, languages, platforms and ways of joining."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError

from domain.published import DirectoryEntry
from domain.records import Community, Membership, Platform

MOST_TOPICS = 3

TOPICS = {
    "health-information": "Health information access",
    "digital-health": "Digital health",
    "health-systems": "Health systems and service delivery",
    "health-financing": "Health financing",
    "health-workforce": "Health workforce",
    "community-health": "Community and primary health care",
    "nursing-midwifery": "Nursing and midwifery",
    "medicines-supply": "Medicines and supply chains",
    "maternal-newborn-child": "Maternal, newborn, child and adolescent health",
    "sexual-reproductive": "Sexual and reproductive health",
    "immunization": "Immunization",
    "nutrition": "Nutrition",
    "wash": "Water, sanitation and hygiene",
    "hiv-tb-malaria": "HIV, tuberculosis and malaria",
    "neglected-tropical": "Neglected tropical diseases",
    "ncd": "Noncommunicable diseases",
    "mental-health": "Mental health and psychosocial support",
    "surveillance-outbreaks": "Surveillance and outbreaks",
    "quality-safety": "Quality and patient safety",
    "humanitarian": "Humanitarian health",
    "equity-rights-policy": "Equity, rights and health policy",
    "evidence-research": "Evidence and research methods",
    "health-communication": "Health communication and behaviour change",
    "amr-one-health": "Antimicrobial resistance and One Health",
    "km-evaluation": "Knowledge management and evaluation",
    "climate-environment": "Climate, environment and work",
    "disability-rehabilitation": "Disability, rehabilitation and ageing",
    "gender-violence": "Violence and harmful practices",
    "surgery-anaesthesia": "Surgery and anaesthesia",
}

PLACES = {
    Platform.FEED: "news feed",
    Platform.PIPERMAIL: "mailing list",
    Platform.HYPERKITTY: "mailing list",
    Platform.MBOX: "mailing list",
}
PLATFORMS = {
    Platform.FEED: "news feed",
    Platform.PIPERMAIL: "mailing list (Mailman 2 archive)",
    Platform.HYPERKITTY: "mailing list (Mailman 3 archive)",
    Platform.MBOX: "mailing list (archive file)",
}

MEMBERSHIPS = {
    Membership.OPEN: "open to anyone",
    Membership.APPROVAL: "anyone may ask; a moderator approves",
    Membership.STAFF_ONLY: "staff of one organisation only",
    Membership.PAID: "paying members",
}


def topic_name(topic: str) -> str:
    """The topic's name; one that is not in the vocabulary is shown as it was entered."""
    return TOPICS.get(topic, topic.replace("-", " ").capitalize())


def language_name(code: str, locale: str = "en") -> str:
    """The language's name in the reader's language; an unknown code as it was entered."""
    try:
        return Locale.parse(code, sep="-").get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def platform_name(platform: Platform) -> str:
    """What kind of place a source is, with the software behind it."""
    return PLATFORMS[platform]


def membership_words(membership: Membership) -> str | None:
    """Who may join; `None` where nobody has said so."""
    return MEMBERSHIPS.get(membership)


def name_language(community: Community) -> str:
    """The language of the community's own name, where it is surely not English; else nothing."""
    languages = community.languages
    return languages[0] if languages and "en" not in languages else ""


def facts_line(entry: DirectoryEntry, locale: str = "en") -> str:
    """Topics, languages, kind of place and who may join, in one line, as far as known."""
    community = entry.community
    parts = (
        ", ".join(topic_name(topic) for topic in community.topics[:MOST_TOPICS]),
        ", ".join(language_name(code, locale) for code in community.languages),
        ", ".join(dict.fromkeys(PLACES[source.platform] for source in entry.sources)),
        membership_words(community.membership) or "",
    )
    return " · ".join(part for part in parts if part)
