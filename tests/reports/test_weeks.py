"""ISO weeks, and counts that know what was not seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.errors import UsageError
from domain.report import report_months
from domain.window import Month, Window
from reports.weeks import (
    WEEK,
    count_posts,
    report_week,
    season_posts,
    usual_posts,
    week_window,
)

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK_47 = Window(start=MONDAY, end=MONDAY + WEEK)
YEARS = (Window(start=MONDAY - 200 * WEEK, end=MONDAY + WEEK),)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), "2026-W47"),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), "2026-W46"),
        (datetime(2027, 1, 4, tzinfo=UTC), "2026-W53"),
        (datetime(2025, 1, 5, tzinfo=UTC), "2024-W52"),
    ],
)
def test_the_report_week_is_the_last_complete_one(now: datetime, week: str) -> None:
    assert report_week(now) == week


def test_a_week_runs_from_monday_to_monday_in_utc() -> None:
    assert week_window("2026-W47") == WEEK_47
    assert week_window("2026-W53").end == datetime(2027, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("week", ["2026-47", "2025-W53", "2026-W00", "W47", "last", "2026-W47 "])
def test_what_is_no_week_is_refused_with_an_example(week: str) -> None:
    with pytest.raises(UsageError, match="2026-W47"):
        week_window(week)


def test_the_months_are_twelve_whole_ones_before_the_end_of_the_week() -> None:
    months = report_months(WEEK_47)
    assert (months[0], months[-1], len(months)) == (Month(2025, 11), Month(2026, 10), 12)


def test_a_week_that_ends_a_month_still_leaves_that_month_out_until_it_is_over() -> None:
    assert report_months(week_window("2026-W22"))[-1] == Month(2026, 5)
    assert report_months(week_window("2026-W21"))[-1] == Month(2026, 4)


def test_posts_are_counted_only_inside_the_half_open_window() -> None:
    first, last = MONDAY.date(), MONDAY.date() + timedelta(days=6)
    counts = {first - timedelta(days=1): 100, first: 2, last: 3, last + timedelta(days=1): 100}
    assert count_posts(WEEK_47, counts, YEARS) == 5


def test_a_week_with_one_unseen_second_is_unknown_and_not_zero() -> None:
    almost = (Window(start=MONDAY, end=MONDAY + WEEK - timedelta(seconds=1)),)
    assert count_posts(WEEK_47, {}, almost) is None
    assert count_posts(WEEK_47, {MONDAY.date(): 5}, almost) is None
    assert count_posts(WEEK_47, {}, ()) is None


def test_a_wholly_seen_week_without_posts_is_zero() -> None:
    assert count_posts(WEEK_47, {}, YEARS) == 0


def _posts_in_weeks(*numbers: int) -> dict[date, int]:
    """Counts of the weeks before week 47, the latest first."""
    return {(MONDAY - (i + 1) * WEEK).date(): number for i, number in enumerate(numbers)}


def test_usual_is_the_median_of_the_52_weeks_before() -> None:
    counts = _posts_in_weeks(*range(1, 53), 1000, 1000, 1000)
    assert usual_posts(WEEK_47, counts, YEARS) == 26.5


def test_usual_leaves_out_this_week() -> None:
    assert usual_posts(WEEK_47, {MONDAY.date(): 70_000}, YEARS) == 0


def test_usual_needs_eight_wholly_seen_weeks() -> None:
    counts = _posts_in_weeks(*[4] * 52)
    eight = (Window(start=MONDAY - 8 * WEEK, end=MONDAY),)
    seven = (Window(start=MONDAY - 8 * WEEK + timedelta(hours=1), end=MONDAY),)
    assert usual_posts(WEEK_47, counts, eight) == 4
    assert usual_posts(WEEK_47, counts, seven) is None


def test_weeks_that_were_not_seen_do_not_pull_the_usual_down() -> None:
    counts = _posts_in_weeks(*[6] * 20)
    seen = (Window(start=MONDAY - 20 * WEEK, end=MONDAY),)
    assert usual_posts(WEEK_47, counts, seen) == 6


def test_the_season_is_the_median_of_five_weeks_a_year_ago() -> None:
    year_ago = WEEK_47.start - 52 * WEEK
    counts = {(year_ago + n * WEEK).date(): 10 + n for n in range(-2, 3)}
    seen = [Window(start=WEEK_47.start - 60 * WEEK, end=WEEK_47.end)]
    assert season_posts(WEEK_47, counts, seen) == 10
    assert usual_posts(WEEK_47, counts, seen) == 0


def test_two_seen_weeks_a_year_ago_make_no_season() -> None:
    year_ago = WEEK_47.start - 52 * WEEK
    seen = [Window(start=year_ago, end=year_ago + 2 * WEEK)]
    assert season_posts(WEEK_47, {}, seen) is None
