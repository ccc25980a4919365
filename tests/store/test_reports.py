from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domain.outcome import Marker, Outcome, Reason, Status
from domain.report import Change, ChangeKind, NotRead, NotTalk, TalkRow, WeeklyReport
from domain.window import Window
from store.engine import reading, writing
from store.reports import list_weeks, load_weekly, save_report_content

WINDOW = Window(start=datetime(2026, 11, 16, tzinfo=UTC), end=datetime(2026, 11, 23, tzinfo=UTC))
REPORT = WeeklyReport(
    week="2026-W47",
    window=WINDOW,
    built_at=datetime(2026, 11, 23, 6, 0, 0, 123, tzinfo=UTC),
    posts=412,
    posts_last_week=None,
    seen=21,
    changes=(
        Change(
            slug="malaria",
            name="Malaria Practice Group",
            kind=ChangeKind.WENT_QUIET,
            status=Status.SLOWING,
            reason=Reason(code="silence", values={"days": 63, "usual": 4.5, "last": "2026-09-14"}),
        ),
        Change(slug="new", name="One Health Forum", kind=ChangeKind.NEW, status=None),
    ),
    talk=(
        TalkRow(
            slug="sante",
            name="Réseau Exemple Santé",
            this_week=39,
            last_week=None,
            usual=34.5,
            months=(1, None, 3),
        ),
    ),
    not_read=(
        NotRead(slug="a", name="A", outcome=Outcome.LOGIN_WALL, since=WINDOW.start),
        NotRead(slug="b", name="B", outcome=Outcome.TIMEOUT, since=None),
    ),
    closed_to_us=27,
    open_reviews=9,
    not_talk=(NotTalk(slug="c", name="C", marker=Marker.SPAM),),
)


def save(engine, report):
    with writing(engine) as s:
        save_report_content(s, report)


def load(engine, week="2026-W47"):
    with reading(engine) as s:
        return load_weekly(s, week)


def test_a_report_comes_back_as_it_was_built(engine):
    save(engine, REPORT)
    assert load(engine) == REPORT


def test_a_report_without_its_rows_is_whole_but_for_them(engine):
    save(engine, REPORT)
    with reading(engine) as s:
        assert load_weekly(s, REPORT.week, rows=False) == replace(REPORT, talk=())


def test_an_empty_report_comes_back_empty(engine):
    empty = replace(REPORT, changes=(), talk=(), not_read=(), posts=0)
    save(engine, empty)
    assert load(engine) == empty


def test_a_week_without_a_report_has_none(engine):
    assert load(engine, "2026-W46") is None


def test_a_report_built_again_takes_the_place_of_the_first(engine):
    save(engine, REPORT)
    save(engine, replace(REPORT, posts=413))
    assert load(engine).posts == 413


def test_weeks_are_listed_newest_first(engine):
    for week in ("2026-W47", "2025-W52", "2026-W02"):
        save(engine, replace(REPORT, week=week))
    with reading(engine) as s:
        assert list_weeks(s) == ["2026-W47", "2026-W02", "2025-W52"]
