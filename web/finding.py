"""From a filter in the address to one page of the directory. Reads no clock and no store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from domain.listing import ListedFacts
from domain.records import Membership
from presentation.dates import counted
from presentation.facts import MEMBERSHIPS, NOWHERE, PLACE_WORDS, language_name
from presentation.listing import ACTIVITIES, ENDED
from presentation.topics import fold, guess_word, split_words, topic_name
from web.kept import Bits, Index

PER_PAGE = 25
MOST_WORDS = 8
ANY = ""
EVERYTHING = "all"

IN_SUMMARY = {
    "active": "active",
    "quiet": "quiet",
    "inactive": "inactive",
    "closed": "closed",
    "moved": "moved",
    "unseen": "we cannot see into",
}
MEMBERSHIP_WORDS = {
    **{membership.value: words for membership, words in MEMBERSHIPS.items()},
    Membership.UNKNOWN.value: "not known",
}
# The fields that narrow the list by one fact each, with the label and the words of the form.
NARROWING: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "topic": ("Topic", topic_name),
    "language": ("Language", language_name),
    "region": ("Region", str),
    "platform": ("Place", lambda value: PLACE_WORDS.get(value, value)),
    "membership": ("Who can join", lambda value: MEMBERSHIP_WORDS.get(value, value)),
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
    """One page of the list, and what stands around it. `hidden` were left out by the default.

    `guess` is another spelling, proposed where a word of the search finds nothing.
    """

    found: tuple[ListedFacts, ...]
    number: int
    count: int
    total: int
    hidden: int
    summary: str
    choices: tuple[Choice, ...]
    guess: str = ""


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


def find_page(index: Index, sought: Bits, query: Query) -> FoundPage:
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
        summary=_summarise(index),
        choices=_build_choices(index, left, query),
        guess=_guess(query) if query.words and not fitting else "",
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


def _summarise(index: Index) -> str:
    counts = {
        kind: (index.inside & index.having("activity", kind)).bit_count() for kind in IN_SUMMARY
    }
    parts = [f"{counts[name]} {words}" for name, words in IN_SUMMARY.items() if counts[name]]
    total = counted(index.inside.bit_count(), "community", "communities")
    return f"{total}: {', '.join(parts)}." if parts else "No community is listed yet."


def _guess(query: Query) -> str:
    """The query with words of our vocabulary for those that it may have misspelt; or nothing."""
    words = [guess_word(word) or word for word in query.words]
    return " ".join(words) if tuple(words) != query.words else ""


def _build_choices(index: Index, left: Bits, query: Query) -> tuple[Choice, ...]:
    """The choices; each counts what the other fields leave."""
    shown = left & _activity_bits(index, query.activity)
    narrowing = tuple(
        Choice(
            name=name,
            label=label,
            options=_count(
                index, name, _narrow(index, shown, query, name), query.chosen.get(name, ""), tell
            ),
        )
        for name, (label, tell) in NARROWING.items()
    )
    return (_activity_choice(index, _narrow(index, left, query), query.activity), *narrowing)


def _activity_choice(index: Index, fitting: Bits, chosen: str) -> Choice:
    kinds = {kind: (fitting & index.having("activity", kind)).bit_count() for kind in ACTIVITIES}
    default = sum(number for kind, number in kinds.items() if kind not in ENDED)
    options = (
        Option(value=ANY, text=f"Perhaps alive ({default})", chosen=chosen == ANY),
        *(
            Option(value=kind, text=f"{words} ({kinds[kind]})", chosen=chosen == kind)
            for kind, words in ACTIVITIES.items()
        ),
        Option(
            value=EVERYTHING,
            text=f"All ({fitting.bit_count()})",
            chosen=chosen == EVERYTHING,
        ),
    )
    return Choice(name="activity", label="Activity", options=options)


def _count(
    index: Index, kind: str, left: Bits, chosen: str, tell: Callable[[str], str]
) -> tuple[Option, ...]:
    """`Any`, then every value that is left by name with its count; a chosen one stays even at 0."""
    counts = {value: (left & bits).bit_count() for value, bits in index.bits.get(kind, {}).items()}
    values = [value for value, number in counts.items() if number or value == chosen]
    if chosen and chosen not in counts:
        values.append(chosen)
    values.sort(key=partial(_place_option, tell))
    return (
        Option(value=ANY, text="Any", chosen=not chosen),
        *(
            Option(
                value=value, text=f"{tell(value)} ({counts.get(value, 0)})", chosen=value == chosen
            )
            for value in values
        ),
    )


def _place_option(tell: Callable[[str], str], value: str) -> tuple[bool, str]:
    """By name; what is not known comes last."""
    return value in (NOWHERE, Membership.UNKNOWN.value), fold(tell(value))


def with_page(query: Query, number: int) -> Query:
    """The same question, another page."""
    return replace(query, page=number)
