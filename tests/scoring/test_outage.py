"""An outage of 45 days, wherever it falls, makes no living community dormant or inactive."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.outcome import Status
from scoring.states import LADDER

OUTAGE_DAYS = 45
LENGTH_DAYS = 900
QUIET = frozenset({Status.DORMANT, Status.INACTIVE})
# Mean days between posts, and how often a long pause comes instead of a usual one.
GAPS = (0.4, 1.0, 3.0, 7.0, 14.0)
PAUSES = (0.0, 0.05, 0.15)
# The last day of the outage, soon after it, and later.
LOOKS = (-0.5, 1, 8, 30, 120)


def talk(gap_days: float, seed: int, pauses: float = 0.0) -> list[float]:
    """Days with a post of a community that lives at this rhythm."""
    rng, day, days = Random(seed), 0.0, []
    while day < LENGTH_DAYS:
        days.append(day)
        rests = rng.random() < pauses
        day += rng.uniform(20, 80) if rests else gap_days * rng.uniform(0.1, 1.9)
    return days


def with_outage(days: list[float], start: float) -> tuple[list[float], list[tuple[float, float]]]:
    """What is known after an outage whose posts rolled over unseen, and what was covered."""
    end = min(start + OUTAGE_DAYS, LENGTH_DAYS)
    known = [day for day in days if not start <= day < end]
    seen = [(0, start), (end, LENGTH_DAYS)] if end < LENGTH_DAYS else [(0, start)]
    return known, [stretch for stretch in seen if stretch[0] < stretch[1]]


@pytest.mark.parametrize("gap_days", GAPS)
@given(
    begins=st.floats(min_value=60, max_value=LENGTH_DAYS - 0.5),
    seed=st.integers(0, 10_000),
    pauses=st.sampled_from(PAUSES),
)
@settings(max_examples=12, deadline=None)
def test_no_status_falls_because_of_an_outage(
    gap_days, begins, seed, pauses, make_history, assess_at
):
    days = talk(gap_days, seed, pauses)
    known, seen = with_outage(days, begins)
    whole, broken = make_history(days, seen=[(0, LENGTH_DAYS)]), make_history(known, seen=seen)
    for later in LOOKS:
        day = min(begins + OUTAGE_DAYS + later, LENGTH_DAYS)
        if {assess_at(when, whole).status for when in (begins, day)} & QUIET:
            continue
        assert assess_at(day, broken).status not in QUIET, f"{later} days after the outage"


def test_were_the_clock_to_run_on_the_same_outages_would_call_living_ones_dormant(
    make_history, assess_at
):
    """The control: without it the test above could pass because nothing is ever at stake.

    Four of the first 160 histories of this kind in which something is.
    """
    called = {"standing": 0, "running": 0}
    for seed in (8, 23, 82, 83):
        days, begins = talk(0.4, seed, 0.05), Random(seed + 99).uniform(60, 820)
        known, seen = with_outage(days, begins)
        for later in LOOKS[:3]:
            day = begins + OUTAGE_DAYS + later
            if assess_at(day, make_history(days, seen=[(0, LENGTH_DAYS)])).status in QUIET:
                continue
            for clock, covered in (("standing", seen), ("running", [(0, LENGTH_DAYS)])):
                found = assess_at(day, make_history(known, seen=covered))
                called[clock] += found.status in QUIET
    assert called["standing"] == 0
    assert called["running"] >= 4


@pytest.mark.parametrize("gap_days", GAPS)
def test_a_silence_that_was_broken_off_by_an_outage_is_not_made_longer_by_it(
    gap_days, make_history, assess_at, start
):
    """Silent for 20 days before the outage and 20 after it: at most forty days, not eighty-five."""
    days = [day for day in talk(gap_days, 1) if day < 600]
    seen = [(0, 620), (620 + OUTAGE_DAYS, 640 + OUTAGE_DAYS)]
    cut = assess_at(640 + OUTAGE_DAYS, make_history(days, seen=seen))
    whole = assess_at(640, make_history(days, seen=[(0, 640)]))
    assert LADDER.index(cut.status) <= LADDER.index(whole.status)
    assert cut.p_quiet <= whole.p_quiet + 0.05
    assert cut.observed_until == start + timedelta(days=640 + OUTAGE_DAYS)


def test_posts_that_came_in_an_outage_do_not_make_the_silences_around_it_one(
    make_history, assess_at
):
    """Weekly talk, silent for 60 days, then revived, but while nobody saw; silent for 60 days now.

    120 seen days without a post are doubtful for it; sixty are not, and sixty are the truth.
    """
    days = [float(day) for day in range(0, 600, 7)]
    hidden = [float(day) for day in range(660, 700, 7)]
    whole = assess_at(755, make_history([*days, *hidden], seen=[(0, 755)]))
    cut = assess_at(755, make_history(days, seen=[(0, 655), (655 + OUTAGE_DAYS, 755)]))
    added_up = assess_at(715, make_history(days, seen=[(0, 715)]))
    assert added_up.status is Status.DORMANT
    assert (whole.status in QUIET, cut.status in QUIET) == (False, False)


@pytest.mark.parametrize("gap_days", GAPS)
def test_an_outage_that_does_not_end_keeps_the_word_for_ever(gap_days, make_history, assess_at):
    days = [day for day in talk(gap_days, 2) if day < 600]
    blind = make_history(days, seen=[(0, 600)])
    before = assess_at(600, blind)
    for later in (10, OUTAGE_DAYS, 400, 4_000):
        after = assess_at(600 + later, blind)
        assert (after.status, after.observed_until) == (before.status, before.observed_until)


@given(
    gaps=st.lists(st.floats(0.2, 60), min_size=6, max_size=60),
    silent=st.floats(20, 500),
    hole=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
)
@settings(max_examples=80, deadline=None)
def test_a_silence_that_was_seen_less_never_looks_more_dead(
    gaps, silent, hole, make_history, assess_at
):
    """Some part of the time since the last post turns from seen into unseen."""
    days, last = [], 0.0
    for gap in gaps:
        days.append(last)
        last += gap
    last, end = days[-1], days[-1] + silent
    start, again = (last + 0.01 + (silent - 0.02) * share for share in hole)
    whole = assess_at(end, make_history(days, seen=[(0, end)]))
    seen = [stretch for stretch in ((0, start), (again, end)) if stretch[0] < stretch[1]]
    broken = assess_at(end, make_history(days, seen=seen))
    if broken.status in QUIET:
        assert LADDER.index(broken.status) <= LADDER.index(whole.status)
    if broken.p_quiet is not None and whole.p_quiet is not None:
        assert broken.p_quiet <= whole.p_quiet + 1e-6
