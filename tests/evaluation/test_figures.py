"""Figures of merit against small cases that a hand can count."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation import figures

ONE = np.ones(4)
TRUTH = np.array([0.0, 0, 1, 1])


def test_log_loss_of_a_coin_is_ln_2() -> None:
    assert figures.log_loss(np.full(4, 0.5), TRUTH, ONE) == pytest.approx(math.log(2))


def test_a_sure_mistake_costs_much_but_not_everything() -> None:
    assert figures.log_loss(np.array([1.0]), np.array([0.0]), np.ones(1)) == pytest.approx(
        -math.log(1e-4)
    )


@pytest.mark.parametrize(
    ("chance", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], 1),
        ([0.4, 0.3, 0.2, 0.1], 0),
        ([0.5] * 4, 0.5),
        ([0.1, 0.3, 0.2, 0.4], 0.75),
    ],
)
def test_auc_is_the_share_of_pairs_in_order(chance, expected) -> None:
    assert figures.auc(np.array(chance), TRUTH, ONE) == pytest.approx(expected)


def test_calibration_error_is_the_mean_gap() -> None:
    chance = np.array([0.25, 0.25, 0.75, 0.75])
    assert figures.calibration_error(chance, TRUTH, ONE) == pytest.approx(0.25)
    assert [(one.forecast, one.observed) for one in figures.calibrate(chance, TRUTH, ONE)] == [
        (0.25, 0),
        (0.75, 1),
    ]


def test_catch_counts_the_quiet_above_all_but_one_percent_of_the_living() -> None:
    living = np.linspace(0, 1, 1000)
    score = np.append(living, [0.5, 0.995, 1.0, 2.0])
    quiet = np.append(np.zeros(1000), np.ones(4))
    assert figures.catch(score, quiet, np.ones(1004)) == pytest.approx(3 / 4)


def test_of_equal_scores_only_the_fair_part_is_caught() -> None:
    score, quiet = np.zeros(200), np.repeat([0.0, 1.0], 100)
    assert figures.catch(score, quiet, np.ones(200)) == pytest.approx(0.01)


def test_an_interval_holds_its_figure_and_is_the_same_again() -> None:
    rng = np.random.default_rng(3)
    community = np.repeat(np.arange(20), 10)
    values = rng.normal(size=20)[community]
    told = [
        figures.estimate(
            lambda weight: float(np.average(values, weights=weight)),
            community,
            community % 2,
            np.ones(200),
            seed=seed,
        )
        for seed in (1, 1, 2)
    ]
    assert told[0] == told[1] != told[2]
    assert told[0].low < told[0].value < told[0].high


def test_folds_are_drawn_within_origins() -> None:
    folds = figures.draw_folds(["a"] * 50 + ["b"] * 10, 5, seed=1)
    assert np.bincount(folds[:50]).tolist() == [10] * 5
    assert np.bincount(folds[50:]).tolist() == [2] * 5
