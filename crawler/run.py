"""Starts the crawl subprocess and gives its events. Only the child imports Scrapy."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from crawler.order import CrawlOrder, Event, Probed, StoreBroken
from domain.errors import RollcallError, StorageFailed

# A child that is told to stop stores what it has read and goes; one that does not is killed.
STOP_SECONDS = 2.0
# One that has ended its order only has to close its files.
END_SECONDS = 10.0
LOG_NAME = "crawl.log"


class CrawlDied(RollcallError):
    """The crawl subprocess ended before its order was done; what it stored is safe."""

    exit_code = 4


class CrawlProcess:
    """A crawl subprocess that has started and waits for its order, while in its context.

    It takes a second to import what it needs, in which its parent can do something useful. Its
    standard input stays open as long as we live: closing it means "the parent is gone".

    Raises: StorageFailed when its log in `folder` cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.log = _open_log(folder / LOG_NAME)
        self.child = subprocess.Popen(
            [sys.executable, "-P", "-m", "crawler.batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )
        self.done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.child.communicate()
        self.log.close()

    def stop(self) -> None:
        """Nothing, once the child is gone: at once where it ended its order, else soon.

        What was read and waits to be stored is stored first; an open request is not waited for.
        """
        if not self.done:
            self.child.terminate()
        try:
            self.child.wait(timeout=END_SECONDS if self.done else STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def run(self, order: CrawlOrder) -> Iterator[Event]:
        """Events of one batch as they happen; an interrupted one keeps the pages stored so far.

        Raises: StorageFailed, CrawlDied.
        """
        assert self.child.stdin
        assert self.child.stdout
        try:
            pickle.dump(order, self.child.stdin)
            self.child.stdin.flush()
        except BrokenPipeError as broken:
            raise self._died() from broken
        yield from _read_events(self.child.stdout)
        self.done = True
        if self.child.wait(timeout=END_SECONDS) != 0:
            raise self._died()

    def probe(self, order: CrawlOrder) -> Probed:
        """What the address of `order.probe_url` turned out to be.

        Raises: StorageFailed, CrawlDied.
        """
        found = [event for event in self.run(order) if isinstance(event, Probed)]
        if not found:
            raise self._died()
        return found[0]

    def _died(self) -> CrawlDied:
        return CrawlDied(
            f"the crawl subprocess ended early, with code {self.child.poll()}",
            where=self.log.name,
            to_do="what it stored is safe and the sources become due again; the file says more",
        )


def _open_log(path: Path) -> IO[bytes]:
    try:
        return path.open("ab")
    except OSError as error:
        raise StorageFailed(
            f"the log of the crawl cannot be written ({error.strerror})",
            where=str(path),
            to_do="make room, or make the folder writable for this user",
        ) from error


def _read_events(stream: IO[bytes]) -> Iterator[Event]:
    while True:
        try:
            event: Event = pickle.load(stream)  # noqa: S301 - from our own child
        except (EOFError, pickle.UnpicklingError):
            return
        if isinstance(event, StoreBroken):
            raise StorageFailed(event.line)
        yield event
