"""Rounds of reading in which something is killed, and what the store holds after each."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sqlalchemy import delete, select, update

from store.columns import Base
from store.engine import reading, writing
from store.tables import (
    CrawlReportRow,
    DailyCountRow,
    HostRow,
    PostRow,
    SourceRow,
)
from tests.endurance.fleet import PATIENCE, Fleet, WorkerProcess

# What a round reads anew.
FACTS = (
    "posts",
    "daily_counts",
    "coverage",
    "marks",
    "recent_subjects",
    "crawl_reports",
    "canaries",
    "assessments",
    "alerts",
    "hosts",
)
# With delays of a tenth of a second and a year's posts a round reads for about so long.
POSTS = 183
READING_SECONDS = 2.0


def list_children(parent: int, words: str) -> list[int]:
    """The processes below `parent` whose command line holds the words."""
    found, below = [], {parent}
    for folder in sorted(Path("/proc").iterdir(), key=lambda path: path.name.zfill(10)):
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) in below:
            below.add(int(folder.name))
            if words in line:
                found.append(int(folder.name))
    return found


class Rounds:
    """Reads the same hosts again and again, from nothing each time."""

    def __init__(self, fleet: Fleet, words: tuple[str, ...], seed: int) -> None:
        self.fleet = fleet
        self.words = words
        self.chance = random.Random(seed)
        self.undisturbed: object = None

    def forget(self) -> None:
        """Nothing was ever read, and every source is due."""
        tables = Base.metadata.tables
        with writing(self.fleet.engine) as session:
            for name in FACTS:
                session.execute(delete(tables[name]))
            session.execute(
                update(SourceRow).values(
                    due_at=datetime.now(UTC), failures=0, claimed_by=None, claimed_until=None
                )
            )

    def run(self, kill: Callable[[WorkerProcess], None] | None) -> None:
        """One round; in it something is killed, and whatever ended is started again.

        What is due later, because its visit failed, is made due now: only the counts matter.
        """
        (service,) = self.fleet.start(*self.words, machine="one")
        self.fleet.wait_for(lambda: bool(self.fleet.server.log))
        if kill:
            end = monotonic() + self.chance.uniform(0, READING_SECONDS)
            self.fleet.wait_for(lambda: monotonic() > end)
            kill(service)
            self.fleet.wait_for(lambda: self._is_whole() or service.process.poll() is not None)
            if service.process.poll() is not None:
                (service,) = self.fleet.start(*self.words, machine="one")
        self.fleet.wait_for(lambda: self._is_whole() and is_up(service))
        assert service.end() == 0, "".join(service.lines)
        self.fleet.server.log.clear()

    def _is_whole(self) -> bool:
        if self.fleet.all_read():
            return True
        with writing(self.fleet.engine) as session:
            session.execute(
                update(SourceRow)
                .where(SourceRow.claimed_by.is_(None), SourceRow.due_at > datetime.now(UTC))
                .where(SourceRow.name.in_(self.fleet.unread()))
                .values(due_at=datetime.now(UTC))
            )
        return False

    def facts(self) -> object:
        """Every post with its day and writer, and what was counted: the same after each round."""
        posts = select(PostRow.source_id, PostRow.key, PostRow.at, PostRow.author_key)
        days = select(DailyCountRow.community_id, DailyCountRow.day, DailyCountRow.posts)
        with reading(self.fleet.engine) as session:
            leases = select(HostRow.host).where(HostRow.owner.is_not(None))
            return (
                sorted(tuple(row) for row in session.execute(posts)),
                sorted(tuple(row) for row in session.execute(days)),
                session.scalars(leases).all(),
            )

    def reports(self) -> int:
        with reading(self.fleet.engine) as session:
            return len(session.scalars(select(CrawlReportRow.id)).all())


def is_up(service: WorkerProcess) -> bool:
    """True once it would hear a signal to stop."""
    return any("running on" in line or "working as" in line for line in service.lines)


def kill_it(service: WorkerProcess) -> None:
    """The service itself; what it started dies with it."""
    service.process.kill()
    service.process.wait()


def kill_web(service: WorkerProcess) -> None:
    """The web pages, with which the service ends soon: whoever keeps it starts it again."""
    kill_child(" serve ")(service)
    service.process.wait(PATIENCE)


def kill_child(words: str) -> Callable[[WorkerProcess], None]:
    """Kills what the service started, where it runs at that moment."""

    def kill(service: WorkerProcess) -> None:
        for number in list_children(service.process.pid, words):
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue

    return kill
