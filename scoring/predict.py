"""One history in, probabilities and a status out: the interface that evaluations call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.outcome import Marker, Status
from scoring.activity import DAY, Columns, read_columns
from scoring.default_rules import DEFAULT_RULES
from scoring.markers import read_steady_marker
from scoring.rules import Rules
from scoring.scores import Scores, is_thin, read_scores
from scoring.states import (
    DORMANT,
    LADDER,
    read_anchor,
    read_calm,
    read_wanted,
    replay,
    weekly_cutoffs,
)
from scoring.terms import latest_needed

MARKER_WORDS = {Marker.SPAM: "spam", Marker.ANNOUNCEMENTS_ONLY: "broadcast"}
# How many weeks are scored before more are: nearly every status depends on the last few only.
LOOK_BACK_WEEKS = (13, 52)


class PostHistory(Protocol):
    """Posts in columns; everything before the cutoff counts as seen.

    Shape: `ts` UTC seconds, `author` and `thread` integers, -1 for unknown.
    """

    @property
    def cutoff(self) -> float: ...
    @property
    def ts(self) -> Sequence[float]: ...
    @property
    def author(self) -> Sequence[int]: ...
    @property
    def thread(self) -> Sequence[int]: ...


def predict(history: PostHistory, rules: Rules = DEFAULT_RULES) -> dict[str, float | str]:
    """`p_any_90`, `p_any_180`, `p_fun_180`, `p_quiet` and `status` at the history's cutoff.

    With fewer than 5 posts only `status` is there: the score knows nothing. The latest posts of a
    busy feed may stand on one or two days: then the status is held back, but not the chances.
    """
    at = float(history.cutoff)
    columns = read_columns(history.ts, history.author, history.thread, before=at)
    if len(columns) < rules.least_posts:
        return {"status": _read_thin_word(columns, at, rules)}
    rung, scores = _read_rung(columns, at, rules)
    thin = is_thin(columns, rules)
    return {
        "p_any_90": float(scores.alive90[-1]),
        "p_any_180": float(scores.alive[-1]),
        "p_fun_180": float(scores.fun[-1]),
        "p_quiet": float(scores.quiet[-1]),
        "status": (
            _read_thin_word(columns, at, rules) if thin else _read_word(columns, at, rung, rules)
        ),
    }


def _read_thin_word(columns: Columns, at: float, rules: Rules) -> str:
    silent = (at - columns.ts[-1]) / DAY if len(columns) else 0.0
    seen = silent >= rules.inactive_after_days
    return (Status.INACTIVE if seen else Status.UNVERIFIABLE).value


def _read_rung(columns: Columns, at: float, rules: Rules) -> tuple[int, Scores]:
    """The rung now, with the scores of the last weeks: as many as it depends on."""
    weeks = weekly_cutoffs(columns, at, rules.least_posts)
    for reach in (*LOOK_BACK_WEEKS, len(weeks)):
        late = weeks[-reach:]
        scores = read_scores(latest_needed(columns, float(late[0])), late, rules)
        calm = read_calm(late, rules)
        anchor = 0
        if len(late) < len(weeks):
            found = read_anchor(read_wanted(scores, rules), calm, rules)
            if found is None:
                continue
            anchor = found
        states = replay(
            scores.since(anchor), rules, standing=[False] * (len(late) - anchor), calm=calm[anchor:]
        )
        return states[-1].rung, scores
    raise AssertionError("the last reach is the whole history")


def _read_word(columns: Columns, at: float, rung: int, rules: Rules) -> str:
    """The status; where there is life that is not talk, the marker's word instead."""
    if rung >= DORMANT:
        return LADDER[rung].value
    marker = read_steady_marker(columns, at, rules)
    return LADDER[rung].value if marker is None else MARKER_WORDS[marker]
