"""A fresh database for every test, on SQLite and on PostgreSQL, and what tests store first."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.records import Community, DateBasis, KeyedPost, Platform, Source
from store.engine import migrate, open_database, writing
from store.sources import add_community, add_source
from tests.postgres import Postgres, run_postgres

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = open_database(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with run_postgres() as server:
        yield server


@pytest.fixture(params=DATABASES)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path
) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "rollcall.db")
        yield f"sqlite:///{tmp_path / 'rollcall.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    if request.node.get_closest_marker("own_database"):
        with server.own_database() as address:
            engine = open_database(address)
            migrate(engine)
            engine.dispose()
            yield address
        return
    yield server.empty_database()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_community(engine: Engine) -> Callable[..., Community]:
    def make(slug: str = "malaria-practice", **facts: Any) -> Community:
        with writing(engine) as s:
            return add_community(s, slug=slug, name=facts.pop("name", slug), now=NOW, **facts)

    return make


@pytest.fixture
def make_source(engine: Engine, make_community: Callable[..., Community]) -> Callable[..., Source]:
    def make(
        name: str = "malaria-list",
        platform: Platform = Platform.PIPERMAIL,
        community: Community | None = None,
    ) -> Source:
        owner = community or make_community(f"of-{name}")
        with writing(engine) as s:
            return add_source(
                s,
                community_id=owner.id,
                name=name,
                url=f"https://lists.example.org/{name}/",
                platform=platform,
                now=NOW,
            )

    return make


@pytest.fixture
def make_key() -> Callable[[object], bytes]:
    return key_of


@pytest.fixture
def make_post() -> Callable[..., KeyedPost]:
    def make(
        name: object,
        at: datetime | None = None,
        *,
        author: object = None,
        reply: object = None,
        **facts: Any,
    ) -> KeyedPost:
        return KeyedPost(
            key=key_of(name),
            at=at,
            basis=facts.pop("basis", DateBasis.SENT if at else DateBasis.UNKNOWN),
            author_key=None if author is None else key_of(author),
            reply_key=None if reply is None else key_of(reply),
            **facts,
        )

    return make


@pytest.fixture
def race(database_url: str) -> Callable[..., list[Any]]:
    """Runs `contestant(engine, number)` in as many processes, all let go at the same moment."""

    def run(contestant: Callable[[Engine, int], Any], processes: int = 4) -> list[Any]:
        fork = multiprocessing.get_context("fork")
        barrier, results = fork.Barrier(processes), fork.Queue()

        def compete(number: int) -> None:
            engine = open_database(database_url)
            barrier.wait()
            result = None
            try:
                result = contestant(engine, number)
            finally:
                results.put((number, result))

        running = [fork.Process(target=compete, args=(number,)) for number in range(processes)]
        for process in running:
            process.start()
        found = dict(results.get(timeout=60) for _ in running)
        for process in running:
            process.join()
        return [found[number] for number in range(processes)]

    return run


def key_of(name: object) -> bytes:
    return blake2b(repr(name).encode(), digest_size=16).digest()
