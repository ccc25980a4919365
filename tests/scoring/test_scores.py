"""The scores: weights times terms, bounded, certain after a silent year."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scoring.activity import DAY, read_columns
from scoring.default_rules import DEFAULT_RULES
from scoring.rules import TERMS
from scoring.scores import LEAST, is_thin, read_scores
from scoring.terms import read_terms


def weekly_talk(count: int):
    return read_columns(
        [7 * DAY * week for week in range(count)],
        [week % 3 for week in range(count)],
        [week // 2 for week in range(count)],
        before=math.inf,
    )


def test_a_score_is_the_logistic_of_the_weighted_terms() -> None:
    columns, cutoff = weekly_talk(100), np.array([720.0 * DAY])
    terms = dict(zip(TERMS, read_terms(columns, cutoff)[0], strict=True))
    for name, weights in (
        ("quiet", DEFAULT_RULES.quiet),
        ("alive", DEFAULT_RULES.alive),
        ("fun", DEFAULT_RULES.fun),
        ("alive90", DEFAULT_RULES.alive90),
    ):
        total = sum(getattr(weights, term) * terms[term] for term in TERMS)
        found = getattr(read_scores(columns, cutoff, DEFAULT_RULES), name)[0]
        assert found == pytest.approx(1 / (1 + math.exp(-total)))


@pytest.mark.parametrize(("silent_days", "certain"), [(364.9, False), (365, True), (900, True)])
def test_quiet_is_certain_after_a_silent_year(silent_days, certain) -> None:
    columns = weekly_talk(100)
    scores = read_scores(columns, columns.ts[-1:] + silent_days * DAY, DEFAULT_RULES)
    assert bool(scores.quiet[0] == 1) is certain
    assert LEAST <= scores.alive[0] <= 1 - LEAST


def test_chances_of_talk_fall_as_the_silence_grows() -> None:
    columns = weekly_talk(100)
    silences = np.array([3, 30, 60, 120, 240, 364]) * DAY
    scores = read_scores(columns, columns.ts[-1] + silences, DEFAULT_RULES)
    assert (np.diff(scores.alive) < 0).all()
    assert (np.diff(scores.quiet) >= 0).all()
    assert (scores.alive90 <= scores.alive + 0.02).all()


@pytest.mark.parametrize(
    ("days", "thin"),
    [
        pytest.param([1, 2, 3, 4], True, id="four posts"),
        pytest.param([1, 1, 1, 1, 2, 2, 2], True, id="two active days"),
        pytest.param([1, 1, 1, 2, 3], False, id="five posts on three days"),
        pytest.param([], True, id="nothing"),
    ],
)
def test_evidence_is_thin_below_five_posts_or_three_active_days(days, thin) -> None:
    ts = [day * DAY for day in days]
    columns = read_columns(ts, [0] * len(ts), [-1] * len(ts), before=math.inf)
    assert is_thin(columns, DEFAULT_RULES) is thin
