"""Starts the crawl subprocess and gives its events. Only the child imports Scrapy."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

from crawler.order import CrawlOrder, Event, Probed, StoreBroken
from domain.errors import RollcallError, StorageFailed

STOP_SECONDS = 10


class CrawlDied(RollcallError):
    """The crawl subprocess ended before its order was done; what it stored is safe."""

    exit_code = 4


def run_crawl(order: CrawlOrder, log: IO[bytes] | None = None) -> Iterator[Event]:
    """Events of one batch as they happen. One subprocess, one Crawler.

    Closing the iterator ends the subprocess; pages stored until then stay.

    Raises: StorageFailed, CrawlDied.
    """
    command = [sys.executable, "-m", "crawler.batch"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
    ) as child:
        assert child.stdin
        assert child.stdout
        done = False
        try:
            pickle.dump(order, child.stdin)
            child.stdin.flush()
            yield from _read_events(child.stdout)
            done = True
        finally:
            _end(child, kindly=done)
    if child.returncode != 0:
        raise CrawlDied(
            f"the crawl subprocess ended with code {child.returncode}",
            to_do="what it stored is safe; the sources become due again. See the log",
        )


def run_probe(order: CrawlOrder, log: IO[bytes] | None = None) -> Probed:
    """What the address of `order.probe_url` turned out to be.

    Raises: StorageFailed, CrawlDied.
    """
    found = [event for event in run_crawl(order, log) if isinstance(event, Probed)]
    if not found:
        raise CrawlDied("the probe ended without an answer", where=order.probe_url)
    return found[0]


def _read_events(stream: IO[bytes]) -> Iterator[Event]:
    while True:
        try:
            event: Event = pickle.load(stream)  # noqa: S301 - from our own child
        except EOFError:
            return
        if isinstance(event, StoreBroken):
            raise StorageFailed(event.line, to_do="make room or mend the store; nothing is lost")
        yield event


def _end(child: subprocess.Popen[bytes], *, kindly: bool) -> None:
    """Waits for the child; one that is not done yet is told to stop first, and killed if it won't.

    Its standard input stays open meanwhile: closing it means "the parent is gone".
    """
    if not kindly:
        child.terminate()
    try:
        child.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
