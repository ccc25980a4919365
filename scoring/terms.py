"""The terms that the scores are made of, for many moments of one community at once.

A cutoff sees only the posts before it. Times are seconds of one clock, which `scoring.clock` may
have stopped. What each term means is told in `scoring.rules.Weights`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.activity import (
    DAY,
    LATEST_GAPS,
    YEAR,
    Columns,
    Floats,
    Ints,
    count_within,
    previous,
    read_silence,
)

NINE_MONTHS_DAYS = 270
YEAR_DAYS = 365


def read_terms(columns: Columns, cutoffs: Floats, *, items: int | None = None) -> Floats:
    """The terms of the scores, one row per cutoff, one column per name in `scoring.rules.TERMS`.

    With `items` only the latest so many posts before each cutoff are visible at it, as in a feed.
    Shape: `cutoffs` ascend, and at least one post precedes the first of them.
    """
    end = np.searchsorted(columns.ts, cutoffs, side="left")
    view = _View(cutoffs=cutoffs, end=end, start=np.maximum(end - (items or len(columns)), 0))
    log_rec = np.log1p(read_silence(columns, cutoffs))
    own = _read_pauses(columns, view)
    people = _read_people(columns, view)
    shown_days = np.minimum((cutoffs - columns.ts[view.start]) / DAY, YEAR_DAYS)
    beyond_longest = np.clip(log_rec - np.log1p(own.longest), 0, 4)
    terms = (
        np.ones(len(cutoffs)),
        log_rec,
        np.maximum(log_rec - np.log1p(own.q90), 0),
        np.maximum(log_rec - np.log1p(NINE_MONTHS_DAYS), 0),
        beyond_longest * own.busy,
        own.typical,
        own.typical * own.busy,
        own.pace,
        own.pace * log_rec,
        own.pace * (np.log1p(YEAR_DAYS) - np.log1p(shown_days)),
        people,
        people * log_rec,
    )
    return np.column_stack(terms)


def latest_needed(columns: Columns, first: float) -> Columns:
    """Posts that give the same terms from a first cutoff on as all do, only the late ones if so.

    Ten years of posts need not be read for terms that look back one year and thirty gaps.
    """
    end = int(np.searchsorted(columns.ts, first, side="left"))
    start = int(np.searchsorted(columns.ts, columns.ts[end - 1] - 2 * YEAR, side="left"))
    days = np.floor(columns.ts[start:end] / DAY)
    active_days = 1 + np.count_nonzero(days[1:] > days[:-1])
    if start == 0 or active_days <= LATEST_GAPS + 1:
        return columns
    return columns.between(float(columns.ts[start]), np.inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _View:
    """The posts [start, end) that each cutoff sees; both bounds ascend with the cutoffs."""

    cutoffs: Floats
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pauses:
    """The gaps between active days and what follows from them, per cutoff."""

    busy: Floats
    q90: Floats
    longest: Floats
    typical: Floats
    pace: Floats


def _read_pauses(columns: Columns, view: _View) -> _Pauses:
    day_of_post = np.floor(columns.ts / DAY)
    starts = np.ones(len(columns), dtype=np.bool_)
    starts[1:] = day_of_post[1:] > day_of_post[:-1]
    days = day_of_post[starts]
    day_number = np.cumsum(starts) - 1
    newest, oldest = day_number[view.end - 1], day_number[view.start]
    count = np.minimum(newest - oldest, LATEST_GAPS)
    last, first = days[newest], days[newest - count]
    since = np.searchsorted(days, last - YEAR_DAYS, side="right")
    logs = np.concatenate(([0.0], np.cumsum(np.log(days[1:] - days[:-1]))))
    q90, longest = _read_spread(days, newest, count)
    return _Pauses(
        busy=np.log1p(newest + 1 - np.maximum(since, oldest)),
        q90=q90,
        longest=longest,
        typical=(logs[newest] - logs[newest - count]) / np.maximum(count, 1),
        pace=np.where(count > 0, np.log((count + 0.5) / (last - first + 1)), 0.0),
    )


def _read_spread(days: Floats, newest: Ints, count: Ints) -> tuple[Floats, Floats]:
    """90 % quantile (linear) and largest of the latest gaps, per cutoff; 0 without gaps."""
    new = np.ones(len(newest), dtype=np.bool_)
    new[1:] = (newest[1:] != newest[:-1]) | (count[1:] != count[:-1])
    gaps, place = count[new], np.arange(LATEST_GAPS)
    padded = np.concatenate((np.full(LATEST_GAPS, -1.0), days[1:] - days[:-1]))
    table = padded[newest[new][:, None] + place]
    table[place < LATEST_GAPS - gaps[:, None]] = -1
    table.sort(axis=1)
    exact = LATEST_GAPS - gaps + 0.9 * (gaps - 1)
    low = np.clip(exact.astype(np.int64), 0, LATEST_GAPS - 1)
    rows = np.arange(len(gaps))
    lower = table[rows, low]
    q90 = lower + (table[rows, np.minimum(low + 1, LATEST_GAPS - 1)] - lower) * (exact - low)
    row = np.cumsum(new) - 1
    return np.where(gaps > 0, q90, 0)[row], np.where(gaps > 0, table[:, -1], 0)[row]


def _read_people(columns: Columns, view: _View) -> Floats:
    """ln(1 + how many people wrote in a year); 0 where nobody is known."""
    year = np.searchsorted(columns.ts, view.cutoffs - YEAR, side="left")
    start = np.maximum(year, view.start)
    named = start[0] + np.flatnonzero(columns.author[start[0] :] >= 0)
    if len(named) == 0:
        return np.zeros(len(view.cutoffs))
    people = count_within(named, previous(columns.author[named], named), start, view.end)
    return np.log1p(people)
