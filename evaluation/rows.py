"""Cutoffs, what was visible at each, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.folder import Subject
from scoring.activity import DAY, YEAR, Columns, Floats, Ints, read_silence
from scoring.states import WEEK
from scoring.terms import read_terms

HORIZON = 180 * DAY
LEAST_POSTS = 5
FORECAST_SILENCE_DAYS = 730
WEEKLY_SILENCE_DAYS = 1500
VIEWS = (10, 30, 50)
FIRST_QUARTER, LAST_QUARTER = "1970-01", "2200-01"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """One row per community and cutoff.

    Shape: `community` numbers the subjects, `origin` their origins; `terms` as `read_terms` says.
    Outcomes are 1, 0, or NaN where nobody can know: `any_90`, `any_180`, `fun_180` (only where
    authors are known; `talk_180` is three posts where they are not), `quiet` (only in silences
    shorter than a year), `spell` (the same, whatever the silence) and `living`. Units:
    `silent_days`; `posts_90` posts in the 90 days before.
    """

    community: Ints
    origin: Ints
    cutoff: Floats
    silent_days: Floats
    posts_90: Floats
    terms: Floats
    any_90: Floats
    any_180: Floats
    fun_180: Floats
    talk_180: Floats
    quiet: Floats
    spell: Floats
    living: Floats

    def __len__(self) -> int:
        return len(self.cutoff)

    def weights(self, mask: NDArray[np.bool_]) -> Floats:
        """Weights of the rows under a mask that make every origin weigh the same."""
        counts = np.bincount(self.origin[mask], minlength=int(self.origin.max()) + 1)
        share: Floats = len(self.origin[mask]) / np.count_nonzero(counts) / np.maximum(counts, 1)
        return share[self.origin[mask]]


def build_forecasts(subjects: Sequence[Subject]) -> Rows:
    """Rows at the starts of quarters, as far as the 180 days after them are known."""
    quarters = np.arange(FIRST_QUARTER, LAST_QUARTER, 3, dtype="datetime64[M]")
    seconds = quarters.astype("datetime64[s]").astype(np.float64)

    def cutoffs(subject: Subject) -> Floats:
        chosen: Floats = seconds[seconds + HORIZON <= subject.until]
        return _where_heard(subject.posts, chosen, FORECAST_SILENCE_DAYS)

    return _build(subjects, [cutoffs(subject) for subject in subjects])


def build_weeks(subjects: Sequence[Subject]) -> Rows:
    """Rows at multiples of seven days since 1970, until the end of each history."""

    def cutoffs(subject: Subject) -> Floats:
        first = np.ceil(subject.posts.ts[0] / WEEK) * WEEK
        weeks: Floats = np.arange(first, subject.until + 1, WEEK, dtype=np.float64)
        return _where_heard(subject.posts, weeks, WEEKLY_SILENCE_DAYS)

    return _build(subjects, [cutoffs(subject) for subject in subjects])


def build_view(subjects: Sequence[Subject], forecasts: Rows, items: int) -> Floats:
    """The terms of the forecasts if only the latest so many posts were visible at each."""
    ends = np.flatnonzero(np.diff(forecasts.community, append=-1)) + 1
    parts = [
        read_terms(subjects[forecasts.community[end - 1]].posts, cutoffs, items=items)
        for end, cutoffs in zip(ends, np.split(forecasts.cutoff, ends[:-1]), strict=True)
    ]
    return np.concatenate(parts)


def _where_heard(posts: Columns, cutoffs: Floats, longest_days: int) -> Floats:
    """The cutoffs after the fifth post whose silence is not longer than that."""
    if len(posts) < LEAST_POSTS:
        return cutoffs[:0]
    late = cutoffs[cutoffs > posts.ts[LEAST_POSTS - 1]]
    chosen: Floats = late[read_silence(posts, late) <= longest_days]
    return chosen


def _build(subjects: Sequence[Subject], cutoffs: Sequence[Floats]) -> Rows:
    origins = sorted({subject.origin for subject in subjects})
    parts = [
        _read_part(number, origins.index(subject.origin), subject, moments)
        for number, (subject, moments) in enumerate(zip(subjects, cutoffs, strict=True))
        if len(moments)
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Rows(**joined)


def _read_part(
    number: int, origin: int, subject: Subject, cutoffs: Floats
) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    posts, silent = subject.posts, read_silence(subject.posts, cutoffs)
    seen = np.searchsorted(posts.ts, cutoffs, side="left")
    following = np.append(posts.ts, np.inf)[seen]
    known = bool((posts.author >= 0).any())
    fun = _is_functional(posts, cutoffs, seen).astype(np.float64)
    spell = _read_spell(subject, cutoffs - silent * DAY, following)
    return {
        "community": np.full(len(cutoffs), number),
        "origin": np.full(len(cutoffs), origin),
        "cutoff": cutoffs,
        "silent_days": silent,
        "posts_90": (seen - np.searchsorted(posts.ts, cutoffs - 90 * DAY)).astype(np.float64),
        "terms": read_terms(posts, cutoffs),
        "any_90": (following < cutoffs + 90 * DAY).astype(np.float64),
        "any_180": (following < cutoffs + HORIZON).astype(np.float64),
        "fun_180": fun if known else np.full(len(cutoffs), np.nan),
        "talk_180": fun,
        "quiet": np.where(silent < YEAR / DAY, spell, np.nan),
        "spell": spell,
        "living": ((spell == 0) & (fun > 0)).astype(np.float64),
    }


def _read_spell(subject: Subject, last: Floats, following: Floats) -> Floats:
    """1 where the silence around a cutoff lasts a year or longer, NaN where that is not known."""
    ends = np.isfinite(following)
    length = np.where(ends, following, subject.until) - last
    return np.where(length >= YEAR, 1.0, np.where(ends, 0.0, np.nan))


def _is_functional(posts: Columns, cutoffs: Floats, seen: Ints) -> NDArray[np.bool_]:
    """Whether three posts by two people follow; three posts where nobody is known."""
    end = np.searchsorted(posts.ts, cutoffs + HORIZON, side="left")
    named = np.flatnonzero(posts.author >= 0)
    if len(named) == 0:
        return np.asarray(end - seen >= 3)
    # The place of the next post by somebody else than whoever writes first from here on.
    turns = np.append(np.flatnonzero(np.diff(posts.author[named])) + 1, len(named))
    first = np.searchsorted(named, seen)
    turn = turns[np.searchsorted(turns, first, side="right").clip(max=len(turns) - 1)]
    second = np.append(named, len(posts))[turn]
    return np.asarray((end - seen >= 3) & (second < end))
