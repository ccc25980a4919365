"""Weekly reports as they were built, so that every form of one shows the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.alerts import AlertKind
from domain.outcome import Marker, Outcome, Reason, Status
from domain.report import (
    Change,
    ChangeKind,
    NotRead,
    NotTalk,
    Recount,
    TalkRow,
    Trouble,
    WeeklyReport,
)
from domain.window import Window
from store.engine import insert_into
from store.tables import WeeklyReportRow

Json = Mapping[str, Any]


def save_report_content(s: Session, report: WeeklyReport) -> None:
    """Keeps the report of a week, in place of an earlier one of the same week."""
    facts = {"built_at": report.built_at, "content": _plain(asdict(report))}
    s.execute(
        insert_into(s, WeeklyReportRow)
        .values(week=report.week, **facts)
        .on_conflict_do_update(index_elements=["week"], set_=facts)
    )


def load_weekly(s: Session, week: str, *, rows: bool = True) -> WeeklyReport | None:
    """The report of that ISO week ("2026-W47"); on request without the rows of its table."""
    row = s.get(WeeklyReportRow, week)
    if row is None:
        return None
    return _build_weekly(row.content if rows else {**row.content, "talk": ()})


def list_weeks(s: Session) -> list[str]:
    """The weeks that have a report, newest first."""
    return list(list_built(s))


def list_built(s: Session) -> dict[str, datetime]:
    """When the report of each week was built, newest week first."""
    row = WeeklyReportRow
    found = s.execute(select(row.week, row.built_at).order_by(row.week.desc()))
    return dict(found.all())


def _plain(value: Any) -> Any:
    """The value in the words of JSON: moments as ISO text, tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _build_weekly(content: Json) -> WeeklyReport:
    window = content["window"]
    return WeeklyReport(
        **{
            **content,
            "window": Window(start=_moment(window["start"]), end=_moment(window["end"])),
            "built_at": _moment(content["built_at"]),
            "changes": tuple(_build_change(row) for row in content["changes"]),
            "talk": tuple(
                TalkRow(**{**row, "months": tuple(row["months"])}) for row in content["talk"]
            ),
            "not_read": tuple(_build_not_read(row) for row in content["not_read"]),
            "not_talk": tuple(
                NotTalk(**{**row, "marker": Marker(row["marker"])}) for row in content["not_talk"]
            ),
            # Reports of earlier releases have none of these.
            "recounts": tuple(Recount(**row) for row in content.get("recounts", ())),
            "troubles": tuple(_build_trouble(row) for row in content.get("troubles", ())),
        }
    )


def _build_change(row: Json) -> Change:
    status, reason = row["status"], row["reason"]
    return Change(
        **{
            **row,
            "kind": ChangeKind(row["kind"]),
            "status": None if status is None else Status(status),
            "reason": None if reason is None else Reason(**reason),
        }
    )


def _build_trouble(row: Json) -> Trouble:
    facts = {"kind": AlertKind(row["kind"]), "since": _moment(row["since"])}
    return Trouble(**{**row, **facts})


def _build_not_read(row: Json) -> NotRead:
    since = row["since"]
    return NotRead(
        **{
            **row,
            "outcome": Outcome(row["outcome"]),
            "since": None if since is None else _moment(since),
        }
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
