"""From a filter in the address to one page of the directory. Pure; reads no clock and no store."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.outcome import Marker, Status
from domain.published import DirectoryEntry
from presentation.dates import counted
from presentation.facts import language_name, topic_name

PER_PAGE = 25
ANY = ""
EVERYTHING = "all"
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

# What a visitor can ask for, as the words of the pages; the machine's states are finer.
ACTIVITIES: Mapping[str, str] = {
    "active": "Active",
    "quiet": "Quiet",
    "unseen": "We cannot see",
    "moved": "Moved",
    "inactive": "Inactive",
    "closed": "Closed",
}
ACTIVITY_OF: Mapping[Status | None, str] = {
    Status.ACTIVE: "active",
    Status.SLOWING: "quiet",
    Status.DORMANT: "quiet",
    Status.INACTIVE: "inactive",
    Status.CLOSED: "closed",
    Status.MOVED: "moved",
    Status.UNVERIFIABLE: "unseen",
    None: "unseen",
}
HIDDEN_AT_FIRST = frozenset({"inactive", "closed"})
IN_SUMMARY = {
    "active": "active",
    "quiet": "quiet",
    "inactive": "inactive",
    "closed": "closed",
    "moved": "moved",
    "unseen": "we cannot see into",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a visitor asked for; empty fields ask for nothing."""

    q: str = ""
    activity: str = ANY
    topic: str = ANY
    language: str = ANY
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """True when anything but the page was asked for."""
        return bool(self.q or self.activity or self.topic or self.language)

    @property
    def fields(self) -> dict[str, str | int]:
        """The fields as they stand in an address: only those that say something."""
        asked: dict[str, str | int] = {
            "q": self.q,
            "activity": self.activity,
            "topic": self.topic,
            "language": self.language,
        }
        kept = {name: value for name, value in asked.items() if value}
        return {**kept, "page": self.page} if self.page > 1 else kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One line of a choice, with how many communities it would show."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One field of the form."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """One page of entries, and what stands around it. `hidden` were left out by the default."""

    entries: tuple[DirectoryEntry, ...]
    number: int
    count: int
    hidden: int
    summary: str
    choices: tuple[Choice, ...]


def read_query(fields: Mapping[str, str]) -> Query:
    """The query that an address asks for; nonsense in it asks for nothing."""
    activity = fields.get("activity", "")
    page = fields.get("page", "")
    return Query(
        q=" ".join(fields.get("q", "").split())[:100],
        activity=activity if activity in ACTIVITIES or activity == EVERYTHING else ANY,
        topic=fields.get("topic", "")[:100],
        language=fields.get("language", "")[:35],
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) <= 6 else 1,
    )


def find_page(entries: Sequence[DirectoryEntry], query: Query) -> FoundPage:
    """The page that a query asks for; a page past the end is the last one."""
    fitting = [entry for entry in entries if _fits(entry, query)]
    shown = [entry for entry in fitting if _shows(entry, query.activity)]
    count = max(1, -(-len(shown) // PER_PAGE))
    number = min(query.page, count)
    shown.sort(key=_place)
    return FoundPage(
        entries=tuple(shown[(number - 1) * PER_PAGE : number * PER_PAGE]),
        number=number,
        count=count,
        hidden=len(fitting) - len(shown) if query.activity == ANY else 0,
        summary=_summarise(entries),
        choices=_build_choices(entries, query),
    )


def activity_of(entry: DirectoryEntry) -> str:
    """Which of `ACTIVITIES` the entry is."""
    if entry.published.not_verified_since is not None:
        return "unseen"
    return ACTIVITY_OF[entry.published.status]


def fold(text: str) -> str:
    """The text without accents and capitals, so that `sante` finds `Santé`."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def _fits(entry: DirectoryEntry, query: Query) -> bool:
    community = entry.community
    if query.topic and query.topic not in community.topics:
        return False
    if query.language and query.language not in community.languages:
        return False
    if not query.q:
        return True
    topics = " ".join(topic_name(topic) for topic in community.topics)
    text = fold(f"{community.name} {community.description} {topics}")
    return all(word in text for word in fold(query.q).split())


def _shows(entry: DirectoryEntry, activity: str) -> bool:
    found = activity_of(entry)
    if activity == ANY:
        return found not in HIDDEN_AT_FIRST
    return activity in (EVERYTHING, found)


def _place(entry: DirectoryEntry) -> tuple[int, float, str]:
    """Seen talking recently first, then what cannot be seen, then what has ended."""
    activity = activity_of(entry)
    if activity in ("active", "quiet"):
        group = 1 if Marker.SPAM in entry.published.markers else 0
    else:
        group = 2 if activity == "unseen" else 3
    last = entry.published.last_post_at or LONG_AGO
    return group, -(last - LONG_AGO).total_seconds(), fold(entry.community.name)


def _summarise(entries: Sequence[DirectoryEntry]) -> str:
    counts = Counter(activity_of(entry) for entry in entries)
    parts = [f"{counts[name]} {words}" for name, words in IN_SUMMARY.items() if counts[name]]
    total = counted(len(entries), "community", "communities")
    return f"{total}: {', '.join(parts)}." if parts else "No community is listed yet."


def _build_choices(entries: Sequence[DirectoryEntry], query: Query) -> tuple[Choice, ...]:
    """The three choices; each counts what the other fields leave."""

    def left(others: Query) -> list[DirectoryEntry]:
        return [e for e in entries if _fits(e, others) and _shows(e, others.activity)]

    kinds = Counter(activity_of(entry) for entry in left(replace(query, activity=EVERYTHING)))
    default = sum(n for kind, n in kinds.items() if kind not in HIDDEN_AT_FIRST)
    activity = [
        Option(value=ANY, text=f"Perhaps alive ({default})", chosen=query.activity == ANY),
        *(
            Option(value=kind, text=f"{words} ({kinds[kind]})", chosen=query.activity == kind)
            for kind, words in ACTIVITIES.items()
        ),
        Option(
            value=EVERYTHING,
            text=f"All ({kinds.total()})",
            chosen=query.activity == EVERYTHING,
        ),
    ]
    topics = (
        topic for entry in left(replace(query, topic=ANY)) for topic in entry.community.topics
    )
    languages = (
        code for entry in left(replace(query, language=ANY)) for code in entry.community.languages
    )
    return (
        Choice(name="activity", label="Activity", options=tuple(activity)),
        Choice(name="topic", label="Topic", options=_count(topics, query.topic, topic_name)),
        Choice(
            name="language",
            label="Language",
            options=_count(languages, query.language, language_name),
        ),
    )


def _count(values: Iterable[str], chosen: str, name: Callable[[str], str]) -> tuple[Option, ...]:
    """`Any`, then every value by name with its count; a chosen one stays even at 0."""
    counts = Counter(values)
    if chosen:
        counts[chosen] += 0
    options = [
        Option(value=value, text=f"{name(value)} ({number})", chosen=value == chosen)
        for value, number in counts.items()
    ]
    options.sort(key=lambda option: fold(option.text))
    return (Option(value=ANY, text="Any", chosen=not chosen), *options)
