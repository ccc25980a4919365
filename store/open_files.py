"""Everything that is stored, as files that any program can read: one for each table.

JSON has one object a line, CSV a heading and one row a line. Moments are in UTC, keys in
hexadecimal. An export for others holds no key and no address: the hashes in it mean nothing to
anybody. A complete one holds all that another Rollcall needs to go on.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, LargeBinary, Table
from sqlalchemy.types import JSON

from domain.errors import UsageError
from domain.plain_text import defuse_cell
from store.columns import UtcDateTime
from store.transfer import PORTION, list_tables, read_rows, write_rows

CARD = "export.json"
# What belongs to this installation or to people, and says nothing about communities.
OURS_ALONE = frozenset(
    {
        "contributions",
        "devices",
        "hosts",
        "jobs",
        "outbox",
        "readers",
        "review_claims",
        "robots",
        "secrets",
        "sign_in_tries",
        "sign_ins",
        "user_choices",
    }
)
# Columns that name or reach a person, or that would undo a hash.
CLOSED = frozenset(
    {
        ("attestations", "by"),
        ("communities", "owner_address"),
        ("communities", "secret_key"),
        ("decisions", "note"),
        ("optouts", "note"),
        ("sources", "own_key"),
        ("users", "address"),
        ("users", "name"),
    }
)
# Good for a few minutes at most, and for nobody else.
NEVER = frozenset({"devices", "review_claims", "robots", "sign_in_tries", "sign_ins"})
Row = Sequence[object]


class Form(StrEnum):
    """How the rows are written."""

    JSON = "json"
    CSV = "csv"


def write_tables(
    connection: Connection, folder: Path, form: Form, *, complete: bool
) -> dict[str, int]:
    """How many rows of each table now lie in the folder, one file a table."""
    left_out = NEVER if complete else OURS_ALONE
    counts = {}
    for table in list_tables(connection):
        if table.name in left_out:
            continue
        columns = [c for c in table.columns if complete or (table.name, c.name) not in CLOSED]
        counts[table.name] = _write_table(connection, table, columns, folder, form)
    return counts


def read_tables(connection: Connection, folder: Path, counts: Mapping[str, int]) -> dict[str, int]:
    """How many rows of each table were read from a complete export into an empty database.

    Raises: UsageError when a file is missing or cannot be read, or rows are.
    """
    done = {}
    for table in list_tables(connection):
        if table.name not in counts:
            continue
        file = folder / f"{table.name}.jsonl"
        names = [column.name for column in table.columns]
        try:
            done[table.name] = write_rows(connection, table, names, _read_file(file, table))
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(
                f"cannot be read: {error}", where=str(file), to_do="make the export again"
            ) from error
        if done[table.name] != counts[table.name]:
            raise UsageError(
                f"has {done[table.name]} rows of {counts[table.name]}",
                where=str(file),
                to_do="make the export again",
            )
    return done


# ---- writing ------------------------------------------------------------------------------


def _write_table(
    connection: Connection, table: Table, columns: Sequence[Column[Any]], folder: Path, form: Form
) -> int:
    ending = "jsonl" if form is Form.JSON else "csv"
    places = [list(table.columns).index(column) for column in columns]
    names = [column.name for column in columns]
    count = 0
    with (folder / f"{table.name}.{ending}").open("w", encoding="utf-8", newline="") as stream:
        table_form = csv.writer(stream)
        if form is Form.CSV:
            table_form.writerow(names)
        for some in read_rows(connection, table):
            for row in some:
                plain = [_write_value(row[place]) for place in places]
                if form is Form.JSON:
                    record = dict(zip(names, plain, strict=True))
                    stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                else:
                    table_form.writerow(_as_cell(value) for value in plain)
            count += len(some)
    return count


def _write_value(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _as_cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return defuse_cell(value)


# ---- reading ------------------------------------------------------------------------------


def _read_file(file: Path, table: Table) -> Iterator[list[tuple[object, ...]]]:
    readers = {column.name: _reader_of(column) for column in table.columns}
    some: list[tuple[object, ...]] = []
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            record = json.loads(line)
            some.append(tuple(read(record[name]) for name, read in readers.items()))
            if len(some) == PORTION:
                yield some
                some = []
    if some:
        yield some


def _reader_of(column: Column[Any]) -> Callable[[Any], object]:
    kind = column.type
    read: Callable[[Any], object] = _as_it_is
    if isinstance(kind, LargeBinary):
        read = bytes.fromhex
    elif isinstance(kind, DateTime | UtcDateTime):
        read = datetime.fromisoformat
    elif isinstance(kind, Date):
        read = date.fromisoformat
    elif isinstance(kind, JSON):
        return _as_it_is
    return lambda value: None if value is None else read(value)


def _as_it_is(value: Any) -> object:
    return value
