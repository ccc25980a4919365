"""Whole tables, moved from one database to another of the same schema, whatever their kinds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.types import JSON

import store.curator_tables
import store.listing_tables
import store.reader_tables
import store.tables
import store.witness_tables
from store.columns import Base
from store.rows import copy_rows_in

# Imported because they fill the list of tables, and know the types of their columns.
FAMILIES = (
    store.tables,
    store.witness_tables,
    store.listing_tables,
    store.reader_tables,
    store.curator_tables,
)
PORTION = 2_000
DERIVED = ("listings", "listing_marks", "listing_words", "listing_terms", "vitals")
"""Made again from the other tables by whoever finds them empty; never moved."""


def list_tables(connection: Connection) -> list[Table]:
    """The tables that are in the database, each after those it refers to, with our own types.

    Also right for a database of an earlier schema, which lacks some.
    """
    there = set(inspect(connection).get_table_names())
    found = MetaData()
    found.reflect(connection, only=[name for name in name_tables() if name in there])
    for table in found.sorted_tables:
        known = Base.metadata.tables[table.name]
        for column in table.columns:
            if column.name in known.columns:
                column.type = known.columns[column.name].type
    return found.sorted_tables


def name_tables() -> list[str]:
    """The names of all tables that hold something of their own."""
    return sorted(set(Base.metadata.tables) - set(DERIVED))


def count_rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in sorted(list_tables(connection), key=lambda table: table.name)
    }


def read_rows(connection: Connection, table: Table) -> Iterator[Sequence[tuple[object, ...]]]:
    """The rows of a table in portions, by its key, so that no row comes before one it refers to."""
    wanted = select(table).order_by(*table.primary_key.columns)
    rows = connection.execute(wanted, execution_options={"yield_per": PORTION})
    for some in rows.partitions():
        yield [tuple(row) for row in some]


def write_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    portions: Iterator[Sequence[tuple[object, ...]]],
) -> int:
    """How many rows were written, the fastest way that the database knows."""
    if connection.dialect.name == "postgresql":
        return _copy_in(connection, [table.columns[name] for name in columns], portions)
    written = 0
    for some in portions:
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in some])
        written += len(some)
    return written


def copy_rows(source: Connection, target: Connection) -> None:
    """Fills the tables of `target`, which are emptied before, with those of `source`."""
    empty_tables(target)
    theirs = {table.name: table for table in list_tables(target)}
    for table in list_tables(source):
        columns = [column.name for column in table.columns]
        write_rows(target, theirs[table.name], columns, read_rows(source, table))


def empty_tables(target: Connection) -> None:
    """Leaves every table without a row, those too that are made from others."""
    there = set(inspect(target).get_table_names())
    own = [table.name for table in list_tables(target)]
    for name in [*(name for name in DERIVED if name in there), *reversed(own)]:
        target.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - names of our own tables


def replace_rows(source: Connection, target: Connection) -> None:
    """The same for a database in use: the rows to come get numbers of their own."""
    copy_rows(source, target)
    go_on_counting(target)


def go_on_counting(target: Connection) -> None:
    """Lets the next row of each table have a number after those that were written with theirs."""
    if target.dialect.name != "postgresql":
        return
    for table in list_tables(target):
        for column in table.primary_key.columns:
            sequence = target.execute(
                text("SELECT pg_get_serial_sequence(:name, :column)"),
                {"name": table.name, "column": column.name},
            ).scalar()
            if sequence is not None:
                last = target.execute(select(func.max(column))).scalar()
                name: Any = literal_column(f"'{sequence}'")
                target.execute(select(func.setval(name, last or 1, last is not None)))


def _copy_in(
    connection: Connection,
    columns: Sequence[Column[object]],
    portions: Iterator[Sequence[tuple[object, ...]]],
) -> int:
    # Imported here: only where a database of that kind is used.
    from psycopg.types.json import Json  # noqa: PLC0415

    as_json = [isinstance(column.type, JSON) for column in columns]
    raw = connection.connection.driver_connection
    assert raw is not None
    names = [column.name for column in columns]
    rows = (
        [Json(value) if packed else value for value, packed in zip(row, as_json, strict=True)]
        for some in portions
        for row in some
    )
    return copy_rows_in(raw, columns[0].table.name, names, rows)
