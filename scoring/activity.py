"""Post histories in columns, and what they amount to.

People and threads are counted for many moments ("cutoffs") of one community at once; a cutoff sees
only the posts before it. Times are seconds of one clock, which `scoring.clock` may have stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY = 86_400.0
YEAR = 365 * DAY
LATEST_GAPS = 30
LATEST_POSTS = 400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Posts of one source, in order of time.

    Shape: `author` -1 where nobody is known; posts without a thread have negative numbers of
    their own in `thread`.
    """

    ts: Floats
    author: Ints
    thread: Ints

    def __len__(self) -> int:
        return len(self.ts)

    def kept(self, mask: NDArray[np.bool_]) -> Columns:
        """Only the posts where `mask` is true."""
        return Columns(ts=self.ts[mask], author=self.author[mask], thread=self.thread[mask])

    def between(self, start: float, end: float) -> Columns:
        """Only the posts in [start, end)."""
        first, last = np.searchsorted(self.ts, (start, end)).tolist()
        return Columns(
            ts=self.ts[first:last], author=self.author[first:last], thread=self.thread[first:last]
        )

    def until(self, moment: float) -> Columns:
        """Only the posts before a moment."""
        end = int(np.searchsorted(self.ts, moment, side="left"))
        return Columns(ts=self.ts[:end], author=self.author[:end], thread=self.thread[:end])


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What one source's posts before a moment amount to.

    Units: days of the clock of the columns. `people_year` and `answered_year` are `None` where the
    source does not say who writes; `usual_90`, posts in 90 days of the year before the latest 90,
    where less than 90 days precede those. `usual_gap_days` is the median of the latest 30 gaps
    between active days, `longest_gap_days` the largest.
    """

    posts: int
    active_days: int
    posts_90: int
    usual_90: float | None
    active_days_year: int
    threads_year: int
    people_year: int | None
    answered_year: float | None
    silent_days: float
    usual_gap_days: float | None
    longest_gap_days: float | None


def read_columns(
    ts: Sequence[float] | Floats,
    author: Sequence[int] | Ints,
    thread: Sequence[int] | Ints,
    *,
    before: float,
) -> Columns:
    """The posts before a moment as sorted columns; the order they come in does not matter."""
    when = np.asarray(ts, dtype=np.float64)
    who = np.asarray(author, dtype=np.int64)
    topic = np.asarray(thread, dtype=np.int64)
    if not _is_sorted(when, topic, who):
        order = np.lexsort((who, topic, when))
        when, who, topic = when[order], who[order], topic[order]
    if len(topic) and topic.min() < 0:
        topic = np.where(topic < 0, -1 - np.arange(len(when), dtype=np.int64), topic)
    if len(who) and who.min() < -1:
        who = np.maximum(who, -1)
    columns = Columns(ts=when, author=who, thread=topic)
    return columns if len(when) == 0 or when[-1] < before else columns.until(before)


def _is_sorted(when: Floats, topic: Ints, who: Ints) -> bool:
    step = when[1:] - when[:-1]
    if len(step) == 0 or step.min() > 0:
        return True
    if step.min() < 0:
        return False
    tied = np.flatnonzero(step == 0)
    topics, people = topic[tied + 1] - topic[tied], who[tied + 1] - who[tied]
    return bool(((topics > 0) | ((topics == 0) & (people >= 0))).all())


def read_silence(columns: Columns, cutoffs: Floats) -> Floats:
    """Days since the last post, with fraction; infinite where no post is visible."""
    last = np.searchsorted(columns.ts, cutoffs, side="left") - 1
    if len(columns) == 0:
        return np.full(len(cutoffs), np.inf)
    return np.where(last >= 0, (cutoffs - columns.ts[np.maximum(last, 0)]) / DAY, np.inf)


def previous(key: Ints, place: Ints) -> Ints:
    """For each post the place of the latest earlier one with the same key, else -1."""
    order = np.argsort(key, kind="stable")
    same = key[order[1:]] == key[order[:-1]]
    previous = np.full(len(key), -1, dtype=np.int64)
    previous[order[1:][same]] = place[order[:-1][same]]
    return previous


def count_within(place: Ints, previous: Ints, start: Ints, end: Ints) -> Floats:
    """How many distinct keys stand in [start, end), per window; both bounds ascend.

    A post stands for its key in every window that holds it but not the key's previous post; these
    windows are neighbours, so each post adds one step up and one step down.
    """
    first = np.maximum(
        np.searchsorted(end, place, side="right"), np.searchsorted(start, previous, side="right")
    )
    return _sum_spans(first, np.searchsorted(start, place, side="right"), len(start))


def _sum_spans(first: Ints, last: Ints, length: int) -> Floats:
    """How many of the spans [first, last) hold each of the places 0 … length - 1."""
    real = first < last
    steps = np.bincount(first[real], minlength=length + 1) - np.bincount(
        last[real], minlength=length + 1
    )
    return np.cumsum(steps)[:length].astype(np.float64)


def _count_threads(columns: Columns) -> tuple[int, int]:
    """How many threads the latest posts are in, and how many of them have two or more people."""
    thread, author = columns.thread[-LATEST_POSTS:], columns.author[-LATEST_POSTS:]
    voices = np.unique(np.stack((thread[author >= 0], author[author >= 0])), axis=1)
    _, people = np.unique(voices[0], return_counts=True)
    return len(np.unique(thread)), int((people > 1).sum())


def summarise(columns: Columns, at: float) -> Activity:
    """What the posts before a moment amount to; there is at least one."""
    cutoff = np.array([at])
    days = np.unique(np.floor(columns.ts / DAY))
    gaps = np.diff(days)[-LATEST_GAPS:]
    posts_90, posts_455 = (
        len(columns) - int(np.searchsorted(columns.ts, at - width * DAY)) for width in (90, 455)
    )
    earlier = min((at - columns.ts[0]) / DAY - 90, 365)
    year = columns.between(at - YEAR, at)
    known = bool((columns.author >= 0).any())
    threads, answered = _count_threads(year)
    return Activity(
        posts=len(columns),
        active_days=len(days),
        posts_90=posts_90,
        usual_90=(posts_455 - posts_90) * 90 / earlier if earlier >= 90 else None,
        active_days_year=int((days > np.floor((at - YEAR) / DAY)).sum()),
        threads_year=threads,
        people_year=len(np.unique(year.author[year.author >= 0])) if known else None,
        answered_year=answered / max(threads, 1) if known else None,
        silent_days=float(read_silence(columns, cutoff)[0]),
        usual_gap_days=float(np.median(gaps)) if len(gaps) else None,
        longest_gap_days=float(gaps.max()) if len(gaps) else None,
    )
