"""A fleet of workers on one PostgreSQL, each a process of its own, and the hosts they read."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from sqlalchemy import func, select, update

from demo.server import ArchiveServer
from domain.records import Platform
from store.engine import migrate, open_database, reading, writing
from store.sources import add_community, add_source
from store.tables import CrawlReportRow, PostRow, SourceRow
from tests.jobs.archives import Pipermail, write_talk
from tests.postgres import free_port

PATIENCE = 180.0
SETTINGS = """\
contact = "operator@example.org"
allow_private = true
database_url = "{url}"
delay_seconds = {delay}
keep_raw = false
[schedule]
look_every_seconds = 0.5
[web]
port = {port}
[workers]
hosts_at_once = {hosts_at_once}
lease_seconds = {lease}
{more}
"""


class WorkerProcess:
    """A command of ours that runs until it is told to stop, with the lines that it logs."""

    def __init__(
        self, folder: Path, *words: str, heard: queue.SimpleQueue[str], within: Sequence[str] = ()
    ) -> None:
        self.words = words
        environ = {k: v for k, v in os.environ.items() if not k.startswith("ROLLCALL_")}
        self.process = subprocess.Popen(
            [*within, sys.executable, "-P", "-m", "cli", "--data", str(folder), *words],
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )
        self.lines: list[str] = []
        self.heard = heard
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line)
            self.heard.put(line)
        self.process.stderr.close()

    def end(self, number: int = signal.SIGTERM) -> int:
        """The exit code after a signal; -9 where it does not end in time."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.join(PATIENCE)
        return self.process.returncode


class Fleet:
    """A database, hosts that show small lists, and workers that read them."""

    def __init__(self, folder: Path, url: str, server: ArchiveServer, **limits: float) -> None:
        self.folder = folder
        self.url = url
        self.server = server
        self.more_settings = ""
        self.ports: dict[str, int] = {}
        self.delay = limits.get("delay", 0.1)
        self.lease = limits.get("lease", 4.0)
        self.hosts_at_once = int(limits.get("hosts_at_once", 5))
        self.engine = open_database(url)
        migrate(self.engine)
        self.workers: list[WorkerProcess] = []
        self.heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.expected: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            worker.end(signal.SIGKILL)
        self.engine.dispose()

    # ---- what there is to read ------------------------------------------------------------

    def watch(
        self,
        hosts: int,
        *,
        posts: int = 40,
        answer_seconds: float = 0.0,
        network: str = "127.90",
    ) -> None:
        """So many hosts more with a list each, all due now."""
        now = datetime.now(UTC)
        last = now - timedelta(days=2)
        first = len(self.expected)
        with writing(self.engine) as session:
            for number in range(first, first + hosts):
                name = f"list-{number}"
                host = f"{network}.{number // 200}.{number % 200 + 1}"
                talk = write_talk(name, last, count=posts)
                site = Pipermail(self.server, host, talk, answer_seconds=answer_seconds)
                own = add_community(session, slug=name, name=name, now=now)
                add_source(
                    session,
                    community_id=own.id,
                    name=name,
                    url=site.url,
                    platform=Platform.PIPERMAIL,
                    now=now,
                )
                self.expected[name] = len(talk)

    def make_due(self) -> None:
        """Every source is due anew, as if its next visit were now."""
        with writing(self.engine) as session:
            session.execute(update(SourceRow).values(due_at=datetime.now(UTC)))

    # ---- who reads it ---------------------------------------------------------------------

    def start(
        self, *words: str, count: int = 1, machine: str = "", within: Sequence[str] = ()
    ) -> list[WorkerProcess]:
        """So many processes more; `worker` where no other command is given.

        Each has a folder of its own, unless it is said on which `machine` it starts again. `within`
        is what stands before each command.
        """
        started = []
        for _ in range(count):
            name = machine or f"machine-{len(self.workers)}"
            folder = self.folder / name
            folder.mkdir(exist_ok=bool(machine))
            text = SETTINGS.format(
                url=self.url,
                delay=self.delay,
                lease=self.lease,
                hosts_at_once=self.hosts_at_once,
                port=self.port_of(name),
                more=self.more_settings,
            )
            (folder / "rollcall.toml").write_text(text, encoding="utf-8")
            own = words or ("worker",)
            worker = WorkerProcess(folder, *own, heard=self.heard, within=within)
            self.workers.append(worker)
            started.append(worker)
        return started

    def port_of(self, machine: str) -> int:
        """Where the web pages of that machine are, also when they are started again."""
        return self.ports.setdefault(machine, free_port())

    def wait_for(
        self, enough: Callable[[], bool], *, pause: float = 0.0, within: float = PATIENCE
    ) -> None:
        """Asks again at each line that any of them logs, and every second; not sooner than said."""
        end = monotonic() + within
        while monotonic() < end:
            while not self.heard.empty():
                self.heard.get()
            if enough():
                return
            asked = monotonic()
            while monotonic() < asked + pause:
                with suppress(queue.Empty):
                    self.heard.get(timeout=pause)
            try:
                self.heard.get(timeout=1)
            except queue.Empty:
                continue
        raise AssertionError(["".join(worker.lines[-8:]) for worker in self.workers])

    # ---- what came of it ------------------------------------------------------------------

    def reports(self) -> int:
        """How many visits were reported."""
        with reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(CrawlReportRow)) or 0

    def unread(self) -> list[str]:
        """The sources of which not everything is stored yet."""
        posts = self.posts()
        return [name for name, count in self.expected.items() if posts.get(name) != count]

    def all_read(self) -> bool:
        """True when every list is read whole and nobody holds any."""
        with reading(self.engine) as session:
            held = session.scalar(
                select(func.count()).select_from(SourceRow).where(SourceRow.claimed_by.is_not(None))
            )
        return not held and self.posts() == self.expected

    def posts(self) -> dict[str, int]:
        """How many posts of each source are stored."""
        with reading(self.engine) as session:
            rows = session.execute(
                select(SourceRow.name, func.count())
                .join(PostRow, PostRow.source_id == SourceRow.id)
                .group_by(SourceRow.name)
            )
            return {row[0]: row[1] for row in rows}


def list_crowded(server: ArchiveServer) -> list[tuple[str, str]]:
    """The requests that came while their host was busy with another: by the host's own log."""
    return [(one.host, one.path) for one in list(server.log) if one.in_flight > 1]


def list_hasty(server: ArchiveServer, delay: float) -> list[tuple[str, float]]:
    """Pauses between two requests at one host that were shorter than its delay.

    Units: seconds. A request that was long under way makes the next pause look shorter, so half
    of the delay is forgiven; the gate's own moments are exact (tests/test_timetable.py).
    """
    moments: dict[str, list[float]] = {}
    for one in sorted(server.log, key=lambda one: one.began):
        moments.setdefault(one.host, []).append(one.began)
    return [
        (host, later - before)
        for host, came in moments.items()
        for before, later in pairwise(came)
        if later - before < 0.5 * delay
    ]


def share(workers: Sequence[WorkerProcess]) -> list[int]:
    """How many visits each of them reported."""
    return [sum(" posts, +" in line for line in worker.lines) for worker in workers]
