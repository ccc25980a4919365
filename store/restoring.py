"""Puts a checked database in the place of the one in use, wholly or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from domain.errors import StorageFailed
from store.backups import list_logs, storage_trouble
from store.engine import migrate, open_database
from store.transfer import count_rows, replace_rows

# Who held what when the copy was made holds nothing now. Waits that hosts asked for stay.
LET_GO = (
    "UPDATE sources SET claimed_by = NULL, claimed_until = NULL",
    "UPDATE jobs SET claimed_by = NULL, claimed_until = NULL",
    "UPDATE hosts SET owner = NULL, lease_until = NULL",
    "UPDATE outbox SET claimed_until = NULL",
)
# Fencing tokens only grow: beyond any that was given out after the copy was made.
SKIP_TOKENS = (
    "UPDATE hosts SET token = token + 1000000",
    "UPDATE sources SET claim = claim + 1000000",
)
# What was being read when the copy was made is due at once, not at the end of its claim.
DUE = "UPDATE sources SET due_at = :now WHERE claimed_by IS NOT NULL"


def put_in_place(scratch: Engine, url: str, now: datetime) -> Mapping[str, int]:
    """The rows of each table now in use at `url`; what was there is replaced.

    An SQLite file that was there lies beside the new one afterwards, under its name and the time.

    Raises: StorageFailed when somebody else uses it, or there is no room.
    """
    with scratch.begin() as connection:
        connection.execute(text(DUE), {"now": now})
        for statement in (*LET_GO, *SKIP_TOKENS):
            connection.execute(text(statement))
        counts = count_rows(connection)
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        scratch.dispose()
        _swap_files(Path(scratch.url.database or ""), Path(address.database or ""), now)
        return counts
    target = open_database(url)
    try:
        migrate(target)
        with scratch.connect() as source, target.begin() as connection:
            replace_rows(source, connection)
    finally:
        target.dispose()
    return counts


def _swap_files(new: Path, live: Path, now: datetime) -> None:
    with storage_trouble(live):
        _fold_log(new)
        if live.exists():
            _claim_alone(live)
            live.rename(live.with_name(f"{live.name}.before-{now:%Y%m%dT%H%M%SZ}"))
            for log in list_logs(live):
                log.unlink(missing_ok=True)
        new.rename(live)


def _fold_log(file: Path) -> None:
    """Brings everything of a database into its one file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _claim_alone(live: Path) -> None:
    """Nothing, if nobody else has the database open; one that is damaged is nobody's to use.

    Raises: StorageFailed.
    """
    with (
        suppress(sqlite3.DatabaseError),
        closing(sqlite3.connect(live, isolation_level=None, timeout=2)) as connection,
    ):
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise StorageFailed(
                "somebody else uses the database",
                where=str(live),
                to_do="stop `rollcall run` and `rollcall serve`, then restore again",
            ) from error
