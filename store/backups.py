"""Backups: one SQLite file that holds one moment of the database, whichever kind that is.

A backup is a database of its own, so it can be opened, checked and counted anywhere. It says of
itself when it was made and how many rows there were, counted in the moment that was copied. Left
out are sign-in codes, cached robots.txt and the texts of mails that went out. In it, because a
restore needs them: the addresses of users, mails that wait, and the keys of hashes and sessions.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from domain.errors import StorageFailed, UsageError
from store.engine import migrate, open_database, reading, schema_version

CARD = "rollcall_backup"
EMPTIED = ("sign_ins", "robots")
SENT_TEXTS = "UPDATE outbox SET message = x'' WHERE sent_at IS NOT NULL OR failed_at IS NOT NULL"
LARGEST_DAMAGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCard:
    """What a backup says of itself. `counts` holds the rows of each table at that moment."""

    made_at: datetime
    schema: str
    program: str
    counts: Mapping[str, int]


def write_backup(engine: Engine, file: Path, *, now: datetime, program: str) -> BackupCard:
    """The card of the backup that now lies at `file`, whole or not at all; others go on writing.

    Works for a database of any earlier schema too.

    Raises: UsageError when there is a file already, StorageFailed.
    """
    if file.exists():
        raise UsageError(
            "there is a file already", where=str(file), to_do="name another, or remove it"
        )
    schema = schema_version(engine)
    if schema is None:
        raise UsageError("the database is empty", to_do="run: rollcall init")
    part = file.with_name(file.name + ".part")
    try:
        with storage_trouble(file):
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            counts = _copy(engine, part, schema)
            card = BackupCard(made_at=now, schema=schema, program=program, counts=counts)
            _tidy(part, card)
            _settle(part, file)
    finally:
        for leftover in (part, *list_logs(part)):
            leftover.unlink(missing_ok=True)
    return card


def read_card(file: Path) -> BackupCard:
    """What the backup says of itself.

    Raises: UsageError when the file is missing or no backup, or is damaged.
    """
    if not file.is_file():
        raise UsageError("there is no such file", where=str(file), to_do="name a backup")
    try:
        with closing(_open(file, "mode=ro&immutable=1")) as connection:
            values = dict(connection.execute(f"SELECT name, value FROM {CARD}"))  # noqa: S608
        return BackupCard(
            made_at=datetime.fromisoformat(values["made_at"]),
            schema=values["schema"],
            program=values["program"],
            counts=json.loads(values["counts"]),
        )
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise _damaged(file, f"is no backup of Rollcall, or damaged ({error})") from error


@contextmanager
def open_scratch(file: Path, folder: Path) -> Iterator[Engine]:
    """The backup, loaded into a database of its own in `folder`, checked and brought up to date.

    It is gone at the end of the block, unless it was moved elsewhere.

    Raises: UsageError when the backup is damaged, is not whole, or is newer than this program.
    """
    card = read_card(file)
    scratch = folder / f"scratch-{os.getpid()}.db"
    try:
        with storage_trouble(scratch):
            _load(file, scratch)
        _check_whole(file, scratch, card)
        engine = open_database(f"sqlite:///{scratch}")
        try:
            migrate(engine)
            yield engine
        finally:
            engine.dispose()
    finally:
        for leftover in (scratch, *list_logs(scratch)):
            leftover.unlink(missing_ok=True)


def find_damage(engine: Engine) -> str:
    """What is broken inside an SQLite database; nothing where it is whole, or of another kind."""
    if engine.dialect.name != "sqlite":
        return ""
    with reading(engine) as session:
        connection = session.connection()
        said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(3)")]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(LARGEST_DAMAGE)
    found = [line for line in said if line != "ok"]
    return "; ".join([*found, *(f"{row[0]} points to nothing in {row[2]}" for row in orphans)])


def list_logs(file: Path) -> tuple[Path, ...]:
    """The files that SQLite may have beside a database."""
    return tuple(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))


@contextmanager
def storage_trouble(file: Path) -> Iterator[None]:
    """Turns the complaints of SQLite and of the file system into `StorageFailed`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StorageFailed(
            f"cannot be written: {said}",
            where=str(file),
            to_do="make room, or let this user write there; nothing was changed",
        ) from error


# ---- making -------------------------------------------------------------------------------


def _copy(engine: Engine, part: Path, schema: str) -> dict[str, int]:
    """Copies one moment; gives the rows of each table in that moment."""
    if engine.dialect.name == "sqlite":
        return _copy_file(Path(engine.url.database or ""), part)
    from store.transfer import copy_rows, count_rows  # noqa: PLC0415

    target = open_database(f"sqlite:///{part}")
    try:
        migrate(target, to=schema)
        with reading(engine) as session, target.begin() as connection:
            source = session.connection()
            copy_rows(source, connection)
            return count_rows(source)
    finally:
        target.dispose()


def _copy_file(live: Path, part: Path) -> dict[str, int]:
    from store.transfer import name_tables  # noqa: PLC0415

    with closing(_open(live)) as source, closing(sqlite3.connect(part)) as target:
        # The copy is made inside this transaction, so that it is of the moment that is counted.
        source.execute("BEGIN")
        there = _list_tables(source)
        counts = {name: _count(source, name) for name in name_tables() if name in there}
        source.backup(target)
    return counts


def _tidy(part: Path, card: BackupCard) -> None:
    """Leaves out what no restore needs, and writes the card."""
    from store.transfer import DERIVED  # noqa: PLC0415

    with closing(_open(part)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
        for table in _list_tables(copy) & {*EMPTIED, *DERIVED}:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608
        copy.execute(SENT_TEXTS)
        copy.execute(f"DROP TABLE IF EXISTS {CARD}")
        copy.execute(f"CREATE TABLE {CARD} (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        said = {
            "made_at": card.made_at.isoformat(),
            "schema": card.schema,
            "program": card.program,
            "counts": json.dumps(card.counts),
        }
        copy.executemany(f"INSERT INTO {CARD} VALUES (?, ?)", said.items())  # noqa: S608
        copy.execute("VACUUM")  # what was deleted is gone, not only hidden


def _settle(part: Path, file: Path) -> None:
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.rename(file)


# ---- checking -----------------------------------------------------------------------------


def _load(file: Path, scratch: Path) -> None:
    os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    with (
        closing(_open(file, "mode=ro&immutable=1")) as source,
        closing(sqlite3.connect(scratch)) as target,
    ):
        source.backup(target)


def _check_whole(file: Path, scratch: Path, card: BackupCard) -> None:
    try:
        with closing(_open(scratch)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
            kept = {name: n for name, n in card.counts.items() if name not in EMPTIED}
            found = {name: _count(connection, name) for name in kept}
            connection.execute(f"DROP TABLE {CARD}")
    except sqlite3.Error as error:
        raise _damaged(file, f"is damaged ({error})") from error
    if said != "ok":
        raise _damaged(file, f"is damaged ({said})")
    if orphan is not None:
        raise _damaged(file, f"is not whole: {orphan[0]} points to nothing in {orphan[2]}")
    short = [f"{name} {found[name]} of {n}" for name, n in kept.items() if found[name] != n]
    if short:
        raise _damaged(file, f"is not whole: {', '.join(short)}")


def _damaged(file: Path, what: str) -> UsageError:
    return UsageError(what, where=str(file), to_do="take another backup")


def _open(file: Path, options: str = "mode=rw") -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?{options}", uri=True, isolation_level=None, timeout=30
    )


def _list_tables(connection: sqlite3.Connection) -> set[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {str(row[0]) for row in found}


def _count(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()  # noqa: S608
    return int(count)
