"""Posts stored with their ids, days, coverage and cursor, beside the plain ways to store rows.

`python -m benchmarks.storing`. SQLite beside SQLAlchemy Core's `executemany` into the same table;
PostgreSQL (a server of its own, where the programs are installed) beside bare COPY. A page has a
thousand posts, and each is one transaction on both sides. Processor seconds of this program: the
work of the PostgreSQL server is not in them, so for PostgreSQL wall time is taken.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, insert

from benchmarks.corpora import NOW, SEED
from benchmarks.measuring import Row, number, show
from domain.records import DateBasis, KeyedPage, KeyedPost, Mark, Platform
from domain.window import Coverage, CoverageKind
from store.engine import migrate, open_database, writing
from store.posts import save_page
from store.rows import copy_rows_in
from store.sources import add_community, add_source
from store.tables import PostRow

POSTS, PAGE = 20_000, 1_000
TURNS = 5
SHARE = 0.8
COLUMNS = ("source_id", "key", "community_id", "at", "day", "basis", "author_key", "reply_key")
ADD_POSTS = (
    "INSERT INTO posts (source_id, key, community_id, at, day, basis, author_key, reply_key)"
    " SELECT * FROM unnest(%b::integer[], %b::bytea[], %b::integer[], %b::timestamptz[],"
    " %b::date[], %b::text[], %b::bytea[], %b::bytea[])"
    " ON CONFLICT DO NOTHING"
)
COUNT_DAYS = (
    "INSERT INTO daily_counts SELECT 1, day, count(DISTINCT key) FROM posts"
    " WHERE community_id = 1 AND day = ANY (%b) GROUP BY day"
    " ON CONFLICT (community_id, day) DO UPDATE SET posts = excluded.posts"
)
ADD_SUBJECTS = (
    "INSERT INTO recent_subjects (source_id, at, subject)"
    " VALUES (1, %b, %b), (1, %b, %b), (1, %b, %b)"
)
ADD_COVERAGE = (
    "INSERT INTO coverage (source_id, kind, start, \"end\") VALUES (1, 'complete', %b, %b)"
    ' ON CONFLICT (source_id, kind, start) DO UPDATE SET "end" = %b'
)
ADD_MARK = (
    "INSERT INTO marks (source_id, name, etag, label) VALUES (1, %b, '1', 'text')"
    " ON CONFLICT (source_id, name) DO UPDATE SET etag = excluded.etag"
)
Clock = Callable[[], float]
Store = Callable[[Engine, list[KeyedPost]], None]


def rows() -> list[Row]:
    """A line for SQLite, and one for PostgreSQL where there is one."""
    found = [compare("SQLite", open_sqlite, ("Core executemany", store_core), time.process_time)]
    from tests.postgres import list_binaries

    if list_binaries():
        peers = (("bare COPY", store_copy), ("the same by hand, its floor", store_by_hand))
        found += [compare("PostgreSQL", open_postgres, peer, time.perf_counter) for peer in peers]
    return found


def compare(
    name: str,
    opened: Callable[[], Iterator[Engine]],
    peer: tuple[str, Store],
    clock: Clock,
) -> Row:
    """One line."""
    posts = make_posts()
    spent: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(TURNS):
        for side, store in (("ours", store_page), ("theirs", peer[1])):
            with contextmanager(opened)() as engine:
                began = clock()
                for start in range(0, POSTS, PAGE):
                    store(engine, posts[start : start + PAGE])
                spent[side].append(clock() - began)
    ours, theirs = (POSTS / median(spent[side]) for side in ("ours", "theirs"))
    lowest, highest = (POSTS / edge(spent["ours"]) for edge in (max, min))
    return Row(
        work=f"storing posts, {name}, pages of {PAGE:,}",
        ours=f"{number(ours)} posts/s ({number(lowest)}–{number(highest)}), ids, days, coverage"
        " and cursor in the same transaction",
        peer=f"{peer[0]}: {number(theirs)} rows/s",
        ratio=f"{ours / theirs:.2f}",
        target=f"≥ {SHARE:.2f}",
        met=ours >= SHARE * theirs,
    )


def make_posts(
    count: int = POSTS,
    *,
    seed: int = SEED,
    until: datetime = NOW,
    gap: timedelta = timedelta(hours=1),
) -> list[KeyedPost]:
    """Posts of one list, evenly spaced."""
    chance = random.Random(seed)  # noqa: S311 - made-up data
    people = [chance.randbytes(16) for _ in range(200)]
    return [
        KeyedPost(
            key=chance.randbytes(16),
            at=until - gap * (count - number),
            basis=DateBasis.SENT,
            author_key=chance.choice(people),
            reply_key=chance.randbytes(16),
            subject=f"Note {number}",
        )
        for number in range(count)
    ]


def store_page(engine: Engine, posts: list[KeyedPost]) -> None:
    """As a crawl stores a page."""
    first, last = posts[0].at, posts[-1].at
    assert first is not None and last is not None  # noqa: PT018
    page = KeyedPage(
        posts=tuple(posts),
        coverage=(Coverage(start=first, end=last, kind=CoverageKind.COMPLETE),),
        marks=(Mark(name=f"{first:%Y-%m}", etag='"1"', label="text"),),
    )
    with writing(engine) as session:
        save_page(session, 1, page, now=NOW)


def store_core(engine: Engine, posts: list[KeyedPost]) -> None:
    """The rows alone, by Core."""
    with engine.begin() as connection:
        named = [dict(zip(COLUMNS, values, strict=True)) for values in map(_values, posts)]
        connection.execute(insert(PostRow.__table__), named)


def store_copy(engine: Engine, posts: list[KeyedPost]) -> None:
    """The rows alone, by COPY."""
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        copy_rows_in(raw, "posts", COLUMNS, map(_values, posts))


def store_by_hand(engine: Engine, posts: list[KeyedPost]) -> None:
    """Ids, days, subjects, coverage and cursor in seven statements of the driver's, for one list.

    For posts that come in order and stand nowhere else, which `save_page` may not suppose.
    """
    columns = [list(column) for column in zip(*map(_values, posts), strict=True)]
    first, last = posts[0].at, posts[-1].at
    newest = [value for post in posts[-3:] for value in (post.at, post.subject)]
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor:
            cursor.execute("SELECT id FROM communities WHERE id = 1 FOR NO KEY UPDATE")
            cursor.execute(ADD_POSTS, columns)
            cursor.execute(COUNT_DAYS, (sorted({post.at.date() for post in posts if post.at}),))
            cursor.execute("DELETE FROM recent_subjects WHERE source_id = 1")
            cursor.execute(ADD_SUBJECTS, newest)
            cursor.execute(ADD_COVERAGE, (first, last, last))
            cursor.execute(ADD_MARK, (f"{first:%Y-%m}",))


def _values(post: KeyedPost) -> tuple[object, ...]:
    day = post.at.date() if post.at else None
    return (1, post.key, 1, post.at, day, post.basis.value, post.author_key, post.reply_key)


def open_sqlite() -> Iterator[Engine]:
    """A new database in a file."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{Path(folder)}/rollcall.db", keep_open=True)
        add_list(engine)
        yield engine
        engine.dispose()


def open_postgres() -> Iterator[Engine]:
    """A new database on a server of its own."""
    from tests.postgres import run_postgres

    with run_postgres() as server, server.own_database() as address:
        engine = open_database(address)
        add_list(engine)
        yield engine
        engine.dispose()


def add_list(engine: Engine) -> None:
    """Nothing; the schema, with one community and one source."""
    migrate(engine)
    with writing(engine) as session:
        home = add_community(session, slug="list", name="List", now=NOW)
        add_source(
            session,
            community_id=home.id,
            name="list",
            url="https://lists.example.org/",
            platform=Platform.PIPERMAIL,
            now=NOW,
        )


if __name__ == "__main__":
    show(rows())
