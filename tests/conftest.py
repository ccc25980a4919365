"""Fixtures of every area: archives on loopback, and a data folder that watches them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import hypothesis
import pytest
from sqlalchemy import Engine

import config
from demo.server import ArchiveServer
from domain.records import Platform, Source
from jobs.crawling import CrawlListener, Visited, crawl_due
from store.engine import migrate, open_database, writing
from store.sources import add_community, add_source

# How fast a machine is today is no property of the program.
hypothesis.settings.register_profile("rollcall", deadline=None)
hypothesis.settings.load_profile("rollcall")

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
SETTINGS = """\
contact = "operator@example.org"
allow_private = {allow_private}
delay_seconds = {delay_seconds}
{more}
"""


@pytest.fixture
def archive_server() -> Iterator[ArchiveServer]:
    """A loopback server without communities: tests `put` their own pages."""
    with ArchiveServer(NOW, only=()) as server:
        yield server


@pytest.fixture
def make_archive() -> Iterator[Callable[..., ArchiveServer]]:
    """Starts the shipped archive server, `only` with the communities named."""
    with ExitStack() as servers:

        def make(*only: str, now: datetime = NOW) -> ArchiveServer:
            return servers.enter_context(ArchiveServer(now, only=only or None))

        yield make


@pytest.fixture(autouse=True, scope="session")
def signals_are_heard() -> None:
    """What a suite ignores in the background, or under nohup, every process it starts would too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _stay)


def _stay(_number: int, _frame: FrameType | None) -> None:
    """The suite goes on after its terminal is gone; what it starts does as always."""


class Workshop:
    """A data folder with its settings and database, for real crawls of loopback archives."""

    def __init__(self, folder: Path, engine: Engine, settings: config.Settings) -> None:
        self.folder = folder
        self.engine = engine
        self.settings = settings

    @staticmethod
    def clock() -> datetime:
        return datetime.now(UTC)

    def watch(self, name: str, url: str, platform: Platform = Platform.PIPERMAIL) -> Source:
        """A new community with this one source."""
        with writing(self.engine) as session:
            community = add_community(session, slug=name, name=name.title(), now=self.clock())
            return add_source(
                session,
                community_id=community.id,
                name=name,
                url=url,
                platform=platform,
                now=self.clock(),
            )

    def watch_all(self, server: ArchiveServer) -> None:
        """Every community that the server shows."""
        for made_up in server.communities:
            self.watch(made_up.slug, server.url_of(made_up.slug), made_up.platform)

    def crawl(self, *only: str) -> dict[str, Visited]:
        """What came of one forced crawl, by the names of the sources."""
        visited = crawl_due(
            self.engine, self.settings, self.clock, CrawlListener(), only=only, force=True
        )
        return {done.source.name: done for done in visited}


@pytest.fixture
def make_workshop(tmp_path: Path) -> Iterator[Callable[..., Workshop]]:
    """Makes a data folder; several may share one database by `database_url`."""
    with ExitStack() as engines:

        def make(
            name: str = "data",
            *,
            delay_seconds: float = 0.0,
            allow_private: bool = True,
            more: str = "",
        ) -> Workshop:
            folder = tmp_path / name
            folder.mkdir()
            text = SETTINGS.format(
                allow_private=str(allow_private).lower(), delay_seconds=delay_seconds, more=more
            )
            (folder / "rollcall.toml").write_text(text, encoding="utf-8")
            settings = config.load(folder, {})
            engine = open_database(settings.database_url)
            engines.callback(engine.dispose)
            migrate(engine)
            return Workshop(folder, engine, settings)

        yield make


@pytest.fixture
def workshop(make_workshop: Callable[..., Workshop]) -> Workshop:
    """One data folder that may visit loopback archives, without a delay."""
    return make_workshop()
