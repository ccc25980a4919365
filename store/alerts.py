"""Alerts: opened and closed once each, and told once each, however often somebody looks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from domain.alerts import Alert, AlertKind, AlertState
from store.engine import insert_into
from store.tables import AlertRow


def open_alert(
    s: Session,
    *,
    kind: AlertKind,
    name: str,
    since: datetime,
    failures: int,
    now: datetime,
    source_id: int | None = None,
) -> bool:
    """True when the alert was opened; False when one of that kind and name is open already."""
    opened = s.execute(
        insert_into(s, AlertRow)
        .values(
            kind=kind.value,
            name=name,
            source_id=source_id,
            state=AlertState.OPEN.value,
            since=since,
            opened_at=now,
            failures=failures,
        )
        .on_conflict_do_nothing()
        .returning(AlertRow.id)
    )
    return opened.first() is not None


def count_failures(s: Session, alert_id: int, failures: int) -> None:
    """Notes how many failures in a row an open alert stands for by now."""
    s.execute(update(AlertRow).where(AlertRow.id == alert_id).values(failures=failures))


def close_alert(s: Session, alert_id: int, now: datetime, *, silently: bool = False) -> None:
    """Ends an alert; `silently` when nobody needs to hear of the end."""
    told = {"recovery_notified_at": now} if silently else {}
    s.execute(
        update(AlertRow)
        .where(AlertRow.id == alert_id, AlertRow.closed_at.is_(None))
        .values(state=AlertState.CLOSED.value, closed_at=now, **told)
        .execution_options(synchronize_session=False)
    )


def list_open_alerts(s: Session) -> list[Alert]:
    """Every alert that is open, the oldest trouble first."""
    return _build(s, select(AlertRow).where(AlertRow.closed_at.is_(None)))


def list_alerts(s: Session, source_id: int, limit: int) -> list[Alert]:
    """The alerts of one source, newest first."""
    chosen = select(AlertRow).where(AlertRow.source_id == source_id)
    rows = s.scalars(chosen.order_by(AlertRow.id.desc()).limit(limit))
    return [_build_alert(row) for row in rows]


def list_untold(s: Session) -> list[Alert]:
    """Alerts whose beginning or end nobody was told yet, the oldest trouble first."""
    untold_end = AlertRow.closed_at.is_not(None) & AlertRow.recovery_notified_at.is_(None)
    untold_start = AlertRow.closed_at.is_(None) & AlertRow.notified_at.is_(None)
    return _build(s, select(AlertRow).where(or_(untold_start, untold_end)))


def mark_told(s: Session, alerts: Collection[Alert], now: datetime) -> None:
    """Notes that the present state of each alert was told, or that there is nobody to tell."""
    for alert in alerts:
        end = {} if alert.closed_at is None else {"recovery_notified_at": now}
        s.execute(
            update(AlertRow)
            .where(AlertRow.id == alert.id)
            .values(notified_at=func.coalesce(AlertRow.notified_at, now), **end)
            .execution_options(synchronize_session=False)
        )


def _build(s: Session, chosen: Select[AlertRow]) -> list[Alert]:
    rows = s.scalars(chosen.order_by(AlertRow.since, AlertRow.id))
    return [_build_alert(row) for row in rows]


def _build_alert(row: AlertRow) -> Alert:
    return Alert(
        id=row.id,
        kind=AlertKind(row.kind),
        name=row.name,
        source_id=row.source_id,
        since=row.since,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        failures=row.failures,
        notified_at=row.notified_at,
        recovery_notified_at=row.recovery_notified_at,
    )
