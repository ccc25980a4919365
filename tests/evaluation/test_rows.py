"""Cutoffs and outcomes, counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation.folder import Subject
from evaluation.rows import HORIZON, WEEK, build_forecasts, build_view, build_weeks
from scoring.activity import DAY, read_columns

# The days since 1970 of 1 January, April, July and October 2020.
QUARTERS = [18262, 18353, 18444, 18536]


def subject(days, authors=None, until=19000, origin="lists"):
    posts = read_columns(
        [day * DAY for day in days],
        authors or [n % 2 for n in range(len(days))],
        [-1] * len(days),
        before=until * DAY,
    )
    return Subject(name="s", origin=origin, until=until * DAY, posts=posts)


TALK = [18200, 18210, 18220, 18230, 18240, 18300, 18310, 18320, 18900]


def test_forecasts_stand_at_quarters_after_the_fifth_post_whose_end_is_known() -> None:
    rows = build_forecasts([subject(TALK)])
    days = (rows.cutoff / DAY).tolist()
    assert days[:4] == QUARTERS
    assert max(days) + HORIZON / DAY <= 19000
    assert rows.silent_days[0] == 22


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("any_90", [1, 0, 0]),
        ("any_180", [1, 0, 0]),
        ("fun_180", [1, 0, 0]),
        ("quiet", [0, 1, 1]),
    ],
)
def test_an_outcome_is_what_a_hand_counts(outcome, expected) -> None:
    rows = build_forecasts([subject(TALK)])
    assert getattr(rows, outcome)[:3].tolist() == expected


def test_a_quiet_year_is_certain_and_asked_of_nobody() -> None:
    rows = build_forecasts([subject([*TALK, 18990])])
    late = rows.silent_days >= 365
    assert late.any()
    assert np.isnan(rows.quiet[late]).all()


def test_an_open_silence_is_known_only_after_a_year() -> None:
    rows = build_forecasts([subject(TALK[:-1], until=18650)])
    assert [math.isnan(value) for value in rows.quiet] == [False, True, True]


def test_three_posts_by_one_person_are_not_functional() -> None:
    alone = [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert build_forecasts([subject(TALK, alone)]).fun_180[0] == 0
    nobody = build_forecasts([subject(TALK, [-1] * 9)])
    assert math.isnan(nobody.fun_180[0])
    assert nobody.talk_180[0] == 1


def test_weeks_go_to_the_end_of_the_history() -> None:
    rows = build_weeks([subject(TALK)])
    assert (rows.cutoff % WEEK == 0).all()
    assert rows.cutoff[-1] > (19000 - 7) * DAY
    assert rows.living[rows.cutoff <= 18300 * DAY].all()


def test_a_view_is_what_a_feed_of_so_many_items_shows() -> None:
    subjects = [subject(TALK), subject([day + 3 for day in TALK], origin="boards")]
    rows = build_forecasts(subjects)
    whole = build_view(subjects, rows, 1000)
    np.testing.assert_allclose(whole, rows.terms)
    assert not np.allclose(build_view(subjects, rows, 2), rows.terms)


def test_every_origin_weighs_the_same() -> None:
    rows = build_forecasts([subject(TALK), subject(TALK), subject(TALK, origin="boards")])
    weight = rows.weights(np.ones(len(rows), dtype=bool))
    assert weight[rows.origin == 0].sum() == pytest.approx(weight[rows.origin == 1].sum())
    assert weight.mean() == pytest.approx(1)
