"""The state machine: weekly steps through a history, with hysteresis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.outcome import Status
from scoring.activity import DAY, Columns, Floats
from scoring.rules import Rules
from scoring.scores import Scores

WEEK = 7 * DAY
LADDER = (Status.ACTIVE, Status.SLOWING, Status.DORMANT, Status.INACTIVE)
ACTIVE, SLOWING, DORMANT, INACTIVE = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A rung of `LADDER` and the number of the step at which it was entered."""

    rung: int
    step: int


def weekly_cutoffs(columns: Columns, at: float, least_posts: int, *, ahead: int = 0) -> Floats:
    """The moments at, at - 7 days, … that see at least that many posts, oldest first.

    `ahead` weeks after the moment follow.
    """
    first = columns.ts[least_posts - 1]
    count = int(np.ceil((at - first) / WEEK))
    weeks: Floats = at + WEEK * np.arange(1 - count, 1 + ahead, dtype=np.float64)
    return weeks


def read_calm(moments: Floats, rules: Rules) -> list[bool]:
    """Whether each moment (UTC seconds) is in a season that refuses entry to slowing."""
    days = np.floor(moments / DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_year = months.astype(np.int64) % 12 + 1
    of_month = (days - months).astype(np.int64) + 1
    calm = np.zeros(len(moments), dtype=np.bool_)
    for season in rules.calm_seasons:
        calm |= season.holds(of_year * 100 + of_month)
    found: list[bool] = calm.tolist()
    return found


def read_raw(scores: Scores, rules: Rules) -> Floats:
    """The rung that each moment alone would give, without memory."""
    rungs = np.where(scores.fun < rules.p_fun_active, SLOWING, ACTIVE)
    rungs = np.where(scores.quiet >= rules.p_quiet_dormant, DORMANT, rungs)
    return np.where(scores.silent_days >= rules.inactive_after_days, INACTIVE, rungs)


def read_wanted(scores: Scores, rules: Rules) -> tuple[Sequence[int], ...]:
    """The rung each moment asks for, given the rung that holds: one row of rungs per holder.

    A dormant or inactive community stays while the sign of life is old or weak; a slowing one
    until it is clearly active again.
    """
    raw = read_raw(scores, rules)
    doubtful = (scores.silent_days > rules.fresh_days) & (scores.quiet > rules.p_quiet_stay)
    weak = (raw == ACTIVE) & (scores.fun < rules.p_fun_return)
    rows = (
        raw,
        np.where(weak, SLOWING, raw),
        np.where(doubtful & (raw < DORMANT), DORMANT, raw),
        np.where(doubtful & (raw < INACTIVE), INACTIVE, raw),
    )
    return tuple(row.astype(int).tolist() for row in rows)


def steps_needed(held: int, wanted: int, rules: Rules) -> int:
    """How many steps in a row must want a rung before it is taken."""
    if wanted == INACTIVE or (held >= DORMANT and wanted < held):
        return 1
    if {held, wanted} == {ACTIVE, SLOWING}:
        return rules.steps_active_slowing
    return rules.steps_other


def replay(
    scores: Scores, rules: Rules, *, standing: Sequence[bool], calm: Sequence[bool]
) -> list[State]:
    """The state after each step, oldest first; the first one is the raw one.

    Shape: `standing[i]` when the time of step i was not seen: nothing is concluded there, not even
    a first state. `calm[i]` in a season in which an active community does not enter slowing: its
    count stands. A community that comes back from dormant or inactive is not held up by a season.
    """
    wanted_by = read_wanted(scores, rules)
    needed = [[steps_needed(held, wanted, rules) for wanted in range(4)] for held in range(4)]
    states: list[State] = []
    state: State | None = None
    pending, count = -1, 0
    for step, raw in enumerate(wanted_by[ACTIVE]):
        if standing[step]:
            pass
        elif state is None:
            state = State(rung=raw, step=step)
        else:
            wanted = wanted_by[state.rung][step]
            count = count if wanted == pending else 0
            pending = wanted
            if wanted != state.rung and not (
                calm[step] and state.rung == ACTIVE and wanted == SLOWING
            ):
                count += 1
                if count >= needed[state.rung][wanted]:
                    state, count = State(rung=wanted, step=step), 0
        states.append(state or State(rung=raw, step=step))
    return states
