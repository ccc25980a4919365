"""The four scores of a history at many moments: chances of silence and of further talk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.activity import DAY, Columns, Floats, read_silence, read_terms
from scoring.rules import Rules

LEAST = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """Probabilities per cutoff, with the silence they were read at.

    Units: `silent_days` days. `quiet`: the present silence lasts a year or longer; `alive` and
    `alive90`: another post within 180 and 90 days; `fun`: three posts by two people within 180.
    """

    silent_days: Floats
    quiet: Floats
    alive: Floats
    fun: Floats
    alive90: Floats


def is_thin(columns: Columns, rules: Rules) -> bool:
    """True when there are too few posts or active days for a score to know anything."""
    if len(columns) < rules.least_posts:
        return True
    return len(np.unique(np.floor(columns.ts / DAY))) < rules.least_active_days


def read_scores(columns: Columns, cutoffs: Floats, rules: Rules) -> Scores:
    """The scores at each cutoff; cutoffs ascend and at least one post precedes the first."""
    terms = read_terms(columns, cutoffs)
    silent = read_silence(columns, cutoffs)
    weights = (rules.quiet, rules.alive, rules.fun, rules.alive90)
    table = np.column_stack([each.vector() for each in weights])
    chances = np.clip(1 / (1 + np.exp(-(terms @ table))), LEAST, 1 - LEAST)
    return Scores(
        silent_days=silent,
        quiet=np.where(silent >= rules.inactive_after_days, 1.0, chances[:, 0]),
        alive=chances[:, 1],
        fun=chances[:, 2],
        alive90=chances[:, 3],
    )
