"""Health beyond alive: counted by hand, compared with the community's own past."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.health import Vital, read_health

# Five periods of 90 days end on day 450; the latest is 360 to 450. Thread 0 has Ada's question and
# Ben's answer after six hours, thread 1 only Ada's, thread 2 Cy's with Ada's answer two days later.
POSTS = [
    (100, 0, 90),  # Ada is known from here on
    (110, 2, 91),  # Cy wrote long ago
    (361, 0, 0),
    (361.25, 1, 0),  # Ben is new
    (380, 0, 1),
    (400, 2, 2),  # Cy returns
    (402, 0, 2),
]


def health_of(make_history, posts=POSTS, seen=((0, 450),), day=450):
    days, authors, threads = zip(*posts, strict=True)
    history = make_history(days, authors=authors, threads=threads, seen=seen)
    start = history.coverage[0].start
    return read_health(
        history,
        now=start
        + (day - seen[0][0]) * (history.coverage[0].end - start) / (seen[0][1] - seen[0][0]),
    )


def value_of(health, vital):
    return next(one for one in health.measures if one.vital is vital)


@pytest.mark.parametrize(
    ("vital", "now", "before"),
    [
        (Vital.POSTS, 5, 0.5),
        (Vital.CONTRIBUTORS, 3, 0.5),
        (Vital.NEWCOMERS, 1, 0.5),
        (Vital.RETURNERS, 2, 0),
        (Vital.ANSWERED_SHARE, 2 / 3, 0),
        (Vital.FIRST_ANSWER_HOURS, 27, None),
        (Vital.ABSENCE_FACTOR, 1, 1),
    ],
)
def test_a_vital_is_what_a_hand_counts(vital, now, before, make_history) -> None:
    measure = value_of(health_of(make_history), vital)
    assert measure.now == pytest.approx(now)
    assert measure.before == (None if before is None else pytest.approx(before))


def test_a_trend_is_against_the_own_past(make_history) -> None:
    health = health_of(make_history)
    assert value_of(health, Vital.POSTS).trend == pytest.approx(10)
    assert value_of(health, Vital.FIRST_ANSWER_HOURS).trend is None
    assert (health.seen_share, health.past_periods) == (1, 4)


def test_what_was_not_seen_is_not_zero(make_history) -> None:
    """Half of the latest period is a hole: no figure of it, and the past still told."""
    health = health_of(make_history, seen=((0, 380), (425, 450)))
    assert health.seen_share == pytest.approx(0.5)
    assert all(measure.now is None for measure in health.measures)
    assert value_of(health, Vital.POSTS).before == pytest.approx(0.5)


def test_a_past_that_was_not_seen_is_not_compared_with(make_history) -> None:
    health = health_of(make_history, seen=((300, 450),), day=450)
    assert health.past_periods == 0
    assert value_of(health, Vital.POSTS).before is None
    assert value_of(health, Vital.POSTS).now == 5


def test_without_authors_only_posts_are_counted(make_history) -> None:
    health = health_of(make_history, posts=[(day, -1, thread) for day, _, thread in POSTS])
    assert [one.vital for one in health.measures if one.now is not None] == [Vital.POSTS]


def test_a_past_in_which_nobody_was_named_has_no_absence_factor(make_history) -> None:
    nameless = [(day, -1 if day < 360 else author, thread) for day, author, thread in POSTS]
    measure = value_of(health_of(make_history, posts=nameless), Vital.ABSENCE_FACTOR)
    assert (measure.now, measure.before) == (1, None)


def test_without_a_complete_look_there_is_no_health(make_history) -> None:
    history = make_history([1, 2, 3], seen=[(0, 4)])
    assert read_health(history, now=history.coverage[0].start) is None


def test_terms_of_chaoss_are_named(make_history) -> None:
    assert value_of(health_of(make_history), Vital.NEWCOMERS).chaoss == "New Contributors"
    assert value_of(health_of(make_history), Vital.POSTS).chaoss is None


@given(
    posts=st.lists(
        st.tuples(st.integers(0, 449), st.integers(-1, 5), st.integers(0, 9)), min_size=1
    )
)
@settings(max_examples=40, deadline=None)
def test_vitals_keep_within_each_other(posts, make_history) -> None:
    health = health_of(make_history, posts=sorted(posts))
    now = {one.vital: one.now for one in health.measures}
    if now[Vital.CONTRIBUTORS] is None:
        return
    assert (
        now[Vital.NEWCOMERS] + now[Vital.RETURNERS] <= now[Vital.CONTRIBUTORS] <= now[Vital.POSTS]
    )
    assert now[Vital.ANSWERED_SHARE] is None or 0 <= now[Vital.ANSWERED_SHARE] <= 1
    assert now[Vital.ABSENCE_FACTOR] is None or now[Vital.ABSENCE_FACTOR] >= 1
