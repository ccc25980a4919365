"""A community's year, day by day: what was seen, and how much was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.window import Month, Window, overlap

DAY = timedelta(days=1)
CELL, GAP = 10, 2
STEP = CELL + GAP
LEVELS = 4
DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day. `seen` is true when all of it was; posts of any other day may have been more."""

    day: date
    posts: int
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class YearMonth:
    """One month of the year in numbers; `posts` is `None` where nothing of it was seen."""

    month: Month
    posts: int | None
    days_with_posts: int
    days_seen: int
    days: int


def build_year(
    year: int, counts: Mapping[date, int], seen: Sequence[Window], now: datetime
) -> tuple[Day, ...]:
    """The days of a year that are over, oldest first."""
    days = []
    start = datetime(year, 1, 1, tzinfo=UTC)
    while start.year == year and start + DAY <= now:
        whole = Window(start=start, end=start + DAY)
        day = start.date()
        is_seen = overlap(whole, seen) == DAY
        days.append(Day(day=day, posts=counts.get(day, 0), seen=is_seen))
        start += DAY
    return tuple(days)


def sum_months(days: Sequence[Day]) -> tuple[YearMonth, ...]:
    """The same days as months, oldest first."""
    grouped: dict[Month, list[Day]] = {}
    for day in days:
        grouped.setdefault(Month.of(day.day), []).append(day)
    return tuple(_sum_month(month, own) for month, own in grouped.items())


def plot_year(days: Sequence[Day]) -> str:
    """An SVG of the year, a column a week and a row a weekday, Monday first.

    A day that was not seen is hatched, a seen one without posts empty, the others darker the more
    was written. Decoration for the table beside it. Classes: `bars` on the picture, `hatch`,
    `none` and `bar` on its paths.
    """
    if not days:
        return ""
    highest = max(day.posts for day in days)
    first = days[0].day.weekday()
    paths: dict[int | str, list[str]] = {}
    for place, day in enumerate(days, start=first):
        left, top = place // DAYS_OF_WEEK * STEP, place % DAYS_OF_WEEK * STEP
        if not day.seen:
            paths.setdefault("hatch", []).extend(_hatch(left, top))
        if day.posts:
            level = (day.posts * LEVELS - 1) // highest + 1
            paths.setdefault(level, []).append(_cell(left, top))
        elif day.seen:
            paths.setdefault("none", []).append(_cell(left, top))
    width = ((len(days) + first - 1) // DAYS_OF_WEEK + 1) * STEP
    drawn = "".join(_path(name, lines) for name, lines in paths.items())
    return (
        f'<svg class="bars year" viewBox="0 0 {width} {DAYS_OF_WEEK * STEP}" aria-hidden="true"'
        f' focusable="false">{drawn}</svg>'
    )


def _path(name: int | str, lines: Sequence[str]) -> str:
    d = "".join(lines)
    if isinstance(name, str):
        return f'<path class="{name}" d="{d}"/>'
    return f'<path class="bar" fill-opacity="{name / LEVELS:g}" d="{d}"/>'


def _cell(left: int, top: int) -> str:
    return f"M{left} {top}h{CELL}v{CELL}h-{CELL}z"


def _hatch(left: int, top: int) -> Iterator[str]:
    yield f"M{left} {top + CELL // 2}l{CELL // 2}-{CELL // 2}"
    yield f"M{left} {top + CELL}l{CELL}-{CELL}"
    yield f"M{left + CELL // 2} {top + CELL}l{CELL // 2}-{CELL // 2}"


def _sum_month(month: Month, days: Sequence[Day]) -> YearMonth:
    posts = sum(day.posts for day in days)
    days_seen = sum(day.seen for day in days)
    return YearMonth(
        month=month,
        posts=posts if posts or days_seen else None,
        days_with_posts=sum(bool(day.posts) for day in days),
        days_seen=days_seen,
        days=len(days),
    )
