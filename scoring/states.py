"""The state machine: weekly steps through a history, with hysteresis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.outcome import Status
from scoring.activity import DAY, Columns, Floats, Ints
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


def read_raw(scores: Scores, rules: Rules) -> Ints:
    """The rung that each moment alone would give, without memory.

    A fresh post is a sign of life whatever the chances: nothing worse than slowing.
    """
    rungs = np.where(scores.fun < rules.p_fun_active, SLOWING, ACTIVE)
    rungs = np.where(scores.quiet >= rules.p_quiet_dormant, DORMANT, rungs)
    rungs = np.where(scores.silent_days >= rules.inactive_after_days, INACTIVE, rungs)
    fresh = scores.silent_days <= rules.fresh_days
    return np.where(fresh, np.minimum(rungs, SLOWING), rungs)


def read_wanted(scores: Scores, rules: Rules) -> Ints:
    """The rung each moment asks for, given the rung that holds.

    A dormant or inactive community stays while the sign of life is old or weak, a slowing one
    until it is clearly active again, and nothing becomes worse in a week in which somebody posted.
    Shape: one row of rungs per holder, one column per moment.
    """
    return _ask(scores, read_raw(scores, rules), rules)


def _ask(scores: Scores, raw: Ints, rules: Rules) -> Ints:
    fresh = scores.silent_days <= rules.fresh_days
    doubtful = ~fresh & (scores.quiet > rules.p_quiet_stay)
    weak = (raw == ACTIVE) & (scores.fun < rules.p_fun_return)
    return np.stack(
        (
            np.where(fresh, ACTIVE, raw),
            np.where(weak, SLOWING, raw),
            np.where(doubtful & (raw < DORMANT), DORMANT, raw),
            np.where(doubtful & (raw < INACTIVE), INACTIVE, raw),
        )
    )


def read_anchor(wanted: Ints, calm: Sequence[bool], rules: Rules) -> int | None:
    """The latest step whose state does not depend on anything before these steps, if there is one.

    It ends so many steps in a row that ask for one rung, whatever holds, that any state has moved
    there by then; a replay that starts at it says the same as one from the beginning.
    """
    agreed = (wanted == wanted[0]).all(axis=0).tolist()
    asked = wanted[0].tolist()
    run = 0
    for step in range(len(asked) - 1, -1, -1):
        if not agreed[step] or (asked[step] == SLOWING and calm[step]):
            run = 0
            continue
        run = run + 1 if run and asked[step] == asked[step + 1] else 1
        if run >= max(steps_needed(held, asked[step], rules) for held in range(len(LADDER))):
            return step + run - 1
    return None


def steps_needed(held: int, wanted: int, rules: Rules) -> int:
    """How many steps in a row must want a rung before it is taken."""
    if wanted == INACTIVE or (held >= DORMANT and wanted < held):
        return 1
    if (held, wanted) == (ACTIVE, SLOWING):
        return rules.steps_to_slowing
    if (held, wanted) == (SLOWING, ACTIVE):
        return rules.steps_to_active
    return rules.steps_other


def replay(
    scores: Scores, rules: Rules, *, standing: Sequence[bool], calm: Sequence[bool]
) -> list[State]:
    """The state after each step, oldest first; the first one is the raw one.

    Shape: `standing[i]` when the time of step i was not seen: nothing is concluded there, not even
    a first state. `calm[i]` in a season in which an active community does not enter slowing: its
    count stands. A community that comes back from dormant or inactive is not held up by a season.
    """
    raws = read_raw(scores, rules)
    wanted_by = _ask(scores, raws, rules).tolist()
    needed = [[steps_needed(held, wanted, rules) for wanted in range(4)] for held in range(4)]
    states: list[State] = []
    state: State | None = None
    pending, count = -1, 0
    for step, raw in enumerate(raws.tolist()):
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
