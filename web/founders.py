"""What the whole list says to those who found, run or pay for communities. Reads no store.

Communities are compared by what they say they are and how they talk, never by who takes part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from domain.listing import ListedFacts
from domain.vitals import Vitals
from presentation.i18n import say
from presentation.topics import split_words, topics
from web.comparing import ENOUGH, list_measures, tell_middle
from web.finding import NARROWING, UNKNOWN, Query
from web.kept import Bits, Index

MOST_PAIRS = 100
# More of one signature are no doubles but a platform that hosts many.
LARGEST_GROUP = 60
ALIKE_NAMES = 0.5
SPANS = ("topic", "region", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What there is for one topic, region or language."""

    value: str
    text: str
    total: int
    active: int
    quiet: int
    unseen: int
    unchecked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """Two communities that seem to be for the same people, and what they share."""

    one: ListedFacts
    other: ListedFacts
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One number of the thriving and of the rest: the middle, and the middle half."""

    label: str
    thriving: str
    others: str


def list_gaps(index: Index, span: str, query: Query, locale: str) -> tuple[Gap, ...]:
    """What there is for each value of a span within the query, fewest active ones first."""
    within = index.inside
    for name, value in query.chosen.items():
        if name != span:
            within &= index.having(name, value)
    values = set(index.bits.get(span, {})) - UNKNOWN
    if span == "topic":
        values |= set(topics())
    gaps = [_count(index, span, value, within, locale) for value in values]
    return tuple(sorted(gaps, key=lambda gap: (gap.active, gap.total, gap.text)))


def _count(index: Index, span: str, value: str, within: Bits, locale: str) -> Gap:
    here = within & index.having(span, value)

    def number(activity: str) -> int:
        return (here & index.having("activity", activity)).bit_count()

    return Gap(
        value=value,
        text=NARROWING[span](value, locale),
        total=here.bit_count(),
        active=number("active"),
        quiet=number("quiet"),
        unseen=number("unseen") + number("unverified") + number("little"),
        unchecked=number("unchecked"),
    )


def list_doubles(index: Index, locale: str) -> tuple[Double, ...]:
    """Pairs that share nearly all of what they are, the most alike first."""
    living = [one for one in index.all_of(index.inside) if one.activity not in ("closed", "moved")]
    groups: dict[object, list[ListedFacts]] = defaultdict(list)
    for one in living:
        if one.topics:
            groups[frozenset(one.topics), frozenset(one.regions)].append(one)
        if one.host:
            groups[one.host].append(one)
    found: dict[tuple[int, int], Double] = {}
    for group in groups.values():
        if len(group) <= LARGEST_GROUP:
            for one, other in combinations(group, 2):
                double = _compare(one, other, locale)
                if double is not None:
                    found[one.community_id, other.community_id] = double
    ranked = sorted(found.values(), key=lambda pair: (-len(pair.shared), pair.one.name))
    return tuple(ranked[:MOST_PAIRS])


def _compare(one: ListedFacts, other: ListedFacts, locale: str) -> Double | None:
    """The pair where topics, languages and one thing more are the same; else nothing."""
    if not set(one.languages) & set(other.languages) or not set(one.topics) & set(other.topics):
        return None
    tests = (
        (set(one.topics) == set(other.topics), say("same topics", locale)),
        (bool(set(one.regions) & set(other.regions)), say("same region", locale)),
        (set(one.languages) == set(other.languages), say("same languages", locale)),
        (bool(one.host) and one.host == other.host, say("same host", locale)),
        (_are_alike(one.name, other.name), say("similar names", locale)),
    )
    shared = tuple(words for holds, words in tests if holds)
    near = tests[3][0] or tests[4][0]
    return Double(one=one, other=other, shared=shared) if near and len(shared) >= 4 else None


def _are_alike(name: str, other: str) -> bool:
    one, two = set(split_words(name)), set(split_words(other))
    return bool(one | two) and len(one & two) / len(one | two) >= ALIKE_NAMES


def list_traits(
    index: Index, chosen: Bits, vitals: Mapping[int, Vitals], locale: str
) -> tuple[tuple[Trait, ...], int, int]:
    """How the active of the chosen differ from the rest, and how many there are of each.

    Only those that can be counted; no trait where there are too few.
    """
    known = [one for one in index.all_of(chosen & index.inside) if one.community_id in vitals]
    thriving = [one for one in known if one.activity == "active"]
    others = [one for one in known if one.activity != "active"]
    traits = tuple(
        Trait(
            label=measure.label,
            thriving=tell_middle(measure, _vitals_of(thriving, vitals), locale),
            others=tell_middle(measure, _vitals_of(others, vitals), locale),
        )
        for measure in list_measures(locale)
    )
    return (traits if len(thriving) >= ENOUGH else (), len(thriving), len(others))


def _vitals_of(some: Iterable[ListedFacts], vitals: Mapping[int, Vitals]) -> list[Vitals]:
    return [vitals[one.community_id] for one in some]
