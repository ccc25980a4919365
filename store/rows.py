"""Many rows stored at once, by the fastest way that each database's driver has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, LargeBinary, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from store.columns import Base, plain_table

if TYPE_CHECKING:
    from psycopg import Connection as PostgresConnection

T = TypeVar("T")
VALUES_PER_STATEMENT = 500


def add_new_rows(
    s: Session, table: type[Base], columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> int:
    """How many of the rows were stored: one whose key is there already is left out.

    By the fastest way that each driver has. Values are converted by the types of their columns.
    """
    plain = plain_table(table)
    connection = s.connection()
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        return _add_positionally(connection, plain, columns, rows)
    return _add_by_column(connection, plain, columns, rows)


def _add_positionally(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> int:
    """Without SQLAlchemy's dictionary of each row, which costs as much as storing the row."""
    dialect = connection.dialect
    new = sqlite.insert(table).on_conflict_do_nothing()
    statement = new.compile(dialect=dialect, column_keys=list(columns))
    types = [table.c[name].type for name in columns]
    converters = [
        None
        if isinstance(kind, LargeBinary)
        else kind.dialect_impl(dialect).bind_processor(dialect)
        for kind in types
    ]
    converted = [
        values if convert is None else [v if v is None else convert(v) for v in values]
        for convert, values in zip(converters, zip(*rows, strict=True), strict=True)
    ]
    ordered = list(zip(*converted, strict=True))
    return connection.exec_driver_sql(str(statement), ordered).rowcount


def _add_by_column(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> int:
    """One array for each column: as fast as COPY, which knows no conflict."""
    names = ", ".join(columns)
    kinds = (table.c[name].type.compile(connection.dialect) for name in columns)
    arrays = ", ".join(f"%b::{kind}[]" for kind in kinds)
    statement = (
        f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608
        " ON CONFLICT DO NOTHING"
    )
    values = tuple(list(column) for column in zip(*rows, strict=True))
    return connection.exec_driver_sql(statement, values).rowcount


def copy_rows_in(
    raw: PostgresConnection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """How many rows went into a table of PostgreSQL by COPY, several times faster than INSERT.

    `raw` is the connection of the driver, in the caller's transaction.
    """
    # Imported here: only where a database of that kind is used.
    from psycopg import sql  # noqa: PLC0415

    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    written = 0
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            written += 1
    return written


def split_values(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in portions that every database takes in one statement."""
    for start in range(0, len(values), VALUES_PER_STATEMENT):
        yield values[start : start + VALUES_PER_STATEMENT]
