"""The operator's grid as a value: a row a source, a cell a week, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.records import CrawlReport, Source
from presentation.dates import counted, describe_length, format_day, format_share, format_short_day
from presentation.marks import RunMark, mark_source, mark_visit
from presentation.words import outcome_words
from store.runs import Streak, VisitedWeek

WEEKS = 8
WEEK = timedelta(days=7)
SOON = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One week of one source: its mark, and the whole of it in words."""

    mark: RunMark
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One source. `state` is its last visit in words; `talk` counts new posts of the weeks shown.

    `failures` counts visits in a row that did not see; `late` is how long its visit is overdue.
    """

    source: Source
    mark: RunMark
    state: str
    cells: tuple[Cell, ...]
    talk: str
    dates_read: str
    next_visit: str
    late: str = ""

    @property
    def broken(self) -> bool:
        """True when its last visit is trouble."""
        return self.mark.is_trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the store knows of the visits, by source."""

    reports: Mapping[int, CrawlReport]
    weeks: Mapping[int, Mapping[int, VisitedWeek]]
    streaks: Mapping[int, Streak]
    dated: Mapping[int, float]
    added: Mapping[int, datetime]


def week_starts(now: datetime) -> tuple[datetime, ...]:
    """The Mondays, 00:00 UTC, of the weeks that the grid shows, oldest first."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return tuple(monday - (WEEKS - 1 - place) * WEEK for place in range(WEEKS))


def build_row(source: Source, seen: Seen, *, grace: timedelta, now: datetime) -> GridRow:
    """The row of one source."""
    report = seen.reports.get(source.id)
    weeks = seen.weeks.get(source.id, {})
    mark = mark_source(source, report)
    share = seen.dated.get(source.id)
    return GridRow(
        source=source,
        mark=mark,
        state=tell_state(source, report, seen.streaks.get(source.id)),
        cells=_build_cells(source, weeks, seen.added.get(source.id), now),
        talk=str(sum(week.posts_new for week in weeks.values())) if weeks else "–",
        dates_read="–" if share is None else format_share(share),
        next_visit=tell_next(source, now),
        late=_tell_late(source, grace, now),
    )


def rank(row: GridRow) -> tuple[bool, bool, int, int, str]:
    """Sort key, worst first: broken for good before once, then by mark; fine ones by name."""
    trouble = list(RunMark).index(row.mark) if row.broken else len(RunMark)
    fine = not row.broken and not row.late
    return (row.source.paused, fine, trouble, -row.source.failures, row.source.name)


def tell_state(source: Source, report: CrawlReport | None, streak: Streak | None) -> str:
    """How a source stands, in a line: what its last visit met, since when, how often."""
    if source.paused:
        return "paused"
    if report is None:
        return "not visited yet"
    if report.outcome.saw:
        return f"last visit {format_day(report.finished_at)}"
    since = streak.since if streak else report.started_at
    times = counted(streak.visits if streak else 1, "visit", "visits")
    return f"{outcome_words(report.outcome)}; not seen since {format_day(since)} ({times})"


def tell_next(source: Source, now: datetime) -> str:
    """When it is visited next, short enough for a column."""
    if source.paused or source.due_at is None:
        return "–"
    wait = source.due_at - now
    if wait <= timedelta(0):
        return "now"
    if wait >= SOON:
        return format_short_day(source.due_at)
    hours, minutes = divmod(int(wait.total_seconds()) // 60, 60)
    return f"{hours} h" if hours else f"{max(1, minutes)} min"


def summarise(rows: Sequence[GridRow]) -> str:
    """All rows in a sentence: how many are fine, and how many are not, by mark."""
    paused = sum(row.source.paused for row in rows)
    fine = sum(not row.broken and not row.source.paused for row in rows)
    parts = [f"{fine} fine"]
    for mark in RunMark:
        number = sum(row.mark is mark for row in rows)
        if mark.is_trouble and number:
            parts.append(f"{number} {mark.word}")
    if paused:
        parts.append(f"{paused} paused")
    late = sum(bool(row.late) for row in rows)
    if late:
        parts.append(f"{late} late")
    return f"{counted(len(rows), 'source', 'sources')}: {', '.join(parts)}."


def _tell_late(source: Source, grace: timedelta, now: datetime) -> str:
    if source.paused or source.due_at is None or source.due_at >= now - grace:
        return ""
    return f"late by {describe_length(now - source.due_at)}"


def _build_cells(
    source: Source, weeks: Mapping[int, VisitedWeek], added: datetime | None, now: datetime
) -> tuple[Cell, ...]:
    cells = []
    for place, start in enumerate(week_starts(now)):
        visited = weeks.get(place)
        if visited is not None:
            cells.append(_build_cell(visited))
            continue
        # What is not due yet, was not watched yet or is paused now was rightly not visited.
        this_week = start + WEEK > now
        waits = this_week and source.due_at is not None and source.due_at > now
        idle = source.paused or waits or (added is not None and added >= start + WEEK)
        mark = RunMark.NOT_DUE if idle else RunMark.UNKNOWN
        cells.append(Cell(mark=mark, words=mark.word if idle else "unknown, not visited"))
    return tuple(cells)


def _build_cell(week: VisitedWeek) -> Cell:
    mark = mark_visit(week.outcome, week.posts_new)
    words = [mark.word]
    if mark.is_trouble:
        words.append(outcome_words(week.outcome))
    if week.posts_new:
        words.append(counted(week.posts_new, "new post", "new posts"))
    visits = counted(week.visits, "visit", "visits")
    words.append(f"{visits}, {week.unseen} in vain" if week.unseen else visits)
    return Cell(mark=mark, words=", ".join(words))
