"""The terms of the scores against hand-counted examples and a slow, literal reading."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.activity import DAY, Columns, read_columns
from scoring.rules import TERMS
from scoring.terms import latest_needed, read_terms

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

LONG = math.log(41)  # 40 silent days
MEAN_LOG = (math.log(10) + math.log(20) + math.log(30)) / 3
PACE = math.log(3.5 / 61)  # three gaps that last 60 days together
BY_HAND = {
    "const": 1.0,
    "log_rec": LONG,
    # 90 % of the way along 10, 20, 30 (linear) is 28
    "beyond_usual": LONG - math.log(29),
    "beyond_nine_months": 0.0,
    "beyond_longest_x_busy": (LONG - math.log(31)) * math.log(5),
    "typical_pause": MEAN_LOG,
    "typical_pause_x_busy": MEAN_LOG * math.log(5),
    "pace": PACE,
    "pace_x_silence": PACE * LONG,
    # 100 days are known
    "pace_x_unknown": PACE * math.log(366 / 101),
    "people": math.log(4),
    "people_x_silence": math.log(4) * LONG,
}


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_what_a_hand_counts(term) -> None:
    assert terms_at(TS, AUTHOR, THREAD, CUTOFF)[term] == pytest.approx(BY_HAND[term], abs=1e-12)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("typical_pause", 0.0),
        ("pace", 0.0),
        ("beyond_usual", math.log(11)),
        ("beyond_longest_x_busy", math.log(11) * math.log(2)),
    ],
)
def test_without_gaps_a_term_has_its_stated_value(term, value) -> None:
    found = terms_at(at_noon(1000, 1000), [0, 0], [0, 1], 1010 * DAY + NOON)
    assert found[term] == pytest.approx(value)


def test_without_authors_nothing_is_said_of_people() -> None:
    found = terms_at(TS, [-1] * 5, THREAD, CUTOFF)
    assert (found["people"], found["people_x_silence"]) == (0, 0)


def test_a_post_at_the_cutoff_is_not_seen() -> None:
    assert terms_at([*TS, CUTOFF], [*AUTHOR, 9], [*THREAD, 9], CUTOFF) == pytest.approx(BY_HAND)


@pytest.mark.parametrize(("silent", "beyond"), [(270, 0.0), (300, math.log(301 / 271))])
def test_a_silence_counts_anew_from_nine_months_on(silent, beyond) -> None:
    found = terms_at(TS, AUTHOR, THREAD, (1060 + silent) * DAY + NOON)
    assert found["beyond_nine_months"] == pytest.approx(beyond)


def literal_terms(ts, author, cutoff) -> tuple[float, ...]:
    """Some of the terms, read literally from their definitions, one cutoff at a time."""
    visible = [p for p in zip(ts, author, strict=True) if p[0] < cutoff]
    days = sorted({int(p[0] // DAY) for p in visible})
    gaps = [b - a for a, b in pairwise(days)][-30:]
    busy = math.log1p(sum(day > days[-1] - 365 for day in days))
    known = any(who >= 0 for _, who in visible)
    people = len({who for at, who in visible if at >= cutoff - 365 * DAY} - {-1})
    rec = math.log1p((cutoff - visible[-1][0]) / DAY)
    pace = math.log((len(gaps) + 0.5) / (sum(gaps) + 1)) if gaps else 0
    shown = min((cutoff - visible[0][0]) / DAY, 365)
    return (
        max(rec - math.log1p(float(np.quantile(gaps, 0.9)) if gaps else 0), 0),
        min(max(rec - math.log1p(max(gaps, default=0)), 0), 4) * busy,
        busy * (sum(map(math.log, gaps)) / len(gaps) if gaps else 0),
        pace * math.log(366 / (1 + shown)),
        math.log1p(people) if known else 0,
    )


NAMES = (
    "beyond_usual",
    "beyond_longest_x_busy",
    "typical_pause_x_busy",
    "pace_x_unknown",
    "people",
)


POSTS = st.lists(
    st.tuples(st.integers(0, 900), st.integers(-1, 4), st.integers(-1, 6)), min_size=1, max_size=60
)


@given(posts=POSTS, items=st.sampled_from([None, 1, 7, 30]))
@settings(max_examples=80, deadline=None)
def test_all_cutoffs_at_once_give_what_each_gives_literally(posts, items) -> None:
    posts = sorted((day * 0.7 * DAY, who, topic) for day, who, topic in posts)
    ts, author, thread = zip(*posts, strict=True)
    cutoffs = ts[0] + 1.0 + np.arange(0, 1100, 37) * DAY
    columns = read_columns(ts, author, thread, before=np.inf)
    found = read_terms(columns, cutoffs, items=items)[:, [TERMS.index(name) for name in NAMES]]
    expected = []
    for cutoff in cutoffs:
        shown = columns.until(cutoff)
        latest = slice(-items if items else None, None)
        expected.append(literal_terms(shown.ts[latest], shown.author[latest], float(cutoff)))
    np.testing.assert_allclose(found, np.array(expected), atol=1e-9)


@given(posts=POSTS, items=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_window_is_a_history_of_its_items(posts, items) -> None:
    ts, author, thread = zip(*sorted((d * DAY, w, t) for d, w, t in posts), strict=True)
    columns, cutoff = read_columns(ts, author, thread, before=np.inf), np.array([1000.0 * DAY])
    latest = Columns(
        ts=columns.ts[-items:], author=columns.author[-items:], thread=columns.thread[-items:]
    )
    np.testing.assert_allclose(
        read_terms(columns, cutoff, items=items), read_terms(latest, cutoff), atol=1e-9
    )


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


@given(
    gaps=st.lists(st.floats(0.05, 40), min_size=2, max_size=400),
    silent=st.floats(0.1, 900),
    named=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_posts_that_are_needed_give_the_terms_of_all(gaps, silent, named) -> None:
    ts = (np.cumsum([10.0, *gaps, *gaps]) * DAY).tolist()
    authors = [n % 3 if named or n < 5 else -1 for n in range(len(ts))]
    columns = read_columns(ts, authors, [-1] * len(ts), before=np.inf)
    cutoffs = ts[-1] + (silent + np.arange(-21, 1, 7)) * DAY
    cutoffs = cutoffs[cutoffs > ts[0]]
    late = latest_needed(columns, float(cutoffs[0]))
    np.testing.assert_allclose(
        read_terms(late, cutoffs), read_terms(columns, cutoffs), rtol=1e-9, atol=1e-9
    )


def test_a_long_history_is_not_read_whole() -> None:
    ts = at_noon(*range(1000, 4650, 3))
    columns = read_columns(ts, [0] * len(ts), [-1] * len(ts), before=np.inf)
    assert len(latest_needed(columns, ts[-1] + 1)) < len(columns) / 4
