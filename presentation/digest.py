"""What one edition of the weekly report shows, in words: mail, text and page lay out the same."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass

from domain.alerts import VISITS, AlertKind
from domain.report import Change, ChangeKind, NotRead, Recount, TalkRow, Trouble, WeeklyReport
from presentation import weekly_words as wording
from presentation.dates import format_day
from presentation.i18n import ENGLISH, say, say_count

ROWS = 40
CHANGES = 20
NEW_NAMES = 5
NOT_READ = 12
TROUBLES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Whom a rendering is for, and in which language (`locale`).

    `title` names the directory in the subject; without `public_url` there are no links. `rows` is
    the most rows of the table, `None` for all. `stop_address` is the mail address to write to in
    order to get no more; only one that somebody really reads belongs there. `choices_url` is the
    reader's own page of choices, `stop_url` where one press stops the mails. `only` names the
    topics and places that a reader chose.
    """

    title: str = "CoPs"
    public_url: str = ""
    locale: str = ENGLISH
    for_curator: bool = False
    for_operator: bool = False
    stop_address: str = ""
    choices_url: str = ""
    stop_url: str = ""
    only: str = ""
    rows: int | None = ROWS

    def community_url(self, slug: str) -> str:
        """The public page of a community; empty when there is no public address."""
        return f"{self.public_url}/c/{slug}" if self.public_url else ""

    def report_url(self, report: WeeklyReport) -> str:
        """The lasting page of the week; a month has none of its own."""
        return f"{self.public_url}/reports/{report.week}" if self.public_url else ""

    def most(self, number: int) -> int | None:
        """So many of a list, or all of them in an edition without a limit."""
        return None if self.rows is None else number

    def count_rest(self, items: Sized, number: int) -> str:
        """How many of a list are left out, or nothing."""
        return "" if self.rows is None else _and_more(len(items) - number, self.locale)

    @property
    def review_url(self) -> str:
        """The first card of the review; empty when there is no public address."""
        return f"{self.public_url}/review" if self.public_url else ""

    @property
    def runs_url(self) -> str:
        """The operator's grid; empty when there is no public address."""
        return f"{self.public_url}/runs" if self.public_url else ""


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

    slug: str
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
    troubles: tuple[Line, ...]
    more_troubles: str
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
    locale = edition.locale
    known = [change for change in report.changes if change.kind is not ChangeKind.NEW]
    new = [change for change in report.changes if change.kind is ChangeKind.NEW]
    rows, notes = _choose_rows(report, edition)
    told = [
        *(_change_line(change, edition) for change in known),
        *(_recount_line(entry, edition) for entry in report.recounts),
    ]
    # A source is one of many; what is late or down is about all of them.
    troubles = (
        sorted(report.troubles, key=lambda entry: entry.kind in (AlertKind.SOURCE, AlertKind.ODD))
        if edition.for_operator
        else []
    )
    return Digest(
        subject=wording.write_subject(report, edition.title, locale),
        masthead=_write_masthead(report, edition),
        headline=wording.describe_posts(report, locale),
        summary=wording.summarise_week(report, locale),
        cards=_count_cards(report, locale) if edition.for_curator else "",
        troubles=tuple(_trouble_line(entry, edition) for entry in troubles[:TROUBLES]),
        more_troubles=_and_more(len(troubles) - TROUBLES, locale),
        changes=tuple(told[: edition.most(CHANGES)]),
        more_changes=edition.count_rest(told, CHANGES),
        new=tuple(_change_line(change, edition) for change in new[: edition.most(NEW_NAMES)]),
        more_new=edition.count_rest(new, NEW_NAMES),
        rows=rows,
        notes=notes,
        not_read=tuple(
            _not_read_line(entry, edition) for entry in report.not_read[: edition.most(NOT_READ)]
        ),
        more_not_read=edition.count_rest(report.not_read, NOT_READ),
        closed_to_us=wording.count_closed(report, locale),
        foot=tuple(_write_foot(report, edition, explained=bool(rows))),
    )


