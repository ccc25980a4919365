"""What posts amount to, counted by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.activity import DAY, read_columns, read_silence, summarise

NOON = DAY / 2


def at_noon(*days: int) -> list[float]:
    return [day * DAY + NOON for day in days]


# Posts at noon of days 1000, 1010, 1010, 1030 and 1060 by 0, 1, 0, nobody and 2 in threads
# 0, 1, 1, none and none; the cutoff is noon of day 1100, 40 days after the last post. Active days:
# 1000, 1010, 1030, 1060; gaps 10, 20, 30; age 100 days.
TS = at_noon(1000, 1010, 1010, 1030, 1060)
AUTHOR = [0, 1, 0, -1, 2]
THREAD = [0, 1, 1, -1, -1]
CUTOFF = 1100 * DAY + NOON


@pytest.mark.parametrize(("days_ago", "counted"), [(364, True), (365, True), (366, False)])
def test_people_are_those_of_the_last_365_days(days_ago, counted) -> None:
    cutoff = 2000 * DAY + NOON
    ts = at_noon(2000 - days_ago, 1999)
    assert summarise(read_columns(ts, [0, 1], [0, 1], before=cutoff), cutoff).people_year == (
        2 if counted else 1
    )


def test_a_thread_counts_only_within_its_latest_four_hundred_posts() -> None:
    ts = at_noon(1000) * 2 + at_noon(1001) * 400
    author, thread = [0, 1] + [2] * 400, [0, 0, *range(1, 401)]
    activity = summarise(read_columns(ts, author, thread, before=1002 * DAY), 1002 * DAY)
    assert (activity.answered_year, activity.people_year) == (0, 3)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_posts_of_one_moment_are_the_same_columns_in_any_order(order) -> None:
    author, thread = [3, 1, 2, 1], [0, 0, 1, 2]
    ts = [DAY, DAY, DAY, DAY]
    columns = read_columns(
        ts, [author[n] for n in order], [thread[n] for n in order], before=2 * DAY
    )
    assert (columns.thread.tolist(), columns.author.tolist()) == ([0, 0, 1, 2], [1, 3, 2, 1])


POSTS = st.lists(
    st.tuples(st.integers(0, 900), st.integers(-1, 4), st.integers(-1, 6)), min_size=1, max_size=60
)


@given(posts=POSTS, late=st.integers(0, 950))
@settings(max_examples=40, deadline=None)
def test_one_more_post_never_lowers_activity(posts, late) -> None:
    def read(some):
        ts, author, thread = zip(*sorted((d * DAY, w, t) for d, w, t in some), strict=True)
        columns = read_columns(ts, author, thread, before=1000 * DAY)
        return summarise(columns, 1000 * DAY), read_silence(columns, np.array([1000 * DAY]))[0]

    (before, silence_before), (after, silence_after) = read(posts), read([*posts, (late, 0, -1)])
    assert silence_after <= silence_before
    assert after.posts == before.posts + 1
    assert after.posts_90 >= before.posts_90
    assert after.active_days >= before.active_days
    assert after.active_days_year >= before.active_days_year
    assert (after.people_year or 0) >= (before.people_year or 0)


def test_a_summary_counts_what_a_hand_counts() -> None:
    activity = summarise(read_columns(TS, AUTHOR, THREAD, before=CUTOFF), CUTOFF)
    assert activity.posts == 5
    assert activity.active_days == activity.active_days_year == 4
    assert activity.posts_90 == 4
    assert activity.usual_90 is None
    assert (activity.people_year, activity.threads_year, activity.answered_year) == (3, 4, 0.25)
    assert (activity.silent_days, activity.usual_gap_days, activity.longest_gap_days) == (
        40,
        20,
        30,
    )


def test_usual_is_the_year_before_the_latest_ninety_days() -> None:
    days = range(1000, 1600, 5)
    ts = at_noon(*days)
    activity = summarise(read_columns(ts, [0] * 120, [-1] * 120, before=1600 * DAY), 1600 * DAY)
    assert activity.posts_90 == 18
    assert activity.usual_90 == pytest.approx(18)
