"""Desk work that has a time of its own, done once however many services look at one database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine

from jobs.heartbeat import repeating
from jobs.service_log import log_failure
from store.engine import reading, writing
from store.jobs import claim_job, finish_job, list_jobs, renew_job

log = logging.getLogger("rollcall.service")
DUTY_TTL = timedelta(minutes=15)
RETRY_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Desk work with a time of its own: `next_due` gives the moment after now."""

    name: str
    next_due: Callable[[datetime], datetime]
    work: Callable[[datetime], None]


def do_all_due(
    engine: Engine,
    duties: Sequence[Duty],
    clock: Callable[[], datetime],
    *,
    owner: str,
    ended: Callable[[], bool],
) -> None:
    """Nothing; does whose time has come, one after the other until `ended`.

    One that fails is logged, and does not keep the others from being done.
    """
    for duty in list_due_duties(engine, duties, clock()):
        if ended():
            return
        try:
            do_if_due(engine, duty, clock, owner=owner)
        except Exception as error:  # noqa: BLE001 - see above
            log_failure(duty.name, error)


def list_due_duties(engine: Engine, duties: Sequence[Duty], now: datetime) -> list[Duty]:
    """The duties that the timetable does not know yet, or whose time has come.

    One look at all of them: to claim each in turn takes the write lock once for each.
    """
    with reading(engine) as session:
        planned = {job.name: job.due_at for job in list_jobs(session)}
    return [duty for duty in duties if duty.name not in planned or planned[duty.name] <= now]


def do_if_due(engine: Engine, duty: Duty, clock: Callable[[], datetime], *, owner: str) -> None:
    """Nothing; does the duty if its time has come and nobody else does it.

    What fails is tried again a minute later, and stays owed.
    """
    now = clock()
    with writing(engine) as session:
        mine = claim_job(
            session,
            duty.name,
            owner=owner,
            now=now,
            ttl=DUTY_TTL,
            first_due=duty.next_due(now),
        )
    if not mine:
        return
    error = ""
    due_at = duty.next_due(now)
    try:
        # One that takes long stays ours, so that nobody does it a second time.
        with repeating(DUTY_TTL / 3, partial(_renew, engine, duty, clock, owner)):
            duty.work(now)
        log.info("%s done", duty.name)
    except Exception as failure:
        error = str(failure).splitlines()[0] if str(failure) else type(failure).__name__
        due_at = now + RETRY_AFTER
        raise
    finally:
        with writing(engine) as session:
            finish_job(session, duty.name, owner=owner, now=clock(), due_at=due_at, error=error)


def _renew(engine: Engine, duty: Duty, clock: Callable[[], datetime], owner: str) -> None:
    with writing(engine) as session:
        renew_job(session, duty.name, owner=owner, until=clock() + DUTY_TTL)
