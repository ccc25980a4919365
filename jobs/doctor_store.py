"""The checks of the database and of what it says about the work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, text

from config import Settings
from domain.alerts import Late
from domain.errors import RollcallError
from jobs.alert_policy import alert_policy, list_recipients
from jobs.backups import list_backups
from jobs.doctor import Check, Finding, Grade, Patient, ok, skip
from jobs.doctor_place import read_clock_state
from presentation.dates import describe_length
from store.backups import find_damage
from store.engine import SCHEMA, reading, schema_version, writing
from store.jobs import list_jobs
from store.lateness import list_late
from store.searching import has_trigrams
from store.sources import list_sources
from store.upkeep import count_impossible, repair_impossible

MIB = 1024 * 1024
OLDEST_BACKUP = timedelta(days=8)
CLOCKS_DIFFER = timedelta(seconds=30)
NAMED = 5
SET_CLOCK = "see that this clock is right and kept right, then: rollcall doctor --fix"


class WrongTimes(RollcallError):
    """Moments that no run could have set: a clock was wrong, or is."""


def check_database(patient: Patient) -> Iterator[Finding]:
    """Whether it answers, has our schema, and is whole."""
    if patient.trouble is not None:
        raise patient.trouble
    engine = patient.engine
    assert engine is not None
    found = schema_version(engine)
    if found != SCHEMA:
        yield _wrong_schema(found)
    else:
        yield ok("schema", f"{found}, the newest")
    damage = find_damage(engine)
    if damage:
        yield Finding(
            check="integrity",
            grade=Grade.FAIL,
            said=damage,
            where=str(engine.url.database),
            to_do="rollcall restore with the newest backup",
        )
    elif engine.dialect.name == "sqlite":
        size = Path(str(engine.url.database)).stat().st_size
        yield ok("integrity", f"whole, {size // MIB} MiB")
    else:
        yield skip("integrity", "the server's own business (PostgreSQL)")


def _wrong_schema(found: str | None) -> Finding:
    to_do = "rollcall upgrade"
    if found is None:
        to_do = "rollcall init"
    elif found > SCHEMA:
        to_do = "install the Rollcall that wrote it, or restore an older backup"
    return Finding(
        check="schema",
        grade=Grade.FAIL,
        said=f"{found or 'none'}; this program needs {SCHEMA}",
        to_do=to_do,
    )


def check_server_clock(patient: Patient) -> Iterator[Finding]:
    """Whether the database server's clock agrees with ours."""
    engine = _usable(patient)
    if engine is None or engine.dialect.name == "sqlite":
        return
    with reading(engine) as session:
        theirs = session.scalar(text("SELECT clock_timestamp()"))
    assert isinstance(theirs, datetime)
    # Measured around the same moment: what was read before `now` may be a little older.
    apart = abs(theirs.astimezone(UTC) - patient.now)
    if apart <= CLOCKS_DIFFER:
        yield ok("server clock", "agrees with ours")
        return
    yield Finding(
        check="server clock",
        grade=Grade.FAIL,
        said=f"differs from ours by {describe_length(apart)}",
        to_do="switch on time synchronisation on both machines",
    )


def check_claims(patient: Patient) -> Iterator[Finding]:
    """Whether anything waits for a moment that no run could have set."""
    engine = _usable(patient)
    if engine is None:
        return
    wrong = list_wrong(engine, patient.settings, patient.now)
    if not wrong:
        yield ok("claims", "nothing is held or waits beyond its time")
        return
    finding = Finding(
        check="claims",
        grade=Grade.FAIL,
        said=f"too far in the future, as a wrong clock leaves them: {wrong}",
        to_do=SET_CLOCK,
    )
    # Were our own clock the wrong one, the repair would throw away what was really seen.
    if read_clock_state():
        finding = replace(finding, repair=partial(free_stuck, engine, patient))
    yield finding


def list_wrong(engine: Engine, settings: Settings, now: datetime) -> str:
    """How many of what lie too far in the future, in words; nothing where none does."""
    with reading(engine) as session:
        wrong = count_impossible(session, now, longest_duty(settings))
    return ", ".join(f"{count} {what}" for what, count in wrong.items())


