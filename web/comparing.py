"""How communities talk, in numbers side by side: one with its kind, the active with the rest.

Measured are the last 90 days that were seen. Fewer than `ENOUGH` say nothing, and are not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from domain.listing import ListedFacts
from domain.vitals import Vitals
from presentation.dates import counted, format_count, format_share
from presentation.facts import NOWHERE
from presentation.i18n import say
from web.kept import Bits, Index

ENOUGH = 5
MONTHS = 3
# From then on a wait is told in days.
LONG_WAIT_HOURS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number of a community: what it is called, how it is read and how it is told."""

    label: str
    read: Callable[[Vitals], float | None]
    tell: Callable[[float], str]

    def read_all(self, vitals: Iterable[Vitals]) -> list[float]:
        """The number of each of these communities where it is known."""
        return [value for one in vitals if (value := self.read(one)) is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The communities that one is compared with: the active ones of what `chosen` names."""

    chosen: Mapping[str, str]
    vitals: Sequence[Vitals]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One number of a community beside those of its kind, in words."""

    label: str
    own: str
    kind: str
    place: str


def list_measures(locale: str) -> tuple[Measure, ...]:
    """What communities are compared by."""
    return (
        Measure(
            label=say("Posts a month", locale),
            read=lambda one: None if one.posts is None else one.posts / MONTHS,
            tell=lambda value: format_count(value, locale),
        ),
        Measure(
            label=say("People who wrote in 90 days", locale),
            read=lambda one: one.contributors,
            tell=lambda value: format_count(value, locale),
        ),
        Measure(
            label=say("Newcomers among them", locale),
            read=_newcomer_share,
            tell=lambda value: format_share(value, locale),
        ),
        Measure(
            label=say("Threads that somebody else answered", locale),
            read=lambda one: one.answered_share,
            tell=lambda value: format_share(value, locale),
        ),
        Measure(
            label=say("Until the first answer", locale),
            read=lambda one: one.first_answer_hours,
            tell=lambda value: _tell_wait(value, locale),
        ),
    )


def tell_middle(measure: Measure, vitals: Iterable[Vitals], locale: str) -> str:
    """The middle of these communities and their middle half; words where there are too few."""
    known = measure.read_all(vitals)
    if len(known) < ENOUGH:
        return say("too few to say", locale)
    low, _, high = quantiles(known, n=4, method="inclusive")
    return f"{measure.tell(median(known))} ({measure.tell(low)} – {measure.tell(high)})"


def list_kinds(one: ListedFacts) -> Iterator[dict[str, str]]:
    """What a community is a kind of, from the narrowest to all there are."""
    topic = {"topic": one.topics[0]} if one.topics else {}
    place = {"platform": one.places[0]} if {*one.places} - {NOWHERE} else {}
    if topic and place:
        yield topic | place
    yield from (kind for kind in (topic, place) if kind)
    yield {}


def find_active(index: Index, one: ListedFacts, chosen: Mapping[str, str]) -> list[int]:
    """The other communities of a kind that are active, by number."""
    found: Bits = index.inside & index.having("activity", "active")
    for name, value in chosen.items():
        found &= index.having(name, value)
    return [
        other.community_id
        for other in index.all_of(found)
        if other.community_id != one.community_id
    ]


def compare(own: Vitals, kind: Kind, locale: str) -> tuple[Standing, ...]:
    """Where a community stands among its kind, number by number."""
    return tuple(
        Standing(
            label=measure.label,
            own=_tell_own(measure, own, locale),
            kind=tell_middle(measure, kind.vitals, locale),
            place=_place(measure, own, kind.vitals, locale),
        )
        for measure in list_measures(locale)
    )


def _tell_own(measure: Measure, own: Vitals, locale: str) -> str:
    value = measure.read(own)
    return say("not known", locale) if value is None else measure.tell(value)


def _place(measure: Measure, own: Vitals, vitals: Iterable[Vitals], locale: str) -> str:
    """In which part of its kind the community is; nothing where either is not known."""
    value, known = measure.read(own), measure.read_all(vitals)
    if value is None or len(known) < ENOUGH:
        return ""
    low, _, high = quantiles(known, n=4, method="inclusive")
    if value < low:
        return say("in the lowest quarter", locale)
    if value > high:
        return say("in the highest quarter", locale)
    return say("in the middle half", locale)


def _tell_wait(hours: float, locale: str) -> str:
    if hours < LONG_WAIT_HOURS:
        return counted(round(hours, 1), "hour", "hours", locale)
    return counted(round(hours / 24, 1), "day", "days", locale)


def _newcomer_share(one: Vitals) -> float | None:
    if one.newcomers is None or not one.contributors:
        return None
    return one.newcomers / one.contributors
