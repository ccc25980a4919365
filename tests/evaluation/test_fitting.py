"""Fitted weights: those of the process that made the data; no more silence, no more talk."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.fitting import fit_logistic, fit_rules
from evaluation.folder import read_folder
from evaluation.trial import build_ground
from scoring.default_rules import DEFAULT_RULES


def test_a_logistic_model_finds_the_weights_that_made_the_data() -> None:
    rng = np.random.default_rng(1)
    terms = np.column_stack((np.ones(40_000), rng.normal(size=(40_000, 2)) * [1, 30] + [0, 50]))
    truth = (rng.random(40_000) < 1 / (1 + np.exp(-(terms @ [1.0, -2.0, 0.02])))).astype(float)
    assert fit_logistic(terms, truth, np.ones(40_000)) == pytest.approx([1, -2, 0.02], abs=0.1)


def test_a_fit_is_the_same_again_and_silence_never_speaks_for_talk(data_folder) -> None:
    ground = build_ground(read_folder(data_folder))
    everything = np.ones(len(ground.sample.rows), dtype=bool)
    found, again = (fit_rules(ground.sample, everything, DEFAULT_RULES) for _ in range(2))
    assert found == again
    assert found != DEFAULT_RULES
    assert found.least_posts == DEFAULT_RULES.least_posts
    assert found.quiet.log_rec >= 0
    assert max(found.alive.log_rec, found.alive90.log_rec, found.fun.log_rec) <= 0
