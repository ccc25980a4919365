"""The timetable: when each job is next due, and who runs it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from store.engine import insert_into
from store.tables import JobRow

ASSESSING = "assess"
"""The job that scores every community."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of the timetable. `claimed_by` is set while somebody runs it.

    `owed_since` is the time that it did not keep because it failed, until it is done.
    """

    name: str
    due_at: datetime
    claimed_by: str | None
    claimed_until: datetime | None
    last_started_at: datetime | None
    last_finished_at: datetime | None
    last_error: str
    owed_since: datetime | None = None


def claim_job(
    s: Session, name: str, *, owner: str, now: datetime, ttl: timedelta, first_due: datetime
) -> bool:
    """True when the job is due and now the caller's until `now + ttl`; only one caller hears it.

    `first_due` holds for a job that is not in the timetable yet.
    """
    s.execute(
        insert_into(s, JobRow)
        .values(name=name, due_at=first_due)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    claimed = s.execute(
        update(JobRow)
        .where(
            JobRow.name == name,
            JobRow.due_at <= now,
            or_(JobRow.claimed_until.is_(None), JobRow.claimed_until <= now),
        )
        .values(claimed_by=owner, claimed_until=now + ttl, last_started_at=now)
        .returning(JobRow.name)
        .execution_options(synchronize_session=False)
    )
    return claimed.first() is not None


def bring_forward(s: Session, name: str, now: datetime) -> None:
    """Makes a job of the timetable due now; one that nobody has planned yet stays so."""
    s.execute(
        update(JobRow)
        .where(JobRow.name == name, JobRow.due_at > now)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def finish_job(
    s: Session, name: str, *, owner: str, now: datetime, due_at: datetime, error: str = ""
) -> bool:
    """True when the job was still the caller's: it is over, and next due at `due_at`.

    After an `error` the time that it was due at stays owed.
    """
    owed = func.coalesce(JobRow.owed_since, JobRow.due_at) if error else None
    finished = s.execute(
        update(JobRow)
        .where(JobRow.name == name, JobRow.claimed_by == owner)
        .values(
            claimed_by=None,
            claimed_until=None,
            last_finished_at=now,
            due_at=due_at,
            last_error=error,
            owed_since=owed,
        )
        .returning(JobRow.name)
        .execution_options(synchronize_session=False)
    )
    return finished.first() is not None


def renew_job(s: Session, name: str, *, owner: str, until: datetime) -> bool:
    """True when the job is still the caller's, now until then."""
    renewed = s.execute(
        update(JobRow)
        .where(JobRow.name == name, JobRow.claimed_by == owner)
        .values(claimed_until=until)
        .returning(JobRow.name)
        .execution_options(synchronize_session=False)
    )
    return renewed.first() is not None


def list_jobs(s: Session) -> list[Job]:
    """The timetable, by name."""
    rows = s.scalars(select(JobRow).order_by(JobRow.name))
    return [
        Job(
            name=row.name,
            due_at=row.due_at,
            claimed_by=row.claimed_by,
            claimed_until=row.claimed_until,
            last_started_at=row.last_started_at,
            last_finished_at=row.last_finished_at,
            last_error=row.last_error,
            owed_since=row.owed_since,
        )
        for row in rows
    ]
