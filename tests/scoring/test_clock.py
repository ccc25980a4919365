"""The covered clock: runs in seen time, stands in unseen time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.window import Coverage, CoverageKind
from scoring.clock import read_clock

START = datetime(2020, 1, 1, tzinfo=UTC)
FAR = START + timedelta(days=5000)


def clock_of(seen, posts=(), now=FAR, kind=CoverageKind.COMPLETE):
    coverage = [
        Coverage(start=START + timedelta(days=a), end=START + timedelta(days=b), kind=kind)
        for a, b in seen
    ]
    return read_clock(coverage, seconds(*posts), now=now)


def seconds(*days):
    return np.array([START.timestamp() + day * 86_400 for day in days])


def between(clock, first, last):
    """Days that the clock runs between two days."""
    shown = clock.read(seconds(first, last))
    return float(shown[1] - shown[0]) / 86_400


@pytest.mark.parametrize(
    ("seen", "posts", "first", "last", "expected"),
    [
        pytest.param([(0, 100)], [5], 5, 100, 95, id="all seen"),
        pytest.param([(0, 40), (85, 100)], [5], 5, 100, 50, id="a hole of 45 days"),
        pytest.param([(0, 40), (50, 60), (70, 100)], [5], 30, 80, 30, id="two holes"),
        pytest.param([(0, 40), (85, 100)], [5], 60, 85, 0, id="inside the hole"),
        pytest.param([(0, 40), (85, 100)], [5], 60, 90, 5, id="out of the hole"),
        pytest.param([(0, 40), (85, 100)], [5, 50, 60], 40, 85, 10, id="between posts in a hole"),
        pytest.param([(0, 40), (85, 100)], [5, 50], 50, 100, 15, id="after a post in a hole"),
        pytest.param([(50, 100)], [5, 25], 5, 100, 70, id="posts from before the first look"),
    ],
)
def test_the_clock_stands_in_unseen_time(seen, posts, first, last, expected) -> None:
    assert between(clock_of(seen, posts), first, last) == pytest.approx(expected)


def test_without_holes_the_clock_shows_the_time() -> None:
    moments = seconds(0.3, 5, 99.9)
    clock = clock_of([(0, 40), (40, 100)], [5])
    np.testing.assert_array_equal(clock.read(moments), moments)
    np.testing.assert_array_equal(clock.moments(moments), moments)


@pytest.mark.parametrize("kind", [None, CoverageKind.PARTIAL])
def test_without_a_complete_look_there_is_no_clock(kind) -> None:
    assert clock_of([] if kind is None else [(0, 100)], [5], kind=kind) is None


def test_coverage_after_now_is_ignored() -> None:
    now = START + timedelta(days=30)
    clock = clock_of([(0, 40), (50, 60)], [5], now=now)
    assert clock.until == now.timestamp()
    assert clock_of([(50, 60)], now=now) is None


def test_a_moment_was_seen_when_the_time_before_it_was() -> None:
    clock = clock_of([(10, 40), (85, 100)])
    days = (5, 10, 11, 40, 41, 85, 86, 100)
    assert clock.saw(seconds(*days)).tolist() == [
        False,
        False,
        True,
        True,
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("since", "unseen"), [(5, 45), (60, 25), (90, 0)])
def test_unseen_days_are_those_in_which_the_clock_stood(since, unseen) -> None:
    clock = clock_of([(0, 40), (85, 100)], [5])
    assert clock.unseen_days(float(seconds(since)[0])) == pytest.approx(unseen)


WINDOWS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 60)).map(lambda w: (w[0], w[0] + w[1])),
    min_size=1,
    max_size=8,
)


@given(seen=WINDOWS, posts=st.lists(st.integers(0, 500), max_size=12).map(sorted))
@settings(max_examples=80, deadline=None)
def test_the_clock_never_runs_back_nor_faster_than_time(seen, posts) -> None:
    clock = clock_of(seen, posts)
    moments = np.unique(np.append(seconds(*posts, *np.arange(0, 520, 0.5)), clock.until))
    moments = moments[moments <= clock.until]
    steps = np.diff(clock.read(moments))
    assert (steps >= -1e-3).all()
    assert (steps <= np.diff(moments) + 1e-3).all()


@given(seen=WINDOWS, posts=st.lists(st.integers(0, 500), max_size=12).map(sorted))
@settings(max_examples=80, deadline=None)
def test_a_moment_read_back_shows_the_same(seen, posts) -> None:
    clock = clock_of(seen, posts)
    shown = clock.read(seconds(*np.arange(0, 500, 3)))
    np.testing.assert_allclose(clock.read(clock.moments(shown)), shown, atol=1e-3)
    assert (clock.moments(shown) <= seconds(*np.arange(0, 500, 3)) + 1e-3).all()
