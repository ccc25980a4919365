"""Health beyond alive: who talks at one source and who is answered, against its own past.

Terms are those of CHAOSS (chaoss.community) where it has one; `Measure.chaoss` names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from domain.history import History
from domain.window import Window, complete_windows, seen_share
from scoring.activity import Columns, Floats, read_columns

PERIOD = timedelta(days=90)
PAST_PERIODS = 4
# With less of a period seen its counts say more about our sight than about the community.
ENOUGH_SEEN = 0.9
HOUR = 3600.0


class Vital(StrEnum):
    """What is measured, per period of 90 days."""

    POSTS = "posts"
    CONTRIBUTORS = "contributors"
    NEWCOMERS = "newcomers"
    RETURNERS = "returners"
    ANSWERED_SHARE = "answered_share"
    FIRST_ANSWER_HOURS = "first_answer_hours"
    ABSENCE_FACTOR = "absence_factor"


CHAOSS = {
    Vital.CONTRIBUTORS: "Contributors",
    Vital.NEWCOMERS: "New Contributors",
    Vital.FIRST_ANSWER_HOURS: "Time to First Response",
    Vital.ABSENCE_FACTOR: "Contributor Absence Factor",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of the latest period, and the mean of it over the seen ones of the year before.

    `None` where it cannot be known: nobody named, no thread, too little seen.
    """

    vital: Vital
    now: float | None
    before: float | None

    @property
    def chaoss(self) -> str | None:
        """What CHAOSS calls it, if it does."""
        return CHAOSS.get(self.vital)

    @property
    def trend(self) -> float | None:
        """How many times its own past it is now; `None` without a past to compare with."""
        if self.now is None or not self.before:
            return None
        return self.now / self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The measures of one source in a window, with the share of it that was seen completely.

    `past_periods` counts the periods before it that were seen and are compared with. Posts are all
    posts: a robot's count, too, unless they were taken out before.
    """

    source_id: int
    window: Window
    seen_share: float
    past_periods: int
    measures: tuple[Measure, ...]


def read_health(history: History, *, now: datetime) -> Health | None:
    """The health of one source at its last complete look; `None` if it was never seen so.

    Newcomers wrote for the first time that is known; returners wrote before, but not in the period
    before. A thread is answered when somebody else than who began it wrote in it, as far as we
    know by now. The absence factor is the least number of people who wrote half of the posts.
    """
    looks = tuple(window for window in complete_windows(history.coverage) if window.start < now)
    if not looks:
        return None
    until = min(looks[-1].end, now)
    columns = read_columns(history.ts, history.author, history.thread, before=until.timestamp())
    periods = [
        Window(start=until - (back + 1) * PERIOD, end=until - back * PERIOD)
        for back in range(PAST_PERIODS + 1)
    ]
    shares = [seen_share(period, looks) for period in periods]
    past = [
        _measure(columns, period)
        for period, share in zip(periods[1:], shares[1:], strict=True)
        if share >= ENOUGH_SEEN
    ]
    present = _measure(columns, periods[0]) if shares[0] >= ENOUGH_SEEN else {}
    return Health(
        source_id=history.source_id,
        window=periods[0],
        seen_share=shares[0],
        past_periods=len(past),
        measures=tuple(
            Measure(
                vital=vital,
                now=present.get(vital),
                before=_mean([one.get(vital) for one in past]),
            )
            for vital in Vital
        ),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _measure(columns: Columns, period: Window) -> dict[Vital, float | None]:
    start, end = period.start.timestamp(), period.end.timestamp()
    here = columns.between(start, end)
    found: dict[Vital, float | None] = {Vital.POSTS: float(len(here))}
    if not (columns.author >= 0).any():
        return found
    before = columns.until(start)
    earlier = columns.between(start - PERIOD.total_seconds(), start)
    people = set(here.author[here.author >= 0].tolist())
    known, lately = set(before.author.tolist()), set(earlier.author.tolist())
    began, waits = _read_threads(columns, start, end)
    return found | {
        Vital.CONTRIBUTORS: float(len(people)),
        Vital.NEWCOMERS: float(len(people - known)),
        Vital.RETURNERS: float(len((people & known) - lately)),
        Vital.ANSWERED_SHARE: len(waits) / began if began else None,
        Vital.FIRST_ANSWER_HOURS: float(np.median(waits)) / HOUR if len(waits) else None,
        Vital.ABSENCE_FACTOR: _absence_factor(here),
    }


def _read_threads(columns: Columns, start: float, end: float) -> tuple[int, Floats]:
    """How many threads began in [start, end), and how many seconds each answered one waited.

    Only threads that a known author began count, and answers by somebody else who is known.
    """
    order = np.lexsort((columns.ts, columns.thread))
    ts, author, thread = columns.ts[order], columns.author[order], columns.thread[order]
    opens = np.flatnonzero(np.concatenate(([True], thread[1:] != thread[:-1])))
    number = np.cumsum(np.concatenate(([True], thread[1:] != thread[:-1]))) - 1
    began, opener = ts[opens], author[opens]
    chosen = (began >= start) & (began < end) & (opener >= 0)
    answers = (author >= 0) & (author != opener[number]) & chosen[number]
    first = np.full(len(opens), np.inf)
    np.minimum.at(first, number[answers], ts[answers])
    waits = (first - began)[chosen]
    return int(chosen.sum()), waits[np.isfinite(waits)]


def _absence_factor(columns: Columns) -> float | None:
    named = columns.author[columns.author >= 0]
    if len(named) == 0:
        return None
    counts = np.sort(np.unique(named, return_counts=True)[1])[::-1]
    return float(np.searchsorted(np.cumsum(counts), len(named) / 2) + 1)
