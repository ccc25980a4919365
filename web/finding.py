"""From a filter in the address to one page of the directory. Reads no clock and no store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from domain.listing import ListedFacts
from domain.records import Membership
from presentation.dates import counted
from presentation.facts import (
    NOWHERE,
    language_name,
    membership_words,
    place_name,
    region_name,
)
from presentation.i18n import ENGLISH, nouns, say, say_count, translate
from presentation.listing import ENDED
from presentation.topics import fold, split_words, topic_name
from presentation.words import ACTIVITIES
from web.kept import Bits, Index

PER_PAGE = 25
MOST_WORDS = 8
ANY = ""
EVERYTHING = "all"
# What is not known comes last in a choice.
UNKNOWN = frozenset({NOWHERE, Membership.UNKNOWN.value})

IN_SUMMARY = {
    "active": nouns("{number} active", "{number} active"),
    "quiet": nouns("{number} quiet", "{number} quiet"),
    "inactive": nouns("{number} inactive", "{number} inactive"),
    "closed": nouns("{number} closed", "{number} closed"),
    "moved": nouns("{number} moved", "{number} moved"),
    "unverified": nouns("{number} not verified of late", "{number} not verified of late"),
    "little": nouns("{number} with too little talk to say", "{number} with too little talk to say"),
    "unseen": nouns("{number} we cannot see into", "{number} we cannot see into"),
    "unchecked": nouns("{number} not checked yet", "{number} not checked yet"),
}
Tell = Callable[[str, str], str]


def _tell_membership(value: str, locale: str) -> str:
    if value == Membership.UNKNOWN.value or value not in list(Membership):
        return say("not known", locale)
    return membership_words(Membership(value), locale)


LABELS = {
    "topic": "Topic",
    "language": "Language",
    "region": "Region",
    "platform": "Place",
    "membership": "Who can join",
}
# The fields that narrow the list by one fact each, with the words of the form.
NARROWING: Mapping[str, Tell] = {
    "topic": topic_name,
    "language": language_name,
    "region": region_name,
    "platform": place_name,
    "membership": _tell_membership,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a visitor asked for; empty fields ask for nothing."""

    q: str = ""
    activity: str = ANY
    topic: str = ANY
    language: str = ANY
    region: str = ANY
    platform: str = ANY
    membership: str = ANY
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """True when anything but the page was asked for."""
        return bool(self.q or self.activity or self.chosen)

    @property
    def chosen(self) -> dict[str, str]:
        """The facts that were asked for."""
        asked = {
            "topic": self.topic,
            "language": self.language,
            "region": self.region,
            "platform": self.platform,
            "membership": self.membership,
        }
        return {name: value for name, value in asked.items() if value}

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words that were sought."""
        return tuple(dict.fromkeys(split_words(self.q)))[:MOST_WORDS]

    @property
    def fields(self) -> dict[str, str | int]:
        """The fields as they stand in an address: only those that say something."""
        asked = {"q": self.q, "activity": self.activity, **self.chosen}
        kept: dict[str, str | int] = {name: value for name, value in asked.items() if value}
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
    """One page of the list, and what stands around it. `hidden` were left out by the default."""

    found: tuple[ListedFacts, ...]
    number: int
    count: int
    total: int
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
        region=fields.get("region", "")[:100],
        platform=fields.get("platform", "")[:35],
        membership=fields.get("membership", "")[:35],
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) <= 6 else 1,
    )


def find_page(index: Index, sought: Bits, query: Query, locale: str = ENGLISH) -> FoundPage:
    """The page that a query asks for; a page past the end is the last one.

    `sought` are the communities whose texts have the words of the query.
    """
    left = index.inside & (sought if query.words else -1)
    fitting = _narrow(index, left, query)
    shown = fitting & _activity_bits(index, query.activity)
    total = shown.bit_count()
    count = max(1, -(-total // PER_PAGE))
    number = min(query.page, count)
    return FoundPage(
        found=tuple(index.pick(shown, (number - 1) * PER_PAGE, PER_PAGE)),
        number=number,
        count=count,
        total=total,
        hidden=fitting.bit_count() - total if query.activity == ANY else 0,
        summary=_summarise(index, locale),
        choices=_build_choices(index, left, query, locale),
    )


def find_bits(index: Index, sought: Bits, query: Query) -> Bits:
    """All communities that a query asks for, whatever the page."""
    left = index.inside & (sought if query.words else -1)
    return _narrow(index, left, query) & _activity_bits(index, query.activity)


def _narrow(index: Index, left: Bits, query: Query, without: str = "") -> Bits:
    for name, value in query.chosen.items():
        if name != without:
            left &= index.having(name, value)
    return left


def _activity_bits(index: Index, activity: str) -> Bits:
    if activity == EVERYTHING:
        return -1
    if activity:
        return index.having("activity", activity)
    return ~(index.having("activity", "inactive") | index.having("activity", "closed"))


def _summarise(index: Index, locale: str) -> str:
    counts = {
        kind: (index.inside & index.having("activity", kind)).bit_count() for kind in IN_SUMMARY
    }
    parts = [
        say_count(*forms, counts[name], locale)
        for name, forms in IN_SUMMARY.items()
        if counts[name]
    ]
    if not parts:
        return say("No community is listed yet.", locale)
    total = counted(index.inside.bit_count(), "community", "communities", locale)
    return say("{total}: {parts}.", locale, total=total, parts=", ".join(parts))


def _build_choices(index: Index, left: Bits, query: Query, locale: str) -> tuple[Choice, ...]:
    """The choices; each counts what the other fields leave."""
    shown = left & _activity_bits(index, query.activity)
    narrowing = tuple(
        Choice(
            name=name,
            label=translate(LABELS[name], locale),
            options=_count(index, name, _narrow(index, shown, query, name), query, locale),
        )
        for name in NARROWING
    )
    fitting = _narrow(index, left, query)
    return (_activity_choice(index, fitting, query.activity, locale), *narrowing)


def _activity_choice(index: Index, fitting: Bits, chosen: str, locale: str) -> Choice:
    kinds = {kind: (fitting & index.having("activity", kind)).bit_count() for kind in ACTIVITIES}
    default = sum(number for kind, number in kinds.items() if kind not in ENDED)

    def option(value: str, text: str, number: int) -> Option:
        counted_text = f"{translate(text, locale)} ({number})"
        return Option(value=value, text=counted_text, chosen=chosen == value)

    options = (
        option(ANY, say("Perhaps alive", locale), default),
        *(option(kind, words, kinds[kind]) for kind, words in ACTIVITIES.items()),
        option(EVERYTHING, say("All", locale), fitting.bit_count()),
    )
    return Choice(name="activity", label=say("Activity", locale), options=options)


def _count(index: Index, kind: str, left: Bits, query: Query, locale: str) -> tuple[Option, ...]:
    """`Any`, then every value that is left by name with its count; a chosen one stays even at 0."""
    chosen = query.chosen.get(kind, "")
    counts = {value: (left & bits).bit_count() for value, bits in index.bits.get(kind, {}).items()}
    values = [value for value, number in counts.items() if number or value == chosen]
    if chosen and chosen not in counts:
        values.append(chosen)
    named = {value: NARROWING[kind](value, locale) for value in values}
    values.sort(key=lambda value: (value in UNKNOWN, fold(named[value])))
    return (
        Option(value=ANY, text=say("Any", locale), chosen=not chosen),
        *(
            Option(
                value=value,
                text=f"{named[value]} ({counts.get(value, 0)})",
                chosen=value == chosen,
            )
            for value in values
        ),
    )


def with_page(query: Query, number: int) -> Query:
    """The same question, another page."""
    return replace(query, page=number)
