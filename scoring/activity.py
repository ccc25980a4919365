"""Post histories in columns, and the terms that the scores are made of.

Everything is computed for many moments ("cutoffs") of one community at once; a cutoff sees only
the posts before it. Times are seconds of one clock, which `scoring.clock` may have stopped.
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
    ts: Sequence[float], author: Sequence[int], thread: Sequence[int], *, before: float
) -> Columns:
    """The posts before a moment as sorted columns; the order they come in does not matter."""
    when = np.asarray(ts, dtype=np.float64)
    who = np.asarray(author, dtype=np.int64)
    topic = np.asarray(thread, dtype=np.int64)
    if not _is_sorted(when, topic, who):
        order = np.lexsort((who, topic, when))
        when, who, topic = when[order], who[order], topic[order]
    alone = -1 - np.arange(len(when), dtype=np.int64)
    topic = np.where(topic < 0, alone, topic)
    return Columns(ts=when, author=np.maximum(who, -1), thread=topic).until(before)


def _is_sorted(when: Floats, topic: Ints, who: Ints) -> bool:
    step, topics, people = np.diff(when), np.diff(topic), np.diff(who)
    return bool(
        np.all((step > 0) | ((step == 0) & ((topics > 0) | ((topics == 0) & (people >= 0)))))
    )


def read_silence(columns: Columns, cutoffs: Floats) -> Floats:
    """Days since the last post, with fraction; infinite where no post is visible."""
    last = np.searchsorted(columns.ts, cutoffs, side="left") - 1
    if len(columns) == 0:
        return np.full(len(cutoffs), np.inf)
    return np.where(last >= 0, (cutoffs - columns.ts[np.maximum(last, 0)]) / DAY, np.inf)


def read_terms(columns: Columns, cutoffs: Floats) -> Floats:
    """The terms of the scores, one row per cutoff, one column per name in `scoring.rules.TERMS`.

    Shape: `cutoffs` ascend, and at least one post precedes the first of them.
    Source: the reference model's definitions; a test reads the harder ones literally.
    """
    rec = read_silence(columns, cutoffs)
    pace = _read_pace(columns, cutoffs)
    people = _read_people(columns, cutoffs)
    age = np.clip((cutoffs - columns.ts[0]) / DAY, 90, 365)
    log_rec = np.log1p(rec)
    log_year = np.log1p(pace.days_year)
    against_own = np.clip(log_rec - np.log1p(pace.q90), -5, 5)
    terms = (
        np.ones(len(cutoffs)),
        log_rec,
        against_own,
        np.maximum(against_own, 0),
        np.maximum(against_own, 0) * log_year,
        np.clip(log_rec - np.log1p(pace.longest), 0, 4),
        pace.tail,
        pace.typical,
        log_year,
        np.log1p(pace.days_two_years),
        np.log(pace.days_90 + 0.5) - np.log(pace.days_year * np.minimum(1, 90 / age) + 0.5),
        np.where(pace.days_30 == 0, log_year, 0),
        people.known,
        np.where(people.known > 0, np.log1p(people.contributors), 0),
        np.where(people.known > 0, people.answered, 0),
        np.log1p(pace.same_season),
    )
    return np.column_stack(terms)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pace:
    """Active days and the gaps between them, per cutoff."""

    days_30: Floats
    days_90: Floats
    days_year: Floats
    days_two_years: Floats
    same_season: Floats
    q90: Floats
    longest: Floats
    tail: Floats
    typical: Floats


def _read_pace(columns: Columns, cutoffs: Floats) -> _Pace:
    day_of_post = np.floor(columns.ts / DAY)
    opens = np.flatnonzero(np.diff(day_of_post, prepend=-np.inf) > 0)
    days = day_of_post[opens]
    visible = np.searchsorted(columns.ts[opens], cutoffs, side="left")
    today = np.floor(cutoffs / DAY)

    def within(width: int) -> Floats:
        start = np.floor((cutoffs - width * DAY) / DAY)
        return (visible - np.searchsorted(days, start, side="right")).astype(np.float64)

    season = np.searchsorted(days, today - 185, side="left") - np.searchsorted(
        days, today - 365, side="left"
    )
    gaps = _read_gaps(days, visible, today - days[visible - 1])
    return _Pace(
        days_30=within(30),
        days_90=within(90),
        days_year=within(365),
        days_two_years=within(730),
        same_season=season.astype(np.float64),
        q90=gaps[0],
        longest=gaps[1],
        tail=gaps[2],
        typical=gaps[3],
    )


def _read_gaps(
    days: Floats, visible: Ints, silent: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """90 % quantile, largest, tail and mean logarithm of the latest gaps, per cutoff."""
    kinds, row = np.unique(visible, return_inverse=True)
    count = np.minimum(kinds - 1, LATEST_GAPS)
    all_gaps = np.diff(days)
    table = np.full((len(kinds), LATEST_GAPS), -np.inf)
    where = kinds[:, None] - 2 - np.arange(LATEST_GAPS)[None, :]
    usable = np.arange(LATEST_GAPS)[None, :] < count[:, None]
    table[usable] = all_gaps[where[usable]]
    logs = np.zeros_like(table)
    np.log(table, out=logs, where=usable)
    typical = logs.sum(axis=1) / np.maximum(count, 1)
    table.sort(axis=1)
    place = LATEST_GAPS - count + 0.9 * (count - 1)
    low = np.clip(np.floor(place), 0, LATEST_GAPS - 1).astype(np.int64)
    rows = np.arange(len(kinds))
    lower = np.where(count > 0, table[rows, low], 0)
    upper = np.where(count > 0, table[rows, np.minimum(low + 1, LATEST_GAPS - 1)], 0)
    q90 = lower + (upper - lower) * (place - low)
    longest = np.where(count > 0, table[:, -1], 0)
    as_long = (table[row] >= silent[:, None]).sum(axis=1)
    tail = np.log((as_long + 0.5) / (count[row] + 1))
    return q90[row], longest[row], tail, typical[row]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _People:
    """Who wrote in the year before each cutoff, and the share of threads with two or more."""

    known: Floats
    contributors: Floats
    threads: Floats
    answered: Floats


def _read_people(columns: Columns, cutoffs: Floats) -> _People:
    named = np.flatnonzero(columns.author >= 0)
    start = np.searchsorted(columns.ts, cutoffs - YEAR, side="left")
    end = np.searchsorted(columns.ts, cutoffs, side="left")
    late = np.maximum(start, end - LATEST_POSTS)
    posts = np.arange(len(columns), dtype=np.int64)
    contributors = _count_within(named, _previous(columns.author[named], named), start, end)
    threads = _count_within(posts, _previous(columns.thread, posts), late, end)
    shared = _count_shared(columns, named, late, end)
    return _People(
        known=(end > named[0]).astype(np.float64) if len(named) else np.zeros(len(cutoffs)),
        contributors=contributors,
        threads=threads,
        answered=shared / np.maximum(threads, 1),
    )


def _previous(key: Ints, place: Ints) -> Ints:
    """For each post the place of the latest earlier one with the same key, else -1."""
    order = np.argsort(key, kind="stable")
    same = key[order[1:]] == key[order[:-1]]
    previous = np.full(len(key), -1, dtype=np.int64)
    previous[order[1:][same]] = place[order[:-1][same]]
    return previous


def _count_within(place: Ints, previous: Ints, start: Ints, end: Ints) -> Floats:
    """How many distinct keys stand in [start, end), per window; both bounds ascend.

    A post stands for its key in every window that holds it but not the key's previous post; these
    windows are neighbours, so each post adds one step up and one step down.
    """
    first = np.maximum(
        np.searchsorted(end, place, side="right"), np.searchsorted(start, previous, side="right")
    )
    return _sum_spans(first, np.searchsorted(start, place, side="right"), len(start))


def _count_shared(columns: Columns, named: Ints, start: Ints, end: Ints) -> Floats:
    """How many threads have two or more known authors in [start, end), per window.

    Counted at each thread's latest post in the window: the thread is shared there if the latest
    earlier post by somebody else is in the window, too.
    """
    order = named[np.argsort(columns.thread[named], kind="stable")]
    if len(order) == 0:
        return np.zeros(len(start))
    thread, author = columns.thread[order], columns.author[order]
    opens = np.concatenate(([True], thread[1:] != thread[:-1]))
    turns = opens | np.concatenate(([True], author[1:] != author[:-1]))
    index = np.arange(len(order), dtype=np.int64)
    turn = np.maximum.accumulate(np.where(turns, index, 0))
    other = np.where(opens[turn], -1, order[turn - 1])
    following = np.where(np.append(opens[1:], True), len(columns), np.roll(order, -1))
    first = np.searchsorted(end, order, side="right")
    last = np.minimum(
        np.searchsorted(end, following, side="right"), np.searchsorted(start, other, side="right")
    )
    return _sum_spans(first[other >= 0], last[other >= 0], len(start))


def _sum_spans(first: Ints, last: Ints, length: int) -> Floats:
    """How many of the spans [first, last) hold each of the places 0 … length - 1."""
    real = first < last
    steps = np.bincount(first[real], minlength=length + 1) - np.bincount(
        last[real], minlength=length + 1
    )
    return np.cumsum(steps)[:length].astype(np.float64)


def summarise(columns: Columns, at: float) -> Activity:
    """What the posts before a moment amount to; there is at least one."""
    cutoff = np.array([at])
    days = np.unique(np.floor(columns.ts / DAY))
    gaps = np.diff(days)[-LATEST_GAPS:]
    posts_90, posts_455 = (
        len(columns) - int(np.searchsorted(columns.ts, at - width * DAY)) for width in (90, 455)
    )
    earlier = min((at - columns.ts[0]) / DAY - 90, 365)
    people = _read_people(columns, cutoff)
    known = bool(people.known[0])
    return Activity(
        posts=len(columns),
        active_days=len(days),
        posts_90=posts_90,
        usual_90=(posts_455 - posts_90) * 90 / earlier if earlier >= 90 else None,
        active_days_year=int((days > np.floor((at - YEAR) / DAY)).sum()),
        threads_year=int(people.threads[0]),
        people_year=int(people.contributors[0]) if known else None,
        answered_year=float(people.answered[0]) if known else None,
        silent_days=float(read_silence(columns, cutoff)[0]),
        usual_gap_days=float(np.median(gaps)) if len(gaps) else None,
        longest_gap_days=float(gaps.max()) if len(gaps) else None,
    )
