"""How much more several workers read than one: `python -m benchmarks.workers`.

400 hosts on loopback addresses, each with a small list that is read in five requests. A host takes
half a second to answer, as many do, and then has half a second of rest; a worker reads 20 hosts at
once. The time is that of the hosts' own log,
from the first request to the last, with all workers up before anything is due. Ends with code 1
when the hosts saw two requests at once, or posts were lost or counted twice.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from demo.server import ArchiveServer
from store.engine import writing
from store.tables import SourceRow
from tests.endurance.fleet import Fleet, list_crowded, share
from tests.postgres import run_postgres

HOSTS = 400
DELAY = 0.5
ANSWER = 0.5
HOSTS_AT_ONCE = 20
TEAMS = (1, 4)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)


def main() -> int:
    """Prints a table; the exit code."""
    print(f"Python {platform.python_version()}, {HOSTS} hosts, {HOSTS_AT_ONCE} at once a worker;")
    print(f"{ANSWER} s to answer, {DELAY} s of rest; PostgreSQL on the same machine\n")
    print("| workers | seconds | hosts a second | times one | two at once at a host | whole |")
    print("|---|---|---|---|---|---|")
    first, sound = 0.0, True
    with run_postgres() as postgres:
        for team in TEAMS:
            with postgres.own_database() as url:
                seconds, crowded, whole = measure(url, team)
            first = first or seconds
            sound = sound and whole and not crowded
            ratio = first / seconds
            print(f"| {team} | {seconds:.1f} | {HOSTS / seconds:.1f} | {ratio:.2f} ", end="")
            print(f"| {crowded} | {'yes' if whole else 'no'} |", flush=True)
    return 0 if sound else 1


def measure(url: str, team: int) -> tuple[float, int, bool]:
    """Seconds of reading, how often a host saw two requests at once, and if every post is there."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ArchiveServer(datetime.now(UTC), only=()) as server,
        Fleet(
            Path(folder), url, server, delay=DELAY, hosts_at_once=HOSTS_AT_ONCE, lease=60
        ) as all_,
    ):
        all_.watch(HOSTS, answer_seconds=ANSWER)
        with writing(all_.engine) as session:
            session.execute(update(SourceRow).values(due_at=NEVER))
        workers = all_.start(count=team)
        all_.wait_for(lambda: all(any("working" in line for line in w.lines) for w in workers))
        all_.make_due()
        all_.wait_for(lambda: sum(share(workers)) >= HOSTS, pause=0.5)
        all_.wait_for(all_.all_read)
        for worker in workers:
            worker.end()
        log = list(server.log)
        seconds = max(one.ended for one in log) - min(one.began for one in log)
        return seconds, len(list_crowded(server)), all_.posts() == all_.expected


if __name__ == "__main__":
    sys.exit(main())