def _choose_rows(report: WeeklyReport, edition: Edition) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows worth a reader's time, and sentences about those left out."""
    worth = [
        row
        for row in report.talk
        if not wording.silent_as_usual(row) and not wording.cannot_be_counted(row)
    ]
    if all(row.this_week is None and row.last_week is None for row in worth):
        worth = []
    shown = worth[: edition.rows]
    highest = max((row.this_week or 0 for row in shown), default=0)
    rows = tuple(_row(row, highest, edition) for row in shown)
    return rows, wording.write_notes(report, shown, edition.locale)


def _row(row: TalkRow, highest: int, edition: Edition) -> Row:
    return Row(
        slug=row.slug,
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
        words=wording.change_words(change, edition.locale),
        detail=wording.change_reason(change, edition.locale),
    )


def _recount_line(entry: Recount, edition: Edition) -> Line:
    return Line(
        name=entry.name,
        url=edition.community_url(entry.slug),
        words=wording.recount_words(entry, edition.locale),
    )


def _not_read_line(entry: NotRead, edition: Edition) -> Line:
    return Line(
        name=entry.name,
        url=edition.community_url(entry.slug),
        words=wording.not_read_words(entry, edition.locale),
    )


def _trouble_line(trouble: Trouble, edition: Edition) -> Line:
    """What is broken or late, with the operator's page of it."""
    locale = edition.locale
    since = format_day(trouble.since, locale)
    url = edition.runs_url
    name = trouble.name
    if trouble.kind is AlertKind.SOURCE:
        words = say_count(
            "not seen since {day} ({number} visit in a row)",
            "not seen since {day} ({number} visits in a row)",
            trouble.failures,
            locale,
            day=since,
        )
        return Line(name=name, url=f"{url}/{name}" if url else "", words=words)
    if trouble.kind is AlertKind.ODD:
        words = say("read, but not as usual, since {day}", locale, day=since)
        return Line(name=name, url=f"{url}/{name}" if url else "", words=words)
    if trouble.kind is AlertKind.NETWORK:
        return Line(name=say("Our own network", locale), url=url, words=_since(since, locale))
    if name == VISITS:
        words = say_count(
            "{number} source is late, due since {day}",
            "{number} sources are late, due since {day}",
            trouble.failures,
            locale,
            day=since,
        )
        return Line(name=say("Visits", locale), url=url, words=words)
    duty = name.replace("_", " ")
    return Line(name=duty, url=url, words=say("late, due since {day}", locale, day=since))


def _since(day: str, locale: str) -> str:
    return say("down since {day}", locale, day=day)


def _and_more(number: int, locale: str) -> str:
    return say("and {number} more", locale, number=number) if number > 0 else ""


def _count_cards(report: WeeklyReport, locale: str) -> str:
    if report.open_reviews == 0:
        return ""
    return say_count(
        "{number} card waits for a curator",
        "{number} cards wait for a curator",
        report.open_reviews,
        locale,
    )


def _write_masthead(report: WeeklyReport, edition: Edition) -> str:
    period = wording.name_period(report, edition.locale)
    days = "" if report.month else f", {wording.format_days(report.window, edition.locale)}"
    only = f" · {edition.only}" if edition.only else ""
    return f"{edition.title}, {period}{days}{only}"


def _write_foot(report: WeeklyReport, edition: Edition, *, explained: bool) -> Iterable[str]:
    locale = edition.locale
    told = {
        "days": wording.format_days(report.window, locale),
        "time": f"{report.built_at:%H:%M}",
        "day": format_day(report.built_at, locale),
    }
    if report.month:
        yield say("Month: {days}, in UTC. Written at {time} UTC on {day}.", locale, **told)
    else:
        yield say(
            "Week: {days}, Monday to Sunday in UTC. Written at {time} UTC on {day}.",
            locale,
            **told,
        )
    if explained and not report.month:
        yield say("Usual: the median week of the last 12 months, of those seen wholly.", locale)
    if edition.only:
        yield say("You asked for: {only}.", locale, only=edition.only)
    yield say("We do not track who opens this or follows its links.", locale)
    if edition.stop_address:
        yield say(
            "To get no more of these, write to {address}.", locale, address=edition.stop_address
        )
