"""A PostgreSQL of these tests' own, and fleets of workers on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from demo.server import ArchiveServer
from tests.endurance.fleet import Fleet
from tests.postgres import Postgres, run_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with run_postgres() as server:
        yield server


@pytest.fixture
def make_fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    numbers = count()
    with ExitStack() as stack:

        def make(database: str = "postgresql", **limits: float) -> Fleet:
            server = stack.enter_context(ArchiveServer(datetime.now(UTC), only=()))
            folder = tmp_path / f"fleet-{next(numbers)}"
            folder.mkdir()
            url = f"sqlite:///{folder / 'shared.db'}"
            if database == "postgresql":
                postgres: Postgres = request.getfixturevalue("postgres")
                url = stack.enter_context(postgres.own_database())
            return stack.enter_context(Fleet(folder, url, server, **limits))

        yield make
