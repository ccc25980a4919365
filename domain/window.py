"""Half-open stretches of time, and what of them was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open UTC interval: `start` included, `end` not."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment.utcoffset() != timedelta(0):
                raise ValueError(f"{moment!r} is not aware UTC")
        if self.end < self.start:
            raise ValueError(f"window ends before it starts: {self.start} … {self.end}")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @property
    def window(self) -> Window:
        start = datetime(self.year, self.month, 1, tzinfo=UTC)
        return Window(start=start, end=self.shifted(1).start)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    def shifted(self, months: int) -> Month:
        """The month that many months later (earlier if negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def until(self, end: Month) -> Iterator[Month]:
        """Months from this one up to `end`, which is included."""
        month = self
        while month <= end:
            yield month
            month = month.shifted(1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


class CoverageKind(StrEnum):
    """How well a stretch was seen; what is in no interval was not seen at all."""

    COMPLETE = "complete"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One stretch of time that was seen at a source."""

    start: datetime
    end: datetime
    kind: CoverageKind = CoverageKind.COMPLETE

    def __post_init__(self) -> None:
        Window(start=self.start, end=self.end)

    @property
    def window(self) -> Window:
        return Window(start=self.start, end=self.end)


def merge_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same time as disjoint windows in order; touching ones become one."""
    merged: list[Window] = []
    for window in sorted(windows, key=lambda w: (w.start, w.end)):
        if window.length <= timedelta(0):
            continue
        if merged and window.start <= merged[-1].end:
            last = merged.pop()
            window = Window(start=last.start, end=max(last.end, window.end))
        merged.append(window)
    return tuple(merged)


def complete_windows(coverage: Iterable[Coverage]) -> tuple[Window, ...]:
    """Disjoint windows that were seen completely, in order."""
    return merge_windows(c.window for c in coverage if c.kind is CoverageKind.COMPLETE)


def overlap(window: Window, seen: Iterable[Window]) -> timedelta:
    """How much of `window` lies in the disjoint windows `seen`."""
    total = timedelta(0)
    for other in seen:
        start, end = max(window.start, other.start), min(window.end, other.end)
        if end > start:
            total += end - start
    return total


def seen_share(window: Window, seen: Iterable[Window]) -> float:
    """Share (0 to 1) of `window` that lies in the disjoint windows `seen`; 0 for an empty one."""
    if window.length <= timedelta(0):
        return 0.0
    return overlap(window, seen) / window.length


def holes(window: Window, seen: Iterable[Window]) -> tuple[Window, ...]:
    """The parts of `window` that lie in none of the disjoint windows `seen`, in order."""
    gaps: list[Window] = []
    cursor = window.start
    for other in sorted(seen, key=lambda w: w.start):
        if other.end <= cursor or other.start >= window.end:
            continue
        if other.start > cursor:
            gaps.append(Window(start=cursor, end=other.start))
        cursor = max(cursor, other.end)
    if cursor < window.end:
        gaps.append(Window(start=cursor, end=window.end))
    return tuple(gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time and how well it was seen: `kind` is `None` where it was not."""

    window: Window
    kind: CoverageKind | None


def list_stretches(coverage: Sequence[Coverage], until: datetime) -> tuple[Stretch, ...]:
    """All time from the first look to `until` as disjoint stretches in order; none without a look.

    What was seen completely by one look and in part by another was seen completely.
    """
    if not coverage:
        return ()
    start = min(seen.start for seen in coverage)
    whole = Window(start=start, end=max(start, until))
    complete = complete_windows(coverage)
    anyhow = merge_windows(seen.window for seen in coverage)
    partial = [part for seen in anyhow for part in holes(seen, complete)]
    found = [Stretch(window=window, kind=CoverageKind.COMPLETE) for window in complete]
    found += [Stretch(window=window, kind=CoverageKind.PARTIAL) for window in partial]
    found += [Stretch(window=window, kind=None) for window in holes(whole, anyhow)]
    return tuple(sorted(found, key=lambda stretch: stretch.window.start))
