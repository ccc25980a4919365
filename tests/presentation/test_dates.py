"""Dates and stretches read as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.window import Month
from presentation.dates import (
    describe_age,
    describe_days,
    format_count,
    format_day,
    format_month,
    format_share,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_days_and_months_are_written_in_the_readers_language() -> None:
    day = datetime(2026, 2, 14, 23, 59, tzinfo=UTC)
    assert format_day(day) == "14 Feb 2026"
    assert format_day(day, "fr") == "14 févr. 2026"
    assert format_month(Month(2026, 8)) == "Aug 2026"
    assert format_month(day, "es") == "feb 2026"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "0 days"),
        (1, "1 day"),
        (62, "62 days"),
        (63, "9 weeks"),
        (280, "40 weeks"),
        (365, "12 months"),
        (400, "13 months"),
        (1080, "35 months"),
        (1096, "3 years"),
        (4 * 365 + 1, "4 years"),
    ],
)
def test_stretches_use_the_unit_people_would(days: float, words: str) -> None:
    assert describe_days(days) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (-timedelta(hours=1), "just now"),
    ],
)
def test_ages_are_told_from_now(ago: timedelta, words: str) -> None:
    assert describe_age(NOW - ago, NOW) == words


def test_numbers_are_grouped_and_only_small_ones_keep_a_decimal() -> None:
    assert [format_count(n) for n in (0, 2.34, 12.6, 1204)] == ["0", "2.3", "13", "1,204"]
    assert format_count(1204, "de") == "1.204"
    assert format_share(0.456) == "46%"