def free_stuck(engine: Engine, patient: Patient) -> None:
    """Puts right what a wrong clock had left too far in the future."""
    with writing(engine) as session:
        repair_impossible(session, patient.now, longest_duty(patient.settings))


def require_honest_times(engine: Engine, settings: Settings, now: datetime) -> None:
    """Nothing, unless something waits for a moment that no run could have set.

    Raises: WrongTimes.
    """
    wrong = list_wrong(engine, settings, now)
    if wrong:
        what = f"too far in the future, as a wrong clock leaves them: {wrong}"
        raise WrongTimes(what, to_do=SET_CLOCK)


def longest_duty(settings: Settings) -> timedelta:
    """The longest time between two runs of any duty."""
    return max(timedelta(days=7), timedelta(hours=settings.backup.every_hours))


def check_late(patient: Patient) -> Iterator[Finding]:
    """Whether everything that was due was done."""
    engine = _usable(patient)
    if engine is None:
        return
    with reading(engine) as session:
        late = list_late(session, alert_policy(patient.settings), patient.now)
        failed = [job for job in list_jobs(session) if job.last_error]
    for job in failed:
        yield Finding(
            check="duties",
            grade=Grade.FAIL,
            said=f"{job.name} failed: {job.last_error}",
            to_do="it is tried again every minute; repair the cause",
        )
    if not late:
        yield ok("timetable", "nothing is late")
        return
    yield Finding(
        check="timetable",
        grade=Grade.FAIL,
        said=f"{len(late)} late: {_name(late, patient.now)}",
        to_do="see that `rollcall run` runs, and what its log says",
    )


def _name(late: list[Late], now: datetime) -> str:
    named = [f"{one.name} ({describe_length(now - one.due_at)})" for one in late[:NAMED]]
    return ", ".join(named) + (" …" if len(late) > NAMED else "")


def check_backups(patient: Patient) -> Iterator[Finding]:
    """Whether there is a backup of this week."""
    engine = _usable(patient)
    if engine is None:
        return
    with reading(engine) as session:
        empty = not list_sources(session)
    backups = list_backups(patient.settings)
    where = str(patient.settings.backup_folder)
    if not backups and empty:
        yield skip("backup", "there is nothing to keep yet")
    elif not backups:
        yield Finding(
            check="backup",
            grade=Grade.WARN,
            said="there is none yet",
            where=where,
            to_do="rollcall backup, or let `rollcall run` make one every day",
        )
    elif (age := patient.now - backups[0].made_at) > OLDEST_BACKUP:
        yield Finding(
            check="backup",
            grade=Grade.FAIL,
            said=f"the newest is {describe_length(age)} old",
            where=where,
            to_do="rollcall backup; then see why `rollcall run` makes none",
        )
    else:
        yield ok("backup", f"{len(backups)} kept, the newest {describe_length(age)} old")


def check_alerts(patient: Patient) -> Iterator[Finding]:
    """Whether anybody hears when something breaks."""
    engine = _usable(patient)
    if engine is None:
        return
    with reading(engine) as session:
        told = list_recipients(session, patient.settings)
    if told:
        yield ok("alerts", f"{len(told)} told")
        return
    yield Finding(
        check="alerts",
        grade=Grade.WARN,
        said="nobody is told when something breaks",
        to_do="rollcall users invite NAME ADDRESS --role operator",
    )


def check_search(patient: Patient) -> Iterator[Finding]:
    """Whether the public list finds misspelt words too."""
    engine = _usable(patient)
    if engine is None:
        return
    with reading(engine) as session:
        full = has_trigrams(session)
    if full:
        yield ok("search", "finds words, and the nearest to misspelt ones")
        return
    yield Finding(
        check="search",
        grade=Grade.WARN,
        said="misspelt words find nothing: the database is without the extension pg_trgm",
        to_do="let an administrator of the server run in it: CREATE EXTENSION pg_trgm",
    )


def _usable(patient: Patient) -> Engine | None:
    """The database, if it has our schema; what else there is to say was said already."""
    if patient.engine is None or schema_version(patient.engine) != SCHEMA:
        return None
    return patient.engine


STORE_CHECKS: tuple[Check, ...] = (
    check_database,
    check_server_clock,
    check_claims,
    check_late,
    check_backups,
    check_alerts,
    check_search,
)
