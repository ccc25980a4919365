"""Dates, stretches and numbers in a reader's own locale."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from domain.window import Month
from presentation.i18n import choose_noun, nouns, say

# Days in a unit, and the fewest of it that a stretch is told in; the largest that fits holds.
UNITS = (
    (365.25, 3, *nouns("year", "years")),
    (30.44, 12, *nouns("month", "months")),
    (7.0, 9, *nouns("week", "weeks")),
)
# So that 365 days are 12 months; stretches are otherwise told in whole units gone by.
ROUND_UP = 0.02

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * 60
WHOLE_FROM = 10
GROUPED_FROM = 1_000


def format_day(moment: date, locale: str = "en") -> str:
    """A day as people write it: `14 Feb 2026`. A moment is told by its UTC day."""
    return _write(moment, "d MMM y", locale)


def format_short_day(moment: date, locale: str = "en") -> str:
    """A day without its year, for a narrow column: `14 Feb`."""
    return _write(moment, "d MMM", locale)


def format_minute(moment: datetime, locale: str = "en") -> str:
    """A moment to the minute, in UTC: `14 Feb 2026, 06:00 UTC`."""
    return f"{format_day(moment, locale)}, {moment:%H:%M} UTC"


def format_month(month: Month | date, locale: str = "en") -> str:
    """A month as people write it: `Aug 2026`."""
    day = month.start if isinstance(month, Month) else month
    return _write(day, "MMM y", locale)


def format_count(number: float, locale: str = "en") -> str:
    """A number as people write it; one decimal only below ten, where it matters."""
    if number >= WHOLE_FROM or float(number).is_integer():
        if 0 <= round(number) < GROUPED_FROM:
            return str(round(number))  # the same in every language, and no tables to load for it
        return format_decimal(round(number), locale=locale)
    return format_decimal(round(number, 1), locale=locale)


def format_share(share: float, locale: str = "en") -> str:
    """A share from 0 to 1 as a whole percentage."""
    return format_percent(share, "#,##0%", locale=locale)


def describe_days(days: float, locale: str = "en") -> str:
    """A stretch of time in the unit that people would use: `5 days`, `40 weeks`, `4 years`."""
    whole = max(0, round(days))
    for length, fewest, one, many in UNITS:
        number = int(whole / length + ROUND_UP)
        if number >= fewest:
            return counted(number, one, many, locale)
    return counted(whole, "day", "days", locale)


def describe_length(length: timedelta, locale: str = "en") -> str:
    """How long something lasted, for what people lived through: `4 minutes`, `3 days`."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 1:
        return say("less than a minute", locale)
    if minutes < MINUTES_PER_HOUR:
        return counted(minutes, "minute", "minutes", locale)
    if minutes < 2 * MINUTES_PER_DAY:
        return counted(minutes // MINUTES_PER_HOUR, "hour", "hours", locale)
    return describe_days(minutes / MINUTES_PER_DAY, locale)


def describe_age(then: datetime, now: datetime, locale: str = "en") -> str:
    """How long ago, for a moment that a person remembers: `4 minutes ago`, `3 days ago`."""
    if now - then < timedelta(minutes=1):
        return say("just now", locale)
    return say("{length} ago", locale, length=describe_length(now - then, locale))


def counted(number: float, one: str, many: str, locale: str = "en") -> str:
    """A number with its noun: `1 post`, `1,204 posts`."""
    return f"{format_count(number, locale)} {choose_noun(one, many, number, locale)}"


def capital(text: str) -> str:
    """The text with a capital at its start, and the rest as it is."""
    return text[:1].upper() + text[1:]


def _write(moment: date, pattern: str, locale: str) -> str:
    return _write_day(moment.date() if isinstance(moment, datetime) else moment, pattern, locale)


# A page shows the same months as any other: Babel needs 40 µs for each, a tenth of the page.
@lru_cache(maxsize=4_096)
def _write_day(day: date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)
