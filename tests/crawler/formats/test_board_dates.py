"""Dates as forums show them: which zone, which order, and how sure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from crawler.formats.board_dates import (
    Clock,
    read_ago,
    read_clock,
    read_moment,
    read_stamp,
    read_zone,
)
from domain.records import DateBasis

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("shown", "hours"),
    [
        ("It is currently Wed Mar 04, 2026 12:00 pm", 0),
        ("Aktuelle Zeit: 4. März 2026, 13:01", 1),
        ("Current time: 04 Mar 2026 06:59 AM", -5),
        ("The time now is 04-03-2026, 15:00.", 3),
        ("March 04, 2026, 05:30:12 PM", 5.5),
    ],
)
def test_the_time_that_a_page_says_it_is_tells_the_zone(shown, hours):
    clock = read_clock(shown, NOW)
    assert clock.zone == timezone(timedelta(hours=hours))


def test_the_time_that_a_page_says_it_is_tells_the_order():
    assert read_clock("The time now is 04-03-2026, 12:00", NOW).day_first is True
    assert read_clock("The time now is 03-04-2026, 12:00", NOW).day_first is False


def test_other_dates_tell_the_order_where_the_time_is_not_shown():
    assert read_clock("", NOW, dates=["02-03-2026", "25-02-2026"]).day_first is True
    assert read_clock("", NOW, dates=["02-25-2026"]).day_first is False
    assert read_clock("", NOW, dates=["02-03-2026"]).day_first is None
    assert read_clock("", NOW, dates=["13-03-2026", "03-13-2026"]).day_first is None


def test_a_page_that_was_kept_by_a_cache_tells_no_zone():
    assert read_clock("It is currently Wed Mar 04, 2026 11:53 am", NOW).zone is None
    assert read_clock("It is currently Wed Mar 01, 2026 12:00 pm", NOW).zone is None


def test_a_named_zone_wins_and_knows_summer():
    clock = read_clock("04.03.2026, 13:00", NOW, zone_shown=("Europe/Berlin",), shifts=True)
    assert clock.zone == BERLIN
    assert not clock.shifts
    summer = read_moment("4. Juli 2025, 14:00", clock, NOW)
    assert summer.at == datetime(2025, 7, 4, 12, tzinfo=UTC)
    assert summer.basis is DateBasis.SENT


def test_an_offset_that_may_shift_makes_the_date_less_sure():
    clock = read_clock("04.03.2026, 13:00", NOW, zone_shown=("UTC+1",), shifts=True)
    summer = read_moment("4. Juli 2025, 14:00", clock, NOW)
    assert summer.basis is DateBasis.ENVELOPE


@pytest.mark.parametrize(
    ("text", "hours"),
    [("UTC", 0), ("All times are GMT -5", -5), ("UTC+02:00", 2), ("UTC − 3:30", -3.5)],
)
def test_zones_by_their_offset(text, hours):
    assert read_zone(text) == timezone(timedelta(hours=hours))


@pytest.mark.parametrize("text", ["", "Europe/Nowhere", "all times are local", "UTC+99"])
def test_what_is_no_zone(text):
    assert read_zone(text) is None


def test_without_a_zone_a_local_time_is_a_stretch():
    moment = read_moment("Mon Mar 02, 2026 8:00 am", Clock(), NOW)
    assert moment.at is None
    assert moment.basis is DateBasis.PERIOD
    assert moment.filed is not None
    assert moment.filed.start == datetime(2026, 3, 1, 18, tzinfo=UTC)
    assert moment.filed.end == datetime(2026, 3, 2, 22, tzinfo=UTC)


def test_a_stretch_does_not_end_in_the_future():
    moment = read_moment("Wed Mar 04, 2026 8:00 am", Clock(), NOW)
    assert moment.latest == NOW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Today, 09:15 AM", datetime(2026, 3, 4, 8, 15, tzinfo=UTC)),
        ("Yesterday at 23:30", datetime(2026, 3, 3, 22, 30, tzinfo=UTC)),
        ("Heute um 09:15", datetime(2026, 3, 4, 8, 15, tzinfo=UTC)),
        ("Hier, 10:00", datetime(2026, 3, 3, 9, 0, tzinfo=UTC)),
    ],
)
def test_days_by_their_distance_are_days_of_the_board(text, expected):
    assert read_moment(text, Clock(zone=BERLIN), NOW).at == expected


def test_today_without_a_time_and_a_day_of_two_meanings_are_unknown():
    assert read_moment("Today", Clock(zone=BERLIN), NOW).basis is DateBasis.UNKNOWN
    assert read_moment("02-03-2026, 10:00", Clock(zone=BERLIN), NOW).basis is DateBasis.UNKNOWN


def test_how_long_ago_it_was_is_a_stretch_of_one_unit():
    moment = read_ago("2 days 3 hours ago", NOW)
    assert moment.filed is not None
    assert moment.filed.end == NOW - timedelta(days=2, hours=3)
    assert moment.filed.start == NOW - timedelta(days=2, hours=4)
    month = read_ago("vor 1 Monat", NOW)
    assert month.filed is not None
    assert month.filed.end == NOW - timedelta(days=28)
    assert month.filed.start == NOW - timedelta(days=62)


@pytest.mark.parametrize("text", ["", "just now", "4 replies", "99999 years ago"])
def test_what_is_no_distance_in_time(text):
    assert read_ago(text, NOW).basis is DateBasis.UNKNOWN


def test_a_stamp_in_the_future_is_no_date():
    assert read_stamp("2026-03-04T11:00:00+02:00", NOW).at == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert read_stamp("2031-01-01T00:00:00Z", NOW).at is None
    assert read_stamp("", NOW).at is None


@pytest.mark.parametrize(("late", "zone"), [(360, UTC), (361, None)])
def test_a_page_may_have_waited_six_minutes(late, zone):
    clock = read_clock("The time now is 04-03-2026, 12:00:00", NOW + timedelta(seconds=late))
    assert clock.zone == zone
