"""The database: opened, upgraded, and handed out as sessions that write wholly or not at all.

The same code runs on SQLite (one file, write-ahead log) and on PostgreSQL. What differs between
them stands in this file and nowhere else.

SQLite as Python drives it begins transactions late and by guessing. So the driver is told not to
(`isolation_level=None`) and every transaction is begun here: `BEGIN IMMEDIATE` for writers, who
then wait for one another instead of failing half-way, `BEGIN` for readers, who see one moment.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from domain.errors import ConfigError, StorageFailed
from store.columns import Base, plain_table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import ConnectionPoolEntry

SCHEMA = "0008"
"""The revision this program works with. Revisions are numbered: the order of their text counts."""

BUSY_SECONDS = 30
IDLE_SECONDS = 2.0
BUSY_PAUSE_SECONDS = 0.02
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = (
    7_226_652_255  # any number that no other program on the same server is likely to use
)

# Execution option of a connection: may this transaction write?
WRITES = "rollcall_writes"

# What SQLite says when storage fails, and what a person can do about it.
SQLITE_TROUBLE = {
    "database or disk is full": "free some space and run the same command again",
    "readonly database": "make the file and its folder writable for this user",
    "unable to open database file": "check that the folder exists and is writable for this user",
    "disk i/o error": "check the disk, then restore the last backup if the file is damaged",
    "database is locked": "another process has been writing for long: try again",
    "is not a database": "give the path of a Rollcall database, or restore a backup",
    "image is malformed": "restore the last backup",
}


def open_database(url: str, *, keep_open: bool = False) -> Engine:
    """An engine for the database at `url`, tried once.

    `keep_open` is for whoever works through many small transactions, and calls `dispose` where it
    ends before its process: an SQLite file that is opened for each costs 1 to 2 ms a time, most of
    a quiet visit.

    Raises: `ConfigError` for an address that cannot be one, `StorageFailed` when the database
    cannot be reached or its file not be used.
    """
    address = _read_address(url)
    engine = _create_engine(address, keep_open=keep_open)
    if address.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    with _storage_errors(engine), _for_reading(engine).connect():
        return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one moment of the database and refuses to write."""
    with (
        _storage_errors(engine, writes=False),
        Session(_for_reading(engine), execution_options=FRESH) as session,
    ):
        yield session


@contextmanager
def asking(engine: Engine) -> Iterator[Session]:
    """A session for a single question, which is of one moment without a transaction around it.

    On PostgreSQL that saves two of three answers to wait for; it would not refuse to write.
    """
    with _storage_errors(engine, writes=False), Session(_for_asking(engine)) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose changes are committed together at the end, or not at all.

    Raises: `StorageFailed` when the disk is full, read-only or gone; nothing is written then.
    """
    with _storage_errors(engine), Session(engine, execution_options=FRESH) as session:
        session.connection()  # takes the write lock now, before anything is read
        yield session
        session.commit()


def insert_into(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the words of the session's database.

    Into the plain table: through the mapped class many rows would go in portions by which of
    their columns are empty, several times slower.
    """
    return insert_for(session.get_bind().dialect.name, table)


