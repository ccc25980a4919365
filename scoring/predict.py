"""One history in, probabilities and a status out: the interface that evaluations call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.outcome import Marker, Status
from scoring.activity import DAY, Columns, Floats, read_columns
from scoring.default_rules import DEFAULT_RULES
from scoring.markers import read_marking
from scoring.rules import Rules
from scoring.scores import Scores, is_thin, read_scores
from scoring.states import LADDER, read_calm, replay, weekly_cutoffs

MARKER_WORDS = {Marker.SPAM: "spam", Marker.ANNOUNCEMENTS_ONLY: "broadcast"}


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

    With fewer than 5 posts or 3 active days only `status` is there: the score knows nothing.
    """
    at = float(history.cutoff)
    columns = read_columns(history.ts, history.author, history.thread, before=at)
    if is_thin(columns, rules):
        silent = (at - columns.ts[-1]) / DAY if len(columns) else 0.0
        seen = silent >= rules.inactive_after_days
        return {"status": (Status.INACTIVE if seen else Status.UNVERIFIABLE).value}
    cutoffs = weekly_cutoffs(columns, at, rules.least_posts)
    scores = read_scores(columns, cutoffs, rules)
    return {
        "p_any_90": float(scores.alive90[-1]),
        "p_any_180": float(scores.alive[-1]),
        "p_fun_180": float(scores.fun[-1]),
        "p_quiet": float(scores.quiet[-1]),
        "status": _read_status(columns, scores, cutoffs, rules),
    }


def _read_status(columns: Columns, scores: Scores, cutoffs: Floats, rules: Rules) -> str:
    marker = read_marking(columns, float(cutoffs[-1]), rules).marker
    if marker is not None:
        return MARKER_WORDS[marker]
    states = replay(scores, rules, standing=[False] * len(cutoffs), calm=read_calm(cutoffs, rules))
    return LADDER[states[-1].rung].value
