"""What one walk over the periods of an archive has proved so far, and what it could not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from crawler.base import Verdict, verdict_of
from crawler.formats.pipermail import Index, Period
from crawler.losses import TO_DO
from domain.errors import SourceError, Unreachable
from domain.outcome import Outcome
from domain.records import Mark, Page, ReadPost
from domain.window import Coverage, CoverageKind, Window, holes, merge_windows

_GIVE_UP_AFTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one period gave; `damage` says why only a part could be read."""

    posts: tuple[ReadPost, ...] = ()
    mark: Mark | None = None
    damage: str = ""


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk, oldest period first.

    `lost` says what should be listed and is not, while that is doubted.
    """

    index: Index
    until: datetime
    newest_at: datetime | None
    failed: list[Period] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    in_a_row: int = 0
    lost: str = ""

    def __post_init__(self) -> None:
        self.problems.extend(f"{name}: not a period we know" for name in self.index.unknown)
        if not self.index.whole:
            self.problems.append("index: the page ends in the middle")

    def note_failure(self, period: Period, error: SourceError) -> None:
        """Keeps in mind that the period was not seen; gives up where the host has enough."""
        self.in_a_row += isinstance(error, Unreachable)
        if error.outcome is Outcome.RATE_LIMITED or self.in_a_row >= _GIVE_UP_AFTER:
            raise error
        self.failed.append(period)
        self.problems.append(f"{period.name}: {error.what}")

    def note_reading(self, period: Period, reading: Reading) -> Page:
        """The page that the period's posts are saved with."""
        self.in_a_row = 0
        moments = [post.at for post in reading.posts if post.at]
        self.newest_at = max(
            [*moments, *([self.newest_at] if self.newest_at else [])], default=None
        )
        kind = CoverageKind.COMPLETE
        if reading.damage:
            self.failed.append(period)
            self.problems.append(f"{period.name}: {reading.damage}")
            kind = CoverageKind.PARTIAL
        if self.lost:
            kind = CoverageKind.PARTIAL
        seen = self._cut(period.window) if period.window else None
        return Page(
            posts=reading.posts,
            coverage=(Coverage(start=seen.start, end=seen.end, kind=kind),) if seen else (),
            marks=(reading.mark,) if reading.mark else (),
        )

    def proved(self) -> Iterator[Coverage]:
        """Everything between the first believable period and the fetch, less what failed."""
        starts = [period.window.start for period in self.index.periods if period.window]
        if not starts or self.index.unknown or any(not p.window for p in self.failed):
            return
        if self.lost or not self.index.whole:
            return
        whole = self._cut(Window(start=min(starts), end=max(self.until, min(starts))))
        lost = merge_windows(period.window for period in self.failed if period.window)
        for stretch in holes(whole, lost) if whole else ():
            yield Coverage(start=stretch.start, end=stretch.end)

    def verdict(self) -> Verdict:
        """How the walk ended."""
        if self.index.end:
            return verdict_of(self.index.end)
        if self.lost:
            evidence = {"lost": self.lost}
            return Verdict(
                outcome=Outcome.PARTIAL, detail=self.lost, to_do=TO_DO, evidence=evidence
            )
        if self.problems:
            detail = f"{len(self.problems)} periods not read ({'; '.join(self.problems[:3])})"
            return Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="tried again next time")
        return Verdict(outcome=Outcome.READ, detail=f"{len(self.index.periods)} periods")

    def _cut(self, window: Window) -> Window | None:
        """The part of `window` that this walk can vouch for: nothing after a move."""
        end = (self.newest_at or window.start) if self.index.end else self.until
        return Window(start=window.start, end=min(window.end, end)) if window.start < end else None
