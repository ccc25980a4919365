"""Starts the crawl subprocess and gives its events. Only the child imports Scrapy."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import IO, Self

from crawler.limits import NOTE_VARIABLE, read_turn
from crawler.order import Alive, CrawlOrder, Event, Lull, MorePlans, Probed, StoreBroken
from crawler.plan import CrawlPlan
from domain.errors import RollcallError, StorageFailed

# A child that is told to stop stores what it has read and goes; one that does not is killed.
STOP_SECONDS = 2.0
# One that has ended its order only has to close its files.
END_SECONDS = 10.0
# A busy machine needs long to import what a crawl needs.
START_SECONDS = 60.0
LOG_NAME = "crawl.log"
# Of a processor that others want too it then gets about a tenth: visitors of the web pages, and
# whoever waits for a command, do not wait for a crawl that has all night.
NICER = 10
# What a process does to itself; any other signal came from somebody, or from a machine short of
# memory, and says nothing of what was being read.
ITS_OWN = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGALRM,
    }
)


class CrawlDied(RollcallError):
    """The crawl subprocess ended before its order was done; what it stored is safe.

    `turn` is the source that was being read at that moment, where it was one; `by_itself` says
    that nobody ended it from outside.
    """

    exit_code = 4

    def __init__(self, how: str, log: str, *, turn: int | None, by_itself: bool) -> None:
        self.how = how
        self.turn = turn
        self.by_itself = by_itself
        super().__init__(
            f"the crawl subprocess {how}",
            where=log,
            to_do="what it stored is safe and the sources become due again; the file says more",
        )


class CrawlProcess:
    """A crawl subprocess that has started and waits for its order, while in its context.

    It takes a second to import what it needs, in which its parent can do something useful. Its
    standard input stays open as long as we live: closing it means "the parent is gone".

    Raises: StorageFailed when its log in `folder` cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.log = _open_log(folder / LOG_NAME)
        # Set when the child has imported what it needs, or will never.
        self.started = threading.Event()
        self.note = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.child = subprocess.Popen(
            [sys.executable, "-P", "-m", "crawler.batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            pass_fds=[self.note.fileno()],
            env={**os.environ, NOTE_VARIABLE: str(self.note.fileno())},
        )
        _let_others_go_first(self.child.pid)
        self.done = False
        self.stopping = False
        self.hung = False
        self.heard_at = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.started.set()
        self.stop()
        self.child.communicate()
        self.note.close()
        self.log.close()

    def stop(self) -> None:
        """Nothing, once the child is gone: at once where it ended its order, else soon.

        What was read and waits to be stored is stored first; an open request is not waited for.
        """
        self.stopping = True
        if not self.done:
            self.child.terminate()
        try:
            self.child.wait(timeout=END_SECONDS if self.done else STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def run(self, order: CrawlOrder) -> Iterator[Event]:
        """Events of one batch as they happen; an interrupted one keeps the pages stored so far.

        A child that gives no sign of life for as long as the order allows is killed.

        Raises: StorageFailed, CrawlDied.
        """
        assert self.child.stdout
        self._send(order)
        with self._watched(order.limits.hang_seconds):
            for event in _read_events(self.child.stdout):
                self.started.set()
                # What our own caller does with it is not the child's silence.
                self.heard_at = inf
                if not isinstance(event, Alive):
                    yield event
                self.heard_at = monotonic()
        self.done = True
        if self.child.wait(timeout=END_SECONDS) != 0:
            raise self._died()

    def add(self, plans: tuple[CrawlPlan, ...]) -> None:
        """Adds visits to a batch that was ordered with `more`; none at all ends it.

        Raises: CrawlDied.
        """
        self._send(MorePlans(plans=plans))

    def _send(self, message: CrawlOrder | MorePlans) -> None:
        assert self.child.stdin
        try:
            pickle.dump(message, self.child.stdin)
            self.child.stdin.flush()
        except BrokenPipeError as broken:
            raise self._died() from broken

    @contextmanager
    def _watched(self, hang_seconds: float) -> Iterator[None]:
        self.heard_at = monotonic() + START_SECONDS
        over = threading.Event()

        def watch() -> None:
            while not over.wait(min(hang_seconds / 4, 1.0)):
                if monotonic() - self.heard_at > hang_seconds:
                    self.hung = True
                    self.child.kill()
                    return

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def probe(self, order: CrawlOrder) -> Probed:
        """What the address of `order.probe_url` turned out to be.

        Raises: StorageFailed, CrawlDied.
        """
        found = [event for event in self.run(order) if isinstance(event, Probed)]
        if not found:
            raise self._died()
        return found[0]

    def _died(self) -> CrawlDied:
        code = self.child.wait()
        how = "gave no sign of life and was killed" if self.hung else f"ended early, code {code}"
        return CrawlDied(
            how,
            self.log.name,
            turn=None if self.stopping else read_turn(self.note.fileno()),
            by_itself=self.hung or code >= 0 or -code in ITS_OWN,
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


def _let_others_go_first(process: int) -> None:
    # It may be gone already, or a hardened service may not do this: then it crawls at our pace.
    with suppress(ProcessLookupError, PermissionError):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, process, own + NICER)


def _read_events(stream: IO[bytes]) -> Iterator[Event]:
    while True:
        try:
            events: tuple[Event, ...] = pickle.load(stream)  # noqa: S301 - from our own child
        except (EOFError, pickle.UnpicklingError):
            return
        for event in events:
            if isinstance(event, StoreBroken):
                raise StorageFailed(event.line)
            yield event
        yield Lull()
