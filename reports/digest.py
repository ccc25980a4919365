"""What one edition of the weekly report shows, in words: the text and the HTML lay out the same."""

from __future__ import annotations

from dataclasses import dataclass

from domain.report import Change, ChangeKind, NotRead, TalkRow, WeeklyReport
from presentation.dates import counted, format_day
from reports import wording

ROWS = 40
CHANGES = 20
NEW_NAMES = 5
NOT_READ = 12
NO_TRACKING = "We do not track who opens this or follows its links."


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Whom a rendering is for, and in which language (`locale`; there is only "en" so far).

    `title` names the directory in the subject; without `public_url` there are no links. `rows` is
    the most rows of the table, `None` for all. `stop_address` is the mail address to write to in
    order to get no more; only one that somebody really reads belongs there.
    """

    title: str = "CoPs"
    public_url: str = ""
    locale: str = "en"
    for_curator: bool = False
    stop_address: str = ""
    rows: int | None = ROWS

    def community_url(self, slug: str) -> str:
        """The public page of a community; empty when there is no public address."""
        return f"{self.public_url}/c/{slug}" if self.public_url else ""

    @property
    def review_url(self) -> str:
        """The first card of the review; empty when there is no public address."""
        return f"{self.public_url}/review" if self.public_url else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One community in a list: what is said of it, and why or since when."""

    name: str
    url: str
    words: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One community in the table. `share` (0 to 1) is this week's part of the longest bar."""

    name: str
    url: str
    this_week: int | None
    last_week: int | None
    usual: float | None
    months: tuple[int | None, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One edition in words, top to bottom; empty where there is nothing to say."""

    subject: str
    masthead: str
    headline: str
    summary: str
    cards: str
    changes: tuple[Line, ...]
    more_changes: str
    new: tuple[Line, ...]
    more_new: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    not_read: tuple[Line, ...]
    more_not_read: str
    closed_to_us: str
    foot: tuple[str, ...]


def build_digest(report: WeeklyReport, edition: Edition) -> Digest:
    """The report as this edition tells it."""
    known = [change for change in report.changes if change.kind is not ChangeKind.NEW]
    new = [change for change in report.changes if change.kind is ChangeKind.NEW]
    rows, notes = _choose_rows(report, edition)
    days = wording.format_days(report.window, edition.locale)
    return Digest(
        subject=wording.write_subject(report, edition.title, edition.locale),
        masthead=f"{edition.title}, {wording.week_number(report)}, {days}",
        headline=wording.describe_posts(report),
        summary=wording.summarise_week(report),
        cards=_count_cards(report) if edition.for_curator else "",
        changes=tuple(_change_line(change, edition) for change in known[:CHANGES]),
        more_changes=_and_more(len(known) - CHANGES),
        new=tuple(_change_line(change, edition) for change in new[:NEW_NAMES]),
        more_new=_and_more(len(new) - NEW_NAMES),
        rows=rows,
        notes=notes,
        not_read=tuple(_not_read_line(entry, edition) for entry in report.not_read[:NOT_READ]),
        more_not_read=_and_more(len(report.not_read) - NOT_READ),
        closed_to_us=wording.count_closed(report),
        foot=_write_foot(report, edition),
    )


def _choose_rows(report: WeeklyReport, edition: Edition) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows worth a reader's time, and sentences about those left out."""
    silent = sum(wording.silent_as_usual(row) for row in report.talk)
    uncounted = sum(wording.cannot_be_counted(row) for row in report.talk)
    worth = [
        row
        for row in report.talk
        if not wording.silent_as_usual(row) and not wording.cannot_be_counted(row)
    ]
    shown = worth[: edition.rows]
    highest = max((row.this_week or 0 for row in shown), default=0)
    notes = wording.write_notes(
        cut=len(worth) - len(shown),
        silent=silent,
        uncounted=uncounted,
        not_talk=report.not_talk,
        dashes=any(row.this_week is None for row in shown),
    )
    return tuple(_row(row, highest, edition) for row in shown), notes


def _row(row: TalkRow, highest: int, edition: Edition) -> Row:
    return Row(
        name=row.name,
        url=edition.community_url(row.slug),
        this_week=row.this_week,
        last_week=row.last_week,
        usual=row.usual,
        months=row.months,
        share=(row.this_week or 0) / highest if highest else 0.0,
    )


def _change_line(change: Change, edition: Edition) -> Line:
    return Line(
        name=change.name,
        url=edition.community_url(change.slug),
        words=wording.change_words(change),
        detail=wording.change_reason(change, edition.locale),
    )


def _not_read_line(entry: NotRead, edition: Edition) -> Line:
    return Line(
        name=entry.name,
        url=edition.community_url(entry.slug),
        words=wording.not_read_words(entry, edition.locale),
    )


def _and_more(number: int) -> str:
    return f"and {number} more" if number > 0 else ""


def _count_cards(report: WeeklyReport) -> str:
    if report.open_reviews == 0:
        return ""
    wait = "waits" if report.open_reviews == 1 else "wait"
    return f"{counted(report.open_reviews, 'card', 'cards')} {wait} for a curator"


def _write_foot(report: WeeklyReport, edition: Edition) -> tuple[str, ...]:
    days = wording.format_days(report.window, edition.locale)
    written = f"{report.built_at:%H:%M} UTC on {format_day(report.built_at, edition.locale)}"
    lines = [f"Week: {days}, Monday to Sunday in UTC. Written at {written}.", NO_TRACKING]
    if edition.stop_address:
        lines.append(f"To get no more of these, write to {edition.stop_address}.")
    return tuple(lines)
