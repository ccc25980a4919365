"""A folder of post histories, read into columns: one table of communities, one of events.

`communities.csv` has at least the columns `community_id`, `origin` and `obs_end`: the second (UTC)
up to which the history is complete and after which nothing is known. `events.parquet` or
`events.csv` has `community_id`, `ts` (UTC seconds), `author_hash` and `thread_hash`, both empty
where unknown. Parquet needs the optional package pyarrow.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from domain.errors import UsageError
from scoring.activity import Columns, Floats, Ints, read_columns

COMMUNITY_COLUMNS = ("community_id", "origin", "obs_end")
EVENT_COLUMNS = ("community_id", "ts", "author_hash", "thread_hash")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """One community's whole history; `until` is the second up to which it is complete."""

    name: str
    origin: str
    until: float
    posts: Columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Events:
    """Codes instead of words: -1 where an author or a thread is not known."""

    community: Ints
    ts: Floats
    author: Ints
    thread: Ints


def read_folder(folder: Path) -> tuple[Subject, ...]:
    """The communities of a folder in the order of their names, those without a post left out.

    Raises: UsageError when a file or a column is missing, or holds what it should not.
    """
    communities = _read_communities(folder / "communities.csv")
    names = [name for name, _, _ in communities]
    events = _read_events(folder, names)
    order = np.lexsort((events.ts, events.community))
    ends = np.searchsorted(events.community[order], np.arange(len(names) + 1))
    found = []
    for number, (name, origin, until) in enumerate(communities):
        own = order[ends[number] : ends[number + 1]]
        if len(own) == 0:
            continue
        posts = read_columns(events.ts[own], events.author[own], events.thread[own], before=until)
        found.append(Subject(name=name, origin=origin, until=until, posts=posts))
    return tuple(found)


def _read_communities(path: Path) -> list[tuple[str, str, float]]:
    with _open(path) as lines:
        rows = csv.DictReader(lines)
        _check_columns(path, COMMUNITY_COLUMNS, rows.fieldnames or ())
        try:
            found = [(row["community_id"], row["origin"], float(row["obs_end"])) for row in rows]
        except ValueError as error:
            raise UsageError(
                f"obs_end is not a number of seconds: {error}",
                where=f"{path}, line {rows.line_num}",
                to_do="write UTC seconds, such as 1700000000",
            ) from error
    return sorted(found)


def _open(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(
            "cannot be read", where=str(path), to_do="docs/scoring.md tells what the folder holds"
        ) from error


def _check_columns(path: Path, wanted: Sequence[str], found: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in found]
    if missing:
        raise UsageError(
            f"no column {', '.join(missing)}",
            where=str(path),
            to_do="docs/scoring.md tells what the folder holds",
        )


def _read_events(folder: Path, names: Sequence[str]) -> _Events:
    packed = folder / "events.parquet"
    return _read_parquet(packed, names) if packed.exists() else _read_csv(folder, names)


def _read_csv(folder: Path, names: Sequence[str]) -> _Events:
    path = folder / "events.csv"
    numbers = {name: number for number, name in enumerate(names)}
    people: dict[str, int] = {"": -1}
    threads: dict[str, int] = {"": -1}
    rows: list[tuple[int, float, int, int]] = []
    with _open(path) as lines:
        reader = csv.DictReader(lines)
        _check_columns(path, EVENT_COLUMNS, reader.fieldnames or ())
        try:
            for row in reader:
                author = people.setdefault(row["author_hash"], len(people))
                thread = threads.setdefault(row["thread_hash"], len(threads))
                rows.append((numbers[row["community_id"]], float(row["ts"]), author, thread))
        except (KeyError, ValueError) as error:
            raise UsageError(
                f"not a community of communities.csv, or not a number: {error}",
                where=f"{path}, line {reader.line_num}",
                to_do="correct the line",
            ) from error
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    whole = table.astype(np.int64)
    return _Events(community=whole[:, 0], ts=table[:, 1], author=whole[:, 2], thread=whole[:, 3])


def _read_parquet(path: Path, names: Sequence[str]) -> _Events:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - optional, and slow to import
    except ImportError as error:
        raise UsageError(
            "reading parquet needs pyarrow",
            where=str(path),
            to_do="pip install 'rollcall[backtest]', or give events.csv instead",
        ) from error
    _check_columns(path, EVENT_COLUMNS, parquet.read_schema(path).names)
    table = parquet.read_table(path, columns=list(EVENT_COLUMNS))

    def codes(name: str) -> tuple[Ints, list[str]]:
        column = table[name].combine_chunks()
        coded = column if hasattr(column, "dictionary") else column.dictionary_encode()
        return coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()

    community, words = codes("community_id")
    numbers = {name: number for number, name in enumerate(names)}
    unknown = sorted(set(words) - set(numbers))
    if unknown:
        raise UsageError(
            f"{unknown[0]!r} is not in communities.csv",
            where=str(path),
            to_do="add it there, or take its events out",
        )
    author, people = codes("author_hash")
    thread, threads = codes("thread_hash")
    return _Events(
        community=np.array([numbers[word] for word in words], dtype=np.int64)[community],
        ts=table["ts"].to_numpy().astype(np.float64),
        author=np.where(author == _place(people), -1, author),
        thread=np.where(thread == _place(threads), -1, thread),
    )


def _place(words: list[str]) -> int:
    """The code of the empty word; one that no event has if it does not occur."""
    return words.index("") if "" in words else -1