def insert_for(dialect: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """What `insert_into` gives, for statements that are built once for each kind of database."""
    plain = plain_table(table)
    if dialect == "postgresql":
        # Imported here: it costs every start of a program that runs on SQLite.
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415

        return postgresql.insert(plain)
    return sqlite.insert(plain)


def schema_version(engine: Engine) -> str | None:
    """The revision of the database's schema; `None` for a database without one."""
    with _storage_errors(engine, writes=False), _for_reading(engine).connect() as connection:
        return _read_version(connection)


def check_schema(engine: Engine) -> None:
    """Nothing, if this program fits the database.

    Raises: `ConfigError` when the schema is missing, older or newer.
    """
    found = schema_version(engine)
    if found == SCHEMA:
        return
    where = _place(engine.url)
    if found is None:
        raise ConfigError("the database is empty", where=where, to_do="run: rollcall init")
    if found > SCHEMA:
        raise _too_new(found, where)
    raise ConfigError(
        f"the database has schema {found}, this program needs {SCHEMA}",
        where=where,
        to_do="run: rollcall upgrade",
    )


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Brings the schema to `SCHEMA`, in one transaction; does nothing when it is there already.

    `to` names an earlier revision for a database that is to hold what an earlier program wrote.

    Raises: `ConfigError` when the database is newer than this program.
    """
    # Imported here: Alembic costs a tenth of a second that every other command would pay.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    with _storage_errors(engine), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        found = _read_version(connection)
        if found is not None and found > SCHEMA:
            raise _too_new(found, _place(engine.url))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)


# Rows are only ever changed by statements, never through loaded objects: what a statement changed
# must be seen by the next load in the same session.
FRESH = {"populate_existing": True}

# Seconds, and how many unanswered signs.
KEEP_ALIVE = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


def _read_address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "the database address cannot be read", to_do="write it like sqlite:////path/file.db"
        ) from error
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(
            f"{address.get_backend_name()} databases are not supported",
            where=_place(address),
            to_do="use sqlite:// or postgresql://",
        )
    return address


def _create_engine(address: URL, *, keep_open: bool) -> Engine:
    if address.get_backend_name() == "sqlite":
        _make_closed(address.database)
        # No pool otherwise: opening a file costs less than a connection that nobody closes.
        return create_engine(
            address,
            poolclass=QueuePool if keep_open else NullPool,
            connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
        )
    try:
        engine = create_engine(address)
        event.listen(engine, "connect", _hang_up_on_the_gone)
        event.listen(engine, "checkout", _ping_if_idle)
        event.listen(engine, "checkin", _note_use)
        return engine
    except (ImportError, NoSuchModuleError) as error:
        raise ConfigError(
            f"the database driver {address.drivername} is not installed",
            where=_place(address),
            to_do="install the package psycopg, or use SQLite",
        ) from error


def _hang_up_on_the_gone(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Nothing; a machine that vanished keeps what it had locked for a minute, not for hours."""
    cursor = connection.cursor()
    for name, value in KEEP_ALIVE.items():
        cursor.execute(f"SET {name} = {value}")
    cursor.close()
    connection.commit()


def _note_use(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_if_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Nothing, if the connection was used just now or still works; else the pool opens another.

    A crawl asks several times a second: a ping each time would be a quarter of all it asks.
    """
    if time.monotonic() - record.info.get("used_at", 0.0) < IDLE_SECONDS:
        return
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error
    finally:
        cursor.close()


def _make_closed(file: str | None) -> None:
    """Nothing; a database that SQLite is about to make holds keys, and is nobody else's to read."""
    if file and file != ":memory:" and not file.startswith("file:"):
        with suppress(OSError):  # what cannot be made is told by whoever opens it
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _for_reading(engine: Engine) -> Engine:
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(**{WRITES: False})


def _for_asking(engine: Engine) -> Engine:
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return _for_reading(engine)


def _set_pragmas(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    _use_write_ahead_log(cursor)
    # With a write-ahead log this still keeps whole transactions through a kill or a power cut.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _use_write_ahead_log(cursor: DBAPICursor) -> None:
    """Nothing, once the log is on. For this SQLite waits for nobody, so we do."""
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(BUSY_PAUSE_SECONDS)
        else:
            return


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, True)
    if connection.info.get(WRITES) is not writes:
        connection.exec_driver_sql(f"PRAGMA query_only = {0 if writes else 1}")
        connection.info[WRITES] = writes
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _read_version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if version is None else str(version)


def _too_new(found: str, where: str) -> ConfigError:
    return ConfigError(
        f"the database has schema {found}, newer than this program's {SCHEMA}",
        where=where,
        to_do="install the Rollcall that wrote it, or restore an older backup",
    )


@contextmanager
def _storage_errors(engine: Engine, *, writes: bool = True) -> Iterator[None]:
    """Turns the database's own complaints about its storage into `StorageFailed`."""
    try:
        yield
    except DBAPIError as error:
        to_do = _find_remedy(error, engine.dialect.name, writes=writes)
        if to_do is None:
            raise
        what = str(error.orig).strip().splitlines()[0]
        raise StorageFailed(what, where=_place(engine.url), to_do=to_do) from error


def _find_remedy(error: DBAPIError, dialect: str, *, writes: bool) -> str | None:
    """What to do about a failing storage; `None` when the fault is the program's."""
    said = str(error.orig).lower()
    if dialect == "postgresql":
        refused = writes and "read-only transaction" in said
        if refused or error.connection_invalidated or isinstance(error, OperationalError):
            return "check that the database server runs and has space, then try again"
        return None
    if not writes and "readonly database" in said:
        return None  # a write inside `reading()` is a mistake in this program
    return next((to_do for part, to_do in SQLITE_TROUBLE.items() if part in said), None)


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    return url.render_as_string(hide_password=True)
