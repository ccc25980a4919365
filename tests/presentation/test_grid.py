"""The grid says in words what each week came to, and puts the worst first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.outcome import Outcome
from domain.records import CrawlReport, Platform, Source
from presentation.grid import Seen, build_row, rank, summarise, tell_next, week_starts
from presentation.marks import RunMark
from store.runs import Streak, VisitedWeek

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE = timedelta(hours=2)


def source(name: str = "nets", number: int = 1, **facts) -> Source:
    return Source(
        id=number,
        community_id=1,
        name=name,
        url="https://x.example.org/",
        platform=Platform.PIPERMAIL,
        **{"due_at": NOW + DAY, **facts},
    )


def report(outcome: Outcome, number: int = 1, **facts) -> CrawlReport:
    at = NOW - timedelta(hours=3)
    return CrawlReport(source_id=number, started_at=at, finished_at=at, outcome=outcome, **facts)


def week(outcome: Outcome, posts_new: int = 0, visits: int = 1, unseen: int = 0) -> VisitedWeek:
    return VisitedWeek(outcome=outcome, posts_new=posts_new, visits=visits, unseen=unseen)


def row(one: Source, outcome: Outcome | None = Outcome.READ, weeks=None, **facts):
    seen = Seen(
        reports={one.id: report(outcome, one.id)} if outcome else {},
        weeks={one.id: weeks or {}},
        streaks=facts.get("streaks", {}),
        dated=facts.get("dated", {}),
        added=facts.get("added", {one.id: NOW - 400 * DAY}),
    )
    return build_row(one, seen, grace=GRACE, now=NOW)


def test_weeks_begin_on_monday_and_the_last_is_the_present_one():
    starts = week_starts(NOW)
    assert len(starts) == 8
    assert {start.weekday() for start in starts} == {0}
    assert starts[-1] == datetime(2026, 11, 23, tzinfo=UTC)
    assert starts[0] == datetime(2026, 10, 5, tzinfo=UTC)


def test_a_cell_has_a_mark_and_words_for_those_who_do_not_see_it():
    cells = row(
        source(),
        weeks={
            5: week(Outcome.READ, 12, visits=3),
            6: week(Outcome.UNCHANGED),
            7: week(Outcome.LAYOUT_CHANGED, visits=2, unseen=1),
        },
    ).cells
    assert [cell.mark for cell in cells[5:]] == [
        RunMark.NEW_TALK,
        RunMark.NOTHING_NEW,
        RunMark.CANNOT_READ,
    ]
    assert cells[5].words == "new talk, 12 new posts, 3 visits"
    assert cells[6].words == "read, nothing new, 1 visit"
    assert cells[7].words == (
        "cannot read, looks different now and we cannot read it yet, 2 visits, 1 in vain"
    )


def test_a_week_without_a_visit_is_unknown_and_not_quiet():
    assert {cell.mark for cell in row(source(due_at=NOW - DAY)).cells} == {RunMark.UNKNOWN}


def test_nothing_was_due_before_it_was_watched_nor_is_before_its_next_visit():
    marks = [cell.mark for cell in row(source(), added={1: NOW - 15 * DAY}).cells]
    assert marks == [RunMark.NOT_DUE] * 5 + [RunMark.UNKNOWN] * 2 + [RunMark.NOT_DUE]
    assert {c.mark for c in row(source(paused=True)).cells} == {RunMark.NOT_DUE}


def test_a_broken_source_says_since_when_and_how_often():
    streaks = {1: Streak(since=NOW - 9 * DAY, visits=4)}
    shown = row(source(failures=4), Outcome.TIMEOUT, streaks=streaks)
    assert shown.broken
    assert shown.state == "did not answer in time; not seen since 16 Nov 2026 (4 visits)"


def test_columns_say_a_dash_where_nothing_is_known():
    assert (row(source()).talk, row(source()).dates_read) == ("–", "–")
    known = row(
        source(), weeks={7: week(Outcome.READ, 4), 1: week(Outcome.READ, 2)}, dated={1: 0.5}
    )
    assert (known.talk, known.dates_read) == ("6", "50%")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"due_at": NOW - DAY}, "now"),
        ({"due_at": NOW + timedelta(minutes=20)}, "20 min"),
        ({"due_at": NOW + timedelta(hours=6)}, "6 h"),
        ({"due_at": NOW + 4 * DAY}, "29 Nov"),
        ({"paused": True}, "–"),
    ],
)
def test_the_next_visit_is_told_shortly(facts, words):
    assert tell_next(source(**facts), NOW) == words


def test_worst_first_then_late_then_by_name_and_paused_last():
    rows = [
        row(source("z-fine", 1)),
        row(source("a-fine", 2)),
        row(source("late", 3, due_at=NOW - timedelta(hours=3))),
        row(source("blocked", 4, failures=3), Outcome.LOGIN_WALL),
        row(source("changed", 5, failures=2), Outcome.LAYOUT_CHANGED),
        row(source("silent", 6, failures=9), Outcome.TIMEOUT),
        row(source("partly", 7, failures=1), Outcome.PARTIAL),
        row(source("changed-long", 8, failures=5), Outcome.GONE),
        row(source("paused", 9, paused=True, failures=9), Outcome.TIMEOUT),
    ]
    assert [shown.source.name for shown in sorted(rows, key=rank)] == [
        "changed-long", "changed", "blocked", "silent", "partly", "late", "a-fine", "z-fine",
        "paused",
    ]  # fmt: skip
    assert summarise(rows) == (
        "9 sources: 3 fine, 2 cannot read, 1 refused, 1 not reached, 1 unknown, 1 paused, 1 late."
    )


def test_late_is_late_only_after_its_grace():
    assert row(source(due_at=NOW - GRACE)).late == ""
    assert row(source(due_at=NOW - timedelta(hours=5))).late == "late by 5 hours"
    assert row(source(due_at=NOW - DAY, paused=True)).late == ""
