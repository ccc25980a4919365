"""Rules on trial on made-up histories, in words and as a plot."""

from __future__ import annotations

import json
import math
from xml.etree import ElementTree as ET

import pytest

from evaluation.folder import read_folder
from evaluation.printing import TITLES, list_lines, plot_calibration, trial_record
from evaluation.rows import VIEWS
from evaluation.trial import FOLDS, build_ground, try_rules
from scoring.default_rules import DEFAULT_RULES


@pytest.fixture(scope="module")
def ground(data_folder):
    return build_ground(read_folder(data_folder))


@pytest.fixture(scope="module")
def trial(ground):
    return try_rules(ground, DEFAULT_RULES, out_of_fold=False)


def test_the_rules_know_more_than_a_coin(trial) -> None:
    for forecast in trial.forecasts:
        base = forecast.base_share
        coin = -base * math.log(base) - (1 - base) * math.log(1 - base)
        assert forecast.log_loss.value < coin
        assert forecast.log_loss.low <= forecast.log_loss.value <= forecast.log_loss.high
        assert set(forecast.views) == set(VIEWS)
        assert set(forecast.by_origin) == {"boards", "lists"}


def test_most_quiet_weeks_are_called_and_few_living_ones(trial) -> None:
    week = trial.operations
    assert week.called_quiet.value > 0.6
    assert week.called_living.value < 0.05
    assert week.living_inactive == 0
    assert 0 < week.delay_days <= week.state_delay_days <= 365
    assert 0 < week.cards.value < 5
    assert 0 < week.changes.value < 5


def test_out_of_fold_judges_with_other_weights(ground, trial) -> None:
    other = try_rules(ground, DEFAULT_RULES, out_of_fold=True)
    assert other.folds == FOLDS
    assert other.forecasts[0].log_loss != trial.forecasts[0].log_loss
    assert other.forecasts[0].baselines == trial.forecasts[0].baselines


def test_the_table_tells_each_figure_with_its_error(trial) -> None:
    text = "\n".join(list_lines(trial))
    assert DEFAULT_RULES.version in text
    for forecast in trial.forecasts:
        assert f"| {TITLES[forecast.name]} | {forecast.rows:,} |" in text
        assert f"{forecast.log_loss.value:.4f} ({forecast.log_loss.low:.4f} to" in text
    assert f"{trial.operations.catch.value:.3f} (" in text
    assert json.loads(json.dumps(trial_record(trial)))["communities"] == 24


def test_the_plot_has_a_dot_per_bin(trial) -> None:
    plot = ET.fromstring(plot_calibration(trial))
    dots = [node for node in plot.iter() if node.tag.endswith("circle")]
    assert len(dots) == sum(len(forecast.bins) for forecast in trial.forecasts)
