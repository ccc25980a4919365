"""The four scores of a history at many moments: chances of silence and of further talk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scoring.activity import DAY, Columns, Floats, read_silence
from scoring.rules import Rules
from scoring.terms import read_terms

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

    def since(self, step: int) -> Scores:
        """The same from one cutoff on."""
        return Scores(
            silent_days=self.silent_days[step:],
            quiet=self.quiet[step:],
            alive=self.alive[step:],
            fun=self.fun[step:],
            alive90=self.alive90[step:],
        )


def is_thin(columns: Columns, rules: Rules) -> bool:
    """True when there are too few posts or active days for a score to know anything."""
    if len(columns) < rules.least_posts:
        return True
    days = np.floor(columns.ts / DAY)
    active_days = 1 + np.count_nonzero(days[1:] > days[:-1])
    return bool(active_days < rules.least_active_days)


def read_scores(columns: Columns, cutoffs: Floats, rules: Rules) -> Scores:
    """The scores at each cutoff; cutoffs ascend and at least one post precedes the first."""
    return weigh_terms(read_terms(columns, cutoffs), read_silence(columns, cutoffs), rules)


@lru_cache(maxsize=8)
def _weights_table(rules: Rules) -> Floats:
    """The weights of the four scores, one column each."""
    weights = (rules.quiet, rules.alive, rules.fun, rules.alive90)
    return np.column_stack([each.vector() for each in weights])


def weigh_terms(terms: Floats, silent_days: Floats, rules: Rules) -> Scores:
    """The scores that the rules give to rows of terms, each at its silence."""
    sums = terms @ _weights_table(rules)
    chances = np.minimum(np.maximum(1 / (1 + np.exp(-sums)), LEAST), 1 - LEAST)
    return Scores(
        silent_days=silent_days,
        quiet=np.where(silent_days >= rules.inactive_after_days, 1.0, chances[:, 0]),
        alive=chances[:, 1],
        fun=chances[:, 2],
        alive90=chances[:, 3],
    )
