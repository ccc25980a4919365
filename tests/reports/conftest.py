"""Reports and databases with invented communities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.outcome import Outcome, Reason, Status
from domain.report import Change, ChangeKind, NotRead, TalkRow, WeeklyReport
from domain.window import Window
from store.engine import migrate, open_database

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 23, 6, tzinfo=UTC)

MakeRow = Callable[..., TalkRow]
MakeReport = Callable[..., WeeklyReport]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A fresh database with the present schema."""
    made = open_database(f"sqlite:///{tmp_path}/rollcall.db")
    migrate(made)
    return made


@pytest.fixture
def make_row() -> MakeRow:
    """Builds one community's week; only what a test is about need be said."""

    def make(name: str = "Child Health Exchange", **fields: object) -> TalkRow:
        facts: dict[str, object] = {
            "slug": name.lower().replace(" ", "-"),
            "name": name,
            "this_week": 39,
            "last_week": 38,
            "usual": 34.0,
            "months": (150, 140, 160, 120, 0, None, 130, 140, 150, 170, 160, 155),
        }
        return TalkRow(**{**facts, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_report(make_row: MakeRow) -> MakeReport:
    """Builds the report of week 47 of 2026, with sums that fit its rows."""

    def make(**fields: object) -> WeeklyReport:
        talk = fields.get("talk", (make_row(), make_row("Primary Care Forum", this_week=33)))
        both = [r for r in talk if None not in (r.this_week, r.last_week)]  # type: ignore[attr-defined]
        facts: dict[str, object] = {
            "week": "2026-W47",
            "window": Window(start=MONDAY, end=MONDAY + timedelta(days=7)),
            "built_at": WRITTEN,
            "posts": sum(r.this_week or 0 for r in talk),  # type: ignore[attr-defined]
            "posts_last_week": sum(r.last_week for r in both) if both else None,
            "seen": sum(r.this_week is not None for r in talk),  # type: ignore[attr-defined]
            "changes": (),
            "talk": talk,
            "not_read": (),
            "closed_to_us": 0,
            "open_reviews": 0,
        }
        return WeeklyReport(**{**facts, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def full_report(make_report: MakeReport, make_row: MakeRow) -> WeeklyReport:
    """A week in which everything happened that a report can tell."""
    silence = Reason(
        code="silence",
        values={"silent_days": 63, "last": "2026-09-19", "usual_days": 4, "longest_days": 31},
    )
    changes = (
        Change(
            slug="malaria",
            name="Malaria Practice Group",
            kind=ChangeKind.WENT_QUIET,
            status=Status.DORMANT,
            reason=silence,
        ),
        Change(slug="eye", name="Eye Health", kind=ChangeKind.WOKE_UP, status=Status.ACTIVE),
        Change(slug="tb", name="TB Care", kind=ChangeKind.DECIDED, status=Status.MOVED),
        Change(slug="one", name="One Health Forum", kind=ChangeKind.NEW, status=None),
    )
    not_read = (
        NotRead(
            slug="forum",
            name="Example Forum",
            outcome=Outcome.LOGIN_WALL,
            since=datetime(2026, 11, 14, 3, tzinfo=UTC),
        ),
    )
    talk = (
        make_row(),
        make_row("Primary Care Forum", this_week=33, last_week=37, usual=30.5),
        make_row("Réseau Exemple Santé", this_week=0, last_week=2, usual=0.0),
        make_row("Nutrition.example Network", this_week=None, last_week=None, usual=20.0),
        make_row("Silent Circle", this_week=0, last_week=0, usual=0.0),
        make_row("Fresh Feed", this_week=None, last_week=None, usual=None),
    )
    return make_report(
        talk=talk, changes=changes, not_read=not_read, closed_to_us=27, open_reviews=7
    )
