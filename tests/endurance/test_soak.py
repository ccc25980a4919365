"""Hours of service in minutes: memory stays flat, and no descriptor, process or lock is left over.

Every source is made due again as soon as it was read. Five minutes in `make ci`, thirty in
`make proof`: PROOF_SOAK_MINUTES.
"""

from __future__ import annotations

import logging
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

import pytest
from sqlalchemy import func, select

from store.engine import reading
from store.tables import HostRow, SourceRow
from tests.endurance.fleet import Fleet, WorkerProcess, list_crowded
from tests.endurance.kills import list_children

log = logging.getLogger("proof")
pytestmark = [pytest.mark.endurance, pytest.mark.timeout(7_200)]

SOAK_SECONDS = 60 * float(os.environ.get("PROOF_SOAK_MINUTES", "5"))
HOSTS = 6
MIB = 1024 * 1024
# What caches may still grow by, in the last third against the third before.
SHARE, SLACK_BYTES = 1.05, 4 * MIB
# A pool may open one more connection when two pieces of work meet for the first time.
SPARE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A service at rest between two readings, with all that it started."""

    resident_bytes: int
    descriptors: int
    processes: int


class Soaked:
    """A service whose sources are due again and again."""

    def __init__(self, fleet: Fleet, *words: str) -> None:
        self.fleet = fleet
        fleet.watch(HOSTS)
        (self.service,) = fleet.start(*words)
        fleet.wait_for(fleet.all_read)
        self.samples: list[Sample] = []

    def turn(self) -> None:
        """Reads all once more, looks at the pages as a visitor, and takes a sample."""
        before = self.fleet.reports()
        self.fleet.make_due()
        self.fleet.wait_for(lambda: self.fleet.reports() >= before + HOSTS)
        self.fleet.wait_for(self._is_at_rest)
        for page in self._pages():
            with urllib.request.urlopen(page, timeout=60) as answer:
                answer.read()
        self.samples.append(take_sample(self.service))

    def _is_at_rest(self) -> bool:
        with reading(self.fleet.engine) as session:
            held = select(func.count()).select_from(SourceRow)
            leased = select(func.count()).select_from(HostRow)
            return not (
                session.scalar(held.where(SourceRow.claimed_by.is_not(None)))
                or session.scalar(leased.where(HostRow.owner.is_not(None)))
                or self._crawls()
            )

    def _crawls(self) -> list[int]:
        """The crawl subprocesses that the service starts anew for each batch."""
        found = list_children(self.service.process.pid, "crawler.batch")
        return [] if "worker" in self.service.words else found

    def _pages(self) -> list[str]:
        lines = [line for line in self.service.lines if "web pages on" in line]
        root = lines[0].split()[-1] if lines else ""
        return [root + page for page in ("", "healthz", "metrics")] if root else []


def take_sample(service: WorkerProcess) -> Sample:
    numbers = [service.process.pid, *list_children(service.process.pid, "")]
    resident = descriptors = 0
    for number in numbers:
        folder = Path(f"/proc/{number}")
        pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
        resident += pages * os.sysconf("SC_PAGE_SIZE")
        descriptors += len(list((folder / "fd").iterdir()))
    return Sample(resident_bytes=resident, descriptors=descriptors, processes=len(numbers))


def thirds(samples: Sequence[Sample], what: str) -> tuple[float, float]:
    """The usual value in the middle third and in the last."""
    values = [getattr(sample, what) for sample in samples]
    third = len(values) // 3
    return median(values[third : 2 * third]), median(values[2 * third :])


def test_a_long_service_keeps_its_memory_descriptors_processes_and_locks(make_fleet):
    limits = {"delay": 0.0, "hosts_at_once": HOSTS, "lease": 30.0}
    soaked = [
        Soaked(make_fleet(database="sqlite", **limits), "run"),
        Soaked(make_fleet(database="postgresql", **limits), "worker"),
    ]
    end = monotonic() + SOAK_SECONDS
    while monotonic() < end:
        for one in soaked:
            one.turn()
    for one in soaked:
        assert len(one.samples) >= 9
        before, after = thirds(one.samples, "resident_bytes")
        log.info("%s, %d readings: %s", one.service.words, len(one.samples), one.samples[-1])
        assert after <= before * SHARE + SLACK_BYTES, one.samples
        before, after = thirds(one.samples, "descriptors")
        assert after <= before + SPARE, one.samples
        before, after = thirds(one.samples, "processes")
        assert after == before, one.samples
        assert list_crowded(one.fleet.server) == []
        assert one.fleet.posts() == one.fleet.expected
        assert one.service.end() == 0
