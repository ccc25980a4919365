"""Weights of the scores: regularised logistic models on full and on windowed histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation.rows import Rows
from scoring.activity import Floats
from scoring.rules import TERMS, Rules, Weights

PENALTY = 5.0
STEPS = 50
ENOUGH = 1e-8
DIGITS = 4
# A forecast with all its posts weighs as much as the three that see only its latest ones.
VIEW_WEIGHT = 1 / 3
# What each score forecasts, and the outcome that its weights are fitted to.
SCORES = {"quiet": "quiet", "alive": "any_180", "fun": "fun_180", "alive90": "any_90"}
FITTED_TO = SCORES | {"fun": "talk_180"}
# Posts of unknown people say less of a conversation, but without any nothing could be said of
# sources that never name anybody.
NAMELESS_WEIGHT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Forecasts with the terms that windows of so many items leave of them."""

    rows: Rows
    views: Mapping[int, Floats]


# A longer silence never speaks for talk: where the sign of one of these terms, which grow with it,
# says otherwise, the term is left out of that score.
OF_SILENCE = frozenset({"log_rec", "beyond_usual", "beyond_nine_months", "beyond_longest_x_busy"})
SIGNS = np.array([int(term in OF_SILENCE) for term in TERMS])


def fit_rules(sample: Sample, mask: NDArray[np.bool_], rules: Rules) -> Rules:
    """The rules with the weights that fit the forecasts under a mask best."""
    fitted = {score: fit_score(sample, mask, outcome) for score, outcome in FITTED_TO.items()}
    return replace(rules, **fitted)  # type: ignore[arg-type]


def fit_score(sample: Sample, mask: NDArray[np.bool_], outcome: str) -> Weights:
    """The weights of one score; `outcome` names the column of the rows that it forecasts."""
    rows = sample.rows
    truth: Floats = getattr(rows, outcome)
    used = mask & ~np.isnan(truth)
    weight = rows.weights(used)
    if outcome == FITTED_TO["fun"]:
        weight = weight * np.where(np.isnan(rows.fun_180[used]), NAMELESS_WEIGHT, 1.0)
    tables = [rows.terms, *sample.views.values()]
    shares = [1.0, *[VIEW_WEIGHT for _ in sample.views]]
    table = np.concatenate([one[used] for one in tables])
    truths = np.tile(truth[used], len(tables))
    heavy = np.concatenate([weight * share for share in shares])
    signs = SIGNS if outcome == "quiet" else -SIGNS
    kept = np.ones(len(TERMS), dtype=np.bool_)
    found = np.zeros(len(TERMS))
    while True:
        found[kept] = fit_logistic(table[:, kept], truths, heavy)
        wrong = kept & (found * signs < 0)
        if not wrong.any():
            break
        kept &= ~wrong
        found[:] = 0
    return Weights(**dict(zip(TERMS, found.round(DIGITS).tolist(), strict=True)))


def fit_logistic(terms: Floats, truth: Floats, weight: Floats) -> Floats:
    """The weights of a logistic model with a small penalty on all terms but the first.

    The terms are standardised for the penalty, and the weights given back for the plain ones.
    """
    centre = terms[:, 1:].mean(axis=0)
    spread = terms[:, 1:].std(axis=0) + 1e-12
    table = np.column_stack((np.ones(len(terms)), (terms[:, 1:] - centre) / spread))
    penalty = np.full(table.shape[1], PENALTY)
    penalty[0] = 1e-9
    found = np.zeros(table.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(table @ found, -30, 30)))
        slope = table.T @ (weight * (chance - truth)) + penalty * found
        curve = (table * (weight * chance * (1 - chance))[:, None]).T @ table + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        found -= step
        if np.abs(step).max() < ENOUGH:
            break
    plain = found[1:] / spread
    return np.concatenate(([found[0] - (plain * centre).sum()], plain))
