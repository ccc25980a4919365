from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.window import (
    Coverage,
    CoverageKind,
    Month,
    Window,
    complete_windows,
    holes,
    list_stretches,
    merge_windows,
    overlap,
    seen_share,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
HORIZON = 30


def window(start: int, end: int) -> Window:
    return Window(start=START + timedelta(hours=start), end=START + timedelta(hours=end))


def hours_in(windows) -> set[int]:
    """The whole hours that the windows contain, as a picture to compare with."""
    return {n for n in range(HORIZON) if any(window(n, n + 1).start in w for w in windows)}


stretches = st.tuples(st.integers(0, HORIZON), st.integers(0, HORIZON)).map(
    lambda pair: window(min(pair), max(pair))
)
many = st.lists(stretches, max_size=8)
disjoint = many.map(merge_windows)


# ---- windows -------------------------------------------------------------------------------


def test_a_window_holds_its_start_and_not_its_end():
    two_hours = window(1, 3)
    assert window(1, 1).start in two_hours
    assert window(3, 3).start not in two_hours
    assert two_hours.length == timedelta(hours=2)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START, START - timedelta(microseconds=1)),
        (START.replace(tzinfo=None), START.replace(tzinfo=None)),
        (START.astimezone(timezone(timedelta(hours=1))), START + timedelta(days=1)),
    ],
    ids=["ends before it starts", "no zone", "not UTC"],
)
def test_a_window_that_cannot_be_is_refused(start, end):
    with pytest.raises(ValueError, match=r"ends before|not aware UTC"):
        Window(start=start, end=end)
    with pytest.raises(ValueError, match=r"ends before|not aware UTC"):
        Coverage(start=start, end=end)


def test_coverage_is_complete_unless_it_says_so():
    seen = Coverage(start=START, end=START + timedelta(days=1))
    assert seen.kind is CoverageKind.COMPLETE
    assert seen.window == Window(start=START, end=START + timedelta(days=1))


# ---- months --------------------------------------------------------------------------------


def test_a_month_reaches_from_its_first_moment_to_that_of_the_next():
    december = Month(2025, 12)
    assert december.start == datetime(2025, 12, 1, tzinfo=UTC)
    assert december.window.end == Month(2026, 1).start
    assert december.window.length == timedelta(days=31)
    assert str(Month(2026, 3)) == "2026-03"


def test_a_day_lies_in_its_month():
    assert Month.of(date(2026, 2, 28)) == Month(2026, 2)


@given(year=st.integers(1970, 2100), month=st.integers(1, 12), steps=st.integers(-500, 500))
def test_going_forth_and_back_ends_at_the_same_month(year, month, steps):
    assert Month(year, month).shifted(steps).shifted(-steps) == Month(year, month)


@given(steps=st.integers(0, 60))
def test_months_up_to_another_are_in_order_and_include_both(steps):
    first = Month(2025, 11)
    months = list(first.until(first.shifted(steps)))
    assert months == sorted(months)
    assert (len(months), months[0], months[-1]) == (steps + 1, first, first.shifted(steps))


def test_there_are_no_months_up_to_an_earlier_one():
    assert list(Month(2026, 2).until(Month(2026, 1))) == []


# ---- merging -------------------------------------------------------------------------------


@given(windows=many)
def test_merged_windows_are_the_same_time_in_pieces_that_do_not_touch(windows):
    merged = merge_windows(windows)
    assert hours_in(merged) == hours_in(windows)
    assert all(a.end < b.start for a, b in pairwise(merged))
    assert all(w.length > timedelta(0) for w in merged)


@given(windows=many)
def test_merging_twice_or_in_another_order_makes_no_difference(windows):
    merged = merge_windows(windows)
    assert merge_windows(merged) == merged
    assert merge_windows(reversed(windows)) == merged


def test_windows_that_touch_become_one():
    assert merge_windows([window(2, 4), window(0, 2)]) == (window(0, 4),)


def test_only_complete_coverage_makes_complete_windows():
    first, second = window(0, 2), window(1, 5)
    coverage = [
        Coverage(start=first.start, end=first.end),
        Coverage(start=second.start, end=second.end, kind=CoverageKind.PARTIAL),
    ]
    assert complete_windows(coverage) == (first,)


# ---- what was seen, and what was not -----------------------------------------------------------


@given(one=stretches, seen=disjoint)
def test_overlap_counts_the_hours_in_both(one, seen):
    assert overlap(one, seen) == timedelta(hours=len(hours_in([one]) & hours_in(seen)))


@given(one=stretches, seen=disjoint)
def test_holes_are_what_was_not_seen_and_nothing_else(one, seen):
    gaps = holes(one, seen)
    assert hours_in(gaps) == hours_in([one]) - hours_in(seen)
    assert overlap(one, seen) + sum((gap.length for gap in gaps), timedelta(0)) == one.length


@given(one=stretches, seen=disjoint)
def test_the_seen_share_is_between_none_and_all(one, seen):
    share = seen_share(one, seen)
    assert 0 <= share <= 1
    if one.length > timedelta(0):
        assert (share == 1) == (holes(one, seen) == ())


def test_nothing_of_an_empty_window_was_seen():
    assert seen_share(window(3, 3), [window(0, 9)]) == 0.0
    assert holes(window(3, 3), []) == ()


@given(complete=many, partial=many)
def test_stretches_tell_of_every_hour_how_it_was_seen(complete, partial):
    coverage = [Coverage(start=w.start, end=w.end) for w in complete]
    coverage += [Coverage(start=w.start, end=w.end, kind=CoverageKind.PARTIAL) for w in partial]
    until = window(HORIZON, HORIZON).start
    found = list_stretches(coverage, until)
    by_kind = {kind: [s.window for s in found if s.kind is kind] for kind in (*CoverageKind, None)}
    whole, in_part = hours_in(complete), hours_in(partial) - hours_in(complete)
    assert hours_in(by_kind[CoverageKind.COMPLETE]) == whole
    assert hours_in(by_kind[CoverageKind.PARTIAL]) == in_part
    first = min((w.start for w in (*complete, *partial)), default=until)
    assert hours_in(by_kind[None]) == hours_in([Window(start=first, end=until)]) - whole - in_part
    windows = [stretch.window for stretch in found]
    assert all(a.end == b.start for a, b in pairwise(windows))


def test_without_a_look_there_is_no_stretch():
    assert list_stretches([], START) == ()
