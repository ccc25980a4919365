"""The covered clock: it runs while a source was seen completely and stands while it was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.window import Coverage, Window, complete_windows, holes
from scoring.activity import DAY, Floats

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clock:
    """Moments in UTC seconds to seconds of the clock, and back.

    Shape: `stands[i]` to `runs[i]` are the disjoint stretches, in order, in which the clock stands;
    `seen_from` and `seen_to` the ends of those that were seen completely. `until` is the end of
    the last of them, `begins` that of the first one's beginning.

    Between two posts that are known from a stretch which was seen only in part the clock runs:
    what was seen there is the community's own rhythm, if perhaps too slow. It stands from the last
    such post to the end of the stretch.
    """

    stands: Floats
    runs: Floats
    seen_from: Floats
    seen_to: Floats

    @property
    def begins(self) -> float:
        return float(self.seen_from[0])

    @property
    def until(self) -> float:
        return float(self.seen_to[-1])

    def read(self, moments: Floats) -> Floats:
        """What the clock shows at each moment."""
        if len(self.stands) == 0:
            return moments
        index = np.searchsorted(self.stands, moments, side="right") - 1
        before = np.concatenate(([0.0], np.cumsum(self.runs - self.stands)))
        here = np.maximum(index, 0)
        stood = before[here] + np.minimum(moments, self.runs[here]) - self.stands[here]
        return np.where(index >= 0, moments - stood, moments)

    def moments(self, shown: Floats) -> Floats:
        """The earliest moment at which the clock showed each value."""
        if len(self.stands) == 0:
            return shown
        lengths = self.runs - self.stands
        before = np.concatenate(([0.0], np.cumsum(lengths)))
        index = np.searchsorted(self.stands - before[:-1], shown, side="left")
        return shown + before[index]

    def saw(self, moments: Floats) -> Mask:
        """Whether the time up to each moment was being seen completely."""
        index = np.searchsorted(self.seen_from, moments, side="left") - 1
        return (index >= 0) & (moments <= self.seen_to[np.maximum(index, 0)])

    def unseen_days(self, since: float) -> float:
        """Days since a moment in which the clock stood."""
        shown = self.read(np.array([since, self.until]))
        return float((self.until - since) - (shown[1] - shown[0])) / DAY


def read_clock(coverage: Iterable[Coverage], posts: Floats, *, now: datetime) -> Clock | None:
    """The clock of one source; `None` when nothing was ever seen completely.

    Shape: `posts` are the times of its known posts, ascending.
    """
    seen = tuple(
        Window(start=window.start, end=min(window.end, now))
        for window in complete_windows(coverage)
        if window.start < now
    )
    if not seen:
        return None
    start = seen[0].start
    if len(posts) and posts[0] < start.timestamp():
        start = datetime.fromtimestamp(float(posts[0]), tz=start.tzinfo)
    stands: list[tuple[float, float]] = []
    for hole in holes(Window(start=start, end=seen[-1].end), seen):
        stands += _standing(hole.start.timestamp(), hole.end.timestamp(), posts)
    return Clock(
        stands=np.array([stand[0] for stand in stands]),
        runs=np.array([stand[1] for stand in stands]),
        seen_from=np.array([window.start.timestamp() for window in seen]),
        seen_to=np.array([window.end.timestamp() for window in seen]),
    )


def _standing(start: float, end: float, posts: Floats) -> list[tuple[float, float]]:
    """The parts of an unseen stretch that are not between two known posts."""
    first, after = np.searchsorted(posts, [start, end], side="left")
    if first == after:
        return [(start, end)]
    known = (float(posts[first]), float(posts[after - 1]))
    return [part for part in ((start, known[0]), (known[1], end)) if part[0] < part[1]]


def stand_on(clock: Clock, last_post: float, hiding_days: float) -> Clock | None:
    """The clock of one who does not add up silence across a hole; `None` without such a hole.

    An unseen stretch of `hiding_days` or longer after the last post may hide a sign of life. After
    it this clock stands on until the silence seen since then is longer than any that was seen
    before. Shorter stretches change nothing: were each of many small holes to start the silence
    anew, it would never grow.
    """
    late = clock.runs > last_post
    stands = list(zip(clock.stands[~late].tolist(), clock.runs[~late].tolist(), strict=True))
    longest = seen = owed = 0.0
    cursor, hidden = last_post, False
    holes_late = zip(clock.stands[late].tolist(), clock.runs[late].tolist(), strict=True)
    for start, end in [*holes_late, (clock.until, clock.until)]:
        ran = max(start - cursor, 0.0)
        stood = min(owed, ran)
        stands += [(cursor, cursor + stood), (start, end)]
        owed, seen, cursor = owed - stood, seen + ran, end
        if end - max(start, last_post) >= hiding_days * DAY:
            longest = max(longest, seen)
            owed, seen, hidden = longest, 0.0, True
    if not hidden:
        return None
    joined = _joined(stands)
    return replace(
        clock,
        stands=np.array([start for start, _ in joined]),
        runs=np.array([end for _, end in joined]),
    )


def _joined(stands: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same time with neighbours that touch as one, and without empty ones."""
    joined: list[tuple[float, float]] = []
    for start, end in stands:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined
