"""The terms of the scores against hand-counted examples and a slow, literal reading."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.activity import DAY, read_columns, read_silence, read_terms, summarise
from scoring.rules import TERMS

NOON = DAY / 2


def at_noon(*days: int) -> list[float]:
    return [day * DAY + NOON for day in days]


def terms_at(ts, author, thread, cutoff) -> dict[str, float]:
    columns = read_columns(ts, author, thread, before=cutoff)
    return dict(zip(TERMS, read_terms(columns, np.array([cutoff]))[0].tolist(), strict=True))


# Posts at noon of days 1000, 1010, 1010, 1030 and 1060 by 0, 1, 0, nobody and 2 in threads
# 0, 1, 1, none and none; the cutoff is noon of day 1100, 40 days after the last post. Active days:
# 1000, 1010, 1030, 1060; gaps 10, 20, 30; age 100 days.
TS = at_noon(1000, 1010, 1010, 1030, 1060)
AUTHOR = [0, 1, 0, -1, 2]
THREAD = [0, 1, 1, -1, -1]
CUTOFF = 1100 * DAY + NOON

BY_HAND = {
    "const": 1.0,
    "log_rec": math.log(41),
    # 90 % of the way along 10, 20, 30 (linear) is 28
    "rec_vs_q90": math.log(41) - math.log(29),
    "rec_vs_q90_pos": math.log(41) - math.log(29),
    "rec_vs_q90_pos_x_year": (math.log(41) - math.log(29)) * math.log(5),
    "rec_over_max_pos": math.log(41) - math.log(31),
    "tail": math.log(0.5 / 4),
    "typical_gap": (math.log(10) + math.log(20) + math.log(30)) / 3,
    "days365": math.log(5),
    "days730": math.log(5),
    # days after 1100 - 90 = 1010: 1030 and 1060
    "trend90": math.log(2.5) - math.log(4 * 90 / 100 + 0.5),
    "quiet30_x_year": math.log(5),
    "authors_known": 1.0,
    "contributors365": math.log(4),
    # threads 0, 1 and two of their own; only thread 1 has two people
    "multi_threads": 0.25,
    # no active day is from 365 to 186 days ago
    "same_season": 0.0,
}


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_what_a_hand_counts(term) -> None:
    assert terms_at(TS, AUTHOR, THREAD, CUTOFF)[term] == pytest.approx(BY_HAND[term], abs=1e-12)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("tail", math.log(0.5)),
        ("typical_gap", 0.0),
        ("rec_vs_q90", math.log(11)),
        ("rec_over_max_pos", math.log(11)),
    ],
)
def test_without_gaps_a_term_has_its_stated_value(term, value) -> None:
    found = terms_at(at_noon(1000, 1000), [0, 0], [0, 1], 1010 * DAY + NOON)
    assert found[term] == pytest.approx(value)


def test_without_authors_nothing_is_said_of_people() -> None:
    found = terms_at(TS, [-1] * 5, THREAD, CUTOFF)
    assert (found["authors_known"], found["contributors365"], found["multi_threads"]) == (0, 0, 0)


def test_a_post_at_the_cutoff_is_not_seen() -> None:
    assert terms_at([*TS, CUTOFF], [*AUTHOR, 9], [*THREAD, 9], CUTOFF) == pytest.approx(BY_HAND)


def test_a_thread_counts_only_within_its_latest_four_hundred_posts() -> None:
    ts = at_noon(1000) * 2 + at_noon(1001) * 400
    author, thread = [0, 1] + [2] * 400, [0, 0, *range(1, 401)]
    found = terms_at(ts, author, thread, 1002 * DAY)
    assert found["multi_threads"] == 0
    assert found["contributors365"] == pytest.approx(math.log(4))


@pytest.mark.parametrize(("days_ago", "counted"), [(364, True), (365, True), (366, False)])
def test_contributors_are_those_of_the_last_365_days(days_ago, counted) -> None:
    cutoff = 2000 * DAY + NOON
    found = terms_at(at_noon(2000 - days_ago, 1999), [0, 1], [0, 1], cutoff)
    assert found["contributors365"] == pytest.approx(math.log(3 if counted else 2))


def literal_terms(ts, author, thread, cutoff) -> tuple[float, ...]:
    """Some of the terms, read literally from their definitions, one cutoff at a time."""
    visible = [p for p in zip(ts, author, thread, strict=True) if p[0] < cutoff]
    days = sorted({int(p[0] // DAY) for p in visible})
    gaps = [b - a for a, b in pairwise(days)][-30:]
    year = [p for p in visible if p[0] >= cutoff - 365 * DAY]
    people: dict[object, set[int]] = defaultdict(set)
    for number, (_, who, topic) in enumerate(year[-400:]):
        people[topic if topic >= 0 else ("alone", number)] |= {who} - {-1}
    known = any(who >= 0 for _, who, _ in visible)
    silent = int(cutoff // DAY) - days[-1]
    answered = sum(len(who) > 1 for who in people.values()) / max(len(people), 1)
    longest = max(gaps, default=0)
    rec = math.log1p((cutoff - visible[-1][0]) / DAY)
    return (
        rec - math.log1p(float(np.quantile(gaps, 0.9)) if gaps else 0),
        min(max(rec - math.log1p(longest), 0), 4),
        math.log((sum(gap >= silent for gap in gaps) + 0.5) / (len(gaps) + 1)),
        math.log1p(sum(day > (cutoff - 365 * DAY) // DAY for day in days)),
        math.log1p(len({who for _, who, _ in year} - {-1})) if known else 0,
        answered if known else 0,
        math.log1p(sum(cutoff // DAY - 365 <= day < cutoff // DAY - 185 for day in days)),
    )


POSTS = st.lists(
    st.tuples(st.integers(0, 900), st.integers(-1, 4), st.integers(-1, 6)), min_size=1, max_size=60
)


@given(posts=POSTS)
@settings(max_examples=60, deadline=None)
def test_all_cutoffs_at_once_give_what_each_gives_literally(posts) -> None:
    posts = sorted((day * 0.7 * DAY, who, topic) for day, who, topic in posts)
    ts, author, thread = zip(*posts, strict=True)
    cutoffs = ts[0] + 1.0 + np.arange(0, 1100, 37) * DAY
    found = read_terms(read_columns(ts, author, thread, before=np.inf), cutoffs)
    names = (
        "rec_vs_q90",
        "rec_over_max_pos",
        "tail",
        "days365",
        "contributors365",
        "multi_threads",
        "same_season",
    )
    picked = found[:, [TERMS.index(name) for name in names]]
    expected = np.array([literal_terms(ts, author, thread, float(t)) for t in cutoffs])
    expected[:, 0] = np.clip(expected[:, 0], -5, 5)
    np.testing.assert_allclose(picked, expected, atol=1e-9)


@given(posts=POSTS, order=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_posts_is_irrelevant(posts, order) -> None:
    mixed = list(posts)
    order.shuffle(mixed)
    found = [
        read_terms(
            read_columns(
                [d * DAY for d, _, _ in some],
                [w for _, w, _ in some],
                [t for _, _, t in some],
                before=np.inf,
            ),
            np.array([1000.0 * DAY]),
        )
        for some in (posts, mixed)
    ]
    np.testing.assert_array_equal(found[0], found[1])


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
