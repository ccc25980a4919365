"""What mail of a list proves of the time in which it came, and what it does not.

A list's time was seen from one mail to the next. Not after its last mail, however often we sign
in: an address that is no longer subscribed must not look like silence. Not across a sign that the
address came or went, nor across a gap that a stranger's silence would explain as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from domain.window import Coverage, CoverageKind

# Two monthly reminders in a row that did not come.
LONGEST_SERVICE_GAP = timedelta(days=70)
# A post after a longer silence proves that there is life, not that we would have seen it before.
LONGEST_POST_GAP = timedelta(days=365)
ONE_SECOND = timedelta(seconds=1)


class Sign(StrEnum):
    """What one mail tells of the subscription. `DIM` is a digest that could not be opened."""

    POST = "post"
    SERVICE = "service"
    DIM = "dim"
    CAME = "came"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The newest mail of a list: when it was received, and what it told."""

    at: datetime
    sign: Sign

    def write(self) -> str:
        """The sighting as it is remembered."""
        return f"{self.at.isoformat()} {self.sign}"


def read_sighting(text: str | None) -> Sighting | None:
    """What was remembered."""
    moment, _, sign = (text or "").partition(" ")
    return Sighting(at=datetime.fromisoformat(moment), sign=Sign(sign)) if sign else None


def find_coverage(
    before: Sighting | None, mails: Iterable[Sighting]
) -> tuple[tuple[Coverage, ...], Sighting | None]:
    """The stretches that these mails prove, and the newest of all that came."""
    ordered = sorted([*([before] if before else []), *mails], key=lambda mail: mail.at)
    if not ordered:
        return (), None
    found = [_cover(ordered[0].at, ordered[0].at, CoverageKind.COMPLETE)]
    for one, other in pairwise(ordered):
        if _joins(one, other):
            kind = CoverageKind.PARTIAL if other.sign is Sign.DIM else CoverageKind.COMPLETE
            found.append(_cover(one.at, other.at, kind))
        found.append(_cover(other.at, other.at, CoverageKind.COMPLETE))
    return _merge(found), ordered[-1]


def _joins(one: Sighting, other: Sighting) -> bool:
    """True when whoever got both mails surely got everything between them."""
    if one.sign is Sign.LEFT or other.sign is Sign.CAME:
        return False
    quiet = other.sign in (Sign.SERVICE, Sign.LEFT)
    return other.at - one.at <= (LONGEST_SERVICE_GAP if quiet else LONGEST_POST_GAP)


def _cover(start: datetime, end: datetime, kind: CoverageKind) -> Coverage:
    return Coverage(start=start.astimezone(UTC), end=end.astimezone(UTC) + ONE_SECOND, kind=kind)


def _merge(stretches: Sequence[Coverage]) -> tuple[Coverage, ...]:
    """The stretches in order, those of one kind that touch as one."""
    merged: dict[CoverageKind, list[Coverage]] = {kind: [] for kind in CoverageKind}
    for stretch in stretches:
        own = merged[stretch.kind]
        if own and stretch.start <= own[-1].end:
            last = own.pop()
            stretch = Coverage(start=last.start, end=max(last.end, stretch.end), kind=stretch.kind)
        own.append(stretch)
    return tuple(stretch for own in merged.values() for stretch in own)
