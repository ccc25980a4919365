"""What a wrong clock left behind: moments that no honest run could have written, and their repair.

A clock that stood in the future for a while makes visits due in years, leases that never end and
coverage of days that nobody has seen. Each horizon is more than the longest wait that the program
itself ever sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Update,
    delete,
    func,
    null,
    select,
    update,
)
from sqlalchemy.orm import Session

from store.columns import Base
from store.tables import CoverageRow, HostRow, JobRow, OutboxRow, RobotsRow, SourceRow

LONGEST_WAIT = timedelta(days=8)
LONGEST_CLAIM = timedelta(days=2)
LONGEST_LEASE = timedelta(hours=1)
# Two machines on one database may differ a little.
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """Rows with a moment too far ahead: what they are, how many, and how that is put right."""

    what: str
    table: type[Base]
    wrong: ColumnElement[bool]
    repair: Update | Delete


def count_impossible(s: Session, now: datetime, longest_duty: timedelta) -> dict[str, int]:
    """How many rows of each kind lie too far ahead; kinds without any are left out.

    `longest_duty` is the longest time between two runs of a duty, by the settings.
    """
    counts = {
        one.what: s.scalars(select(func.count()).select_from(one.table).where(one.wrong)).one()
        for one in _list_kinds(now, longest_duty)
    }
    return {what: count for what, count in counts.items() if count}


def repair_impossible(s: Session, now: datetime, longest_duty: timedelta) -> dict[str, int]:
    """How many rows of each kind were put right: what waits is due, what is held is let go."""
    done: dict[str, int] = {}
    for one in _list_kinds(now, longest_duty):
        result = s.execute(one.repair.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        if result.rowcount:
            done[one.what] = result.rowcount
    return done


def _list_kinds(now: datetime, longest_duty: timedelta) -> Iterator[Impossible]:
    yield from _list_waits(now, longest_duty)
    yield from _list_holds(now)
    ahead = now + CLOCKS_DIFFER
    # The first leaves the second only those that have begun.
    unseen = (CoverageRow.end > ahead) & (CoverageRow.start >= now)
    yield _kind("days seen before they began", unseen, delete(CoverageRow).where(unseen))
    wrong = (CoverageRow.end > ahead) & (CoverageRow.start < now)
    yield _kind(
        "days seen before they ended", wrong, update(CoverageRow).where(wrong).values(end=now)
    )
    yield _kind(
        "robots.txt of the future",
        RobotsRow.fetched_at > ahead,
        delete(RobotsRow).where(RobotsRow.fetched_at > ahead),
    )


def _list_waits(now: datetime, longest_duty: timedelta) -> Iterator[Impossible]:
    late = now + LONGEST_WAIT
    wrong = SourceRow.due_at > late
    yield _kind("visits", wrong, update(SourceRow).where(wrong).values(due_at=now))
    wrong = HostRow.not_before > late
    yield _kind("waits of hosts", wrong, update(HostRow).where(wrong).values(not_before=now))
    wrong = OutboxRow.not_before > late
    yield _kind("mails", wrong, update(OutboxRow).where(wrong).values(not_before=now))
    wrong = JobRow.due_at > now + max(LONGEST_WAIT, longest_duty * 1.1)
    yield _kind("duties", wrong, update(JobRow).where(wrong).values(due_at=now))


def _list_holds(now: datetime) -> Iterator[Impossible]:
    late = now + LONGEST_CLAIM
    free = {"claimed_by": null(), "claimed_until": null()}
    wrong = SourceRow.claimed_until > late
    due = update(SourceRow).where(wrong).values(**free, due_at=now)
    yield _kind("claims of sources", wrong, due)
    wrong = JobRow.claimed_until > late
    yield _kind("claims of duties", wrong, update(JobRow).where(wrong).values(**free))
    wrong = OutboxRow.claimed_until > late
    yield _kind("claims of mails", wrong, update(OutboxRow).where(wrong).values(claimed_until=None))
    wrong = HostRow.lease_until > now + LONGEST_LEASE
    yield _kind(
        "leases of hosts", wrong, update(HostRow).where(wrong).values(owner=None, lease_until=None)
    )


def _kind(what: str, wrong: ColumnElement[bool], repair: Update | Delete) -> Impossible:
    table: type[Base] = repair.entity_description["entity"]
    return Impossible(what=what, table=table, wrong=wrong, repair=repair)
