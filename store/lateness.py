"""What did not happen at its time: duties and visits that are overdue by more than their grace."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.alerts import AlertPolicy, Late
from store.jobs import list_jobs
from store.sources import VISITED
from store.tables import SourceRow


def list_late(s: Session, policy: AlertPolicy, now: datetime) -> list[Late]:
    """Duties, then sources, that are late, the longest overdue first.

    A duty that failed is overdue from the time at which it was first to be done, however often it
    was tried since. A source that is being read at the moment is not late.
    """
    duties = [
        Late(name=job.name, due_at=owed)
        for job in list_jobs(s)
        if (owed := job.owed_since or job.due_at) + policy.grace_of(job.name) < now
    ]
    rows = s.execute(
        select(SourceRow.name, SourceRow.due_at)
        .where(
            SourceRow.paused.is_(False),
            SourceRow.platform.in_(VISITED),
            SourceRow.due_at < now - policy.visit_grace,
            or_(SourceRow.claimed_until.is_(None), SourceRow.claimed_until <= now),
        )
        .order_by(SourceRow.due_at, SourceRow.name)
    )
    sources = [Late(name=row.name, due_at=row.due_at, is_source=True) for row in rows]
    return sorted(duties, key=lambda late: late.due_at) + sources
