"""The arithmetic of the weekly report: ISO weeks, and counts that know what was not seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median

from domain.errors import UsageError
from domain.window import Window, overlap

WEEK = timedelta(days=7)
USUAL_WEEKS = 52
FEWEST_USUAL_WEEKS = 8
# The same week a year ago with two on each side of it.
SEASON = range(50, 55)
FEWEST_SEASON_WEEKS = 3


def report_week(now: datetime) -> str:
    """The last complete ISO week, such as "2026-W47"."""
    return name_week(now - WEEK)


def week_window(week: str) -> Window:
    """The UTC time of an ISO week, Monday to Monday.

    Raises: UsageError when `week` is no ISO week.
    """
    match = re.fullmatch(r"(\d{4})-W(\d{2})", week)
    try:
        if match is None:
            raise ValueError(week)
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError as error:
        raise UsageError(
            f"{week!r} is not a week", to_do="write it as year and ISO week: 2026-W47"
        ) from error
    start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    return Window(start=start, end=start + WEEK)


def count_posts(window: Window, counts: Mapping[date, int], seen: Sequence[Window]) -> int | None:
    """Posts in `window`, or `None` when any part of it was not seen."""
    if overlap(window, seen) < window.length:
        return None
    first = window.start.date()
    return sum(counts.get(first + timedelta(days=i), 0) for i in range(window.length.days))


def count_months(
    months: Iterable[Window], counts: Mapping[date, int], seen: Sequence[Window]
) -> tuple[int | None, ...]:
    """Posts in each of the calendar months, or `None` when any part of it was not seen."""
    posts = Counter[tuple[int, int]]()
    for day, number in counts.items():
        posts[day.year, day.month] += number
    return tuple(
        posts[month.start.year, month.start.month] if overlap(month, seen) == month.length else None
        for month in months
    )


def usual_posts(window: Window, counts: Mapping[date, int], seen: Sequence[Window]) -> float | None:
    """The median of the wholly seen ones among the 52 weeks before `window`.

    `None` with fewer than 8 of them: too few to call anything usual.
    """
    known = _count_weeks(range(1, USUAL_WEEKS + 1), window, counts, seen)
    return float(median(known)) if len(known) >= FEWEST_USUAL_WEEKS else None


def season_posts(
    window: Window, counts: Mapping[date, int], seen: Sequence[Window]
) -> float | None:
    """The median of the wholly seen ones among the five weeks round the same one a year ago.

    `None` with fewer than 3 of them.
    """
    known = _count_weeks(SEASON, window, counts, seen)
    return float(median(known)) if len(known) >= FEWEST_SEASON_WEEKS else None


def _count_weeks(
    backs: range, window: Window, counts: Mapping[date, int], seen: Sequence[Window]
) -> list[int]:
    """Posts in each wholly seen week so many weeks back."""
    first = window.start.toordinal()
    posts = Counter[int]()
    for day, number in counts.items():
        posts[(first - day.toordinal() + 6) // 7] += number
    # A stretch without a gap, as nearly every community has one, answers for all weeks at once.
    first_seen = next((w.start for w in seen if w.start < window.start <= w.end), window.start)
    without_gap = (window.start - first_seen) // WEEK
    return [posts[back] for back in backs if back <= without_gap or _was_seen(back, window, seen)]


def _was_seen(back: int, window: Window, seen: Sequence[Window]) -> bool:
    """True when the whole week so many weeks back was seen."""
    start = window.start - back * WEEK
    return overlap(Window(start=start, end=start + WEEK), seen) == WEEK


def name_week(moment: datetime) -> str:
    """The ISO week that holds a moment."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year:04d}-W{week:02d}"
