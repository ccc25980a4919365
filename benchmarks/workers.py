"""How much more several workers read than one: `python -m benchmarks.workers`.

400 hosts on loopback addresses, each with a list of a post every other day: of a year, which takes
some 15 requests to read, and of 80 days, which takes five. A host takes half a second to answer,
as many do, and then has half a second of rest; a worker reads 20 hosts at once. The time is that of
the hosts' own log, from the first request to the last, with all workers up before anything is due.
The processor's share is that of everything on this machine: workers, PostgreSQL, and the hosts,
which are threads of this process. Ends with code 1 when the hosts saw two requests at once, or
posts were lost or counted twice.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sqlalchemy import update

from demo.server import ArchiveServer
from store.engine import writing
from store.tables import SourceRow
from tests.endurance.fleet import Fleet, list_crowded, share
from tests.postgres import Postgres, run_postgres

HOSTS = 400
DELAY = 0.5
ANSWER = 0.5
HOSTS_AT_ONCE = 20
TEAMS = (1, 4)
POSTS = (183, 40)
PATIENCE = 900.0
NEVER = datetime(2100, 1, 1, tzinfo=UTC)


def main() -> int:
    """Prints a table; the exit code."""
    print(f"Python {platform.python_version()}, {HOSTS} hosts, {HOSTS_AT_ONCE} at once a worker;")
    print(f"{ANSWER} s to answer, {DELAY} s of rest; PostgreSQL on the same machine\n")
    print("| posts a host | workers | seconds | times one | requests | processors busy ", end="")
    print("| two at once at a host | whole |")
    print("|---|---|---|---|---|---|---|---|")
    with run_postgres() as postgres:
        sound = [compare(postgres, posts) for posts in POSTS]
    return 0 if all(sound) else 1


def compare(postgres: Postgres, posts: int) -> bool:
    """Prints a line for each team; False where a host was crowded or a post is not there once."""
    first, sound = 0.0, True
    for team in TEAMS:
        with postgres.own_database() as url:
            seen = measure(url, team, posts)
        first = first or seen.seconds
        sound = sound and seen.whole and not seen.crowded
        print(f"| {posts} | {team} | {seen.seconds:.1f} | {first / seen.seconds:.2f} ", end="")
        print(f"| {seen.requests:,} | {seen.busy:.2f} of {os.cpu_count()} ", end="")
        print(f"| {seen.crowded} | {'yes' if seen.whole else 'no'} |", flush=True)
    return sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the hosts saw of a team, and what the store has then.

    Units: `busy` is in processors, on average over the time of reading.
    """

    seconds: float
    requests: int
    busy: float
    crowded: int
    whole: bool


def measure(url: str, team: int, posts: int) -> Seen:
    """What came of the hosts' lists, of so many posts each."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ArchiveServer(datetime.now(UTC), only=()) as server,
        Fleet(
            Path(folder), url, server, delay=DELAY, hosts_at_once=HOSTS_AT_ONCE, lease=60
        ) as all_,
    ):
        all_.watch(HOSTS, posts=posts, answer_seconds=ANSWER)
        with writing(all_.engine) as session:
            session.execute(update(SourceRow).values(due_at=NEVER))
        workers = all_.start(count=team)
        all_.wait_for(lambda: all(any("working" in line for line in w.lines) for w in workers))
        busy, began = busy_seconds(), monotonic()
        all_.make_due()
        all_.wait_for(lambda: sum(share(workers)) >= HOSTS, pause=0.5, within=PATIENCE)
        all_.wait_for(all_.all_read)
        busy = (busy_seconds() - busy) / (monotonic() - began)
        for worker in workers:
            worker.end()
        log = list(server.log)
        seconds = max(one.ended for one in log) - min(one.began for one in log)
        return Seen(
            seconds=seconds,
            requests=len(log),
            busy=busy,
            crowded=len(list_crowded(server)),
            whole=all_.posts() == all_.expected,
        )


def busy_seconds() -> float:
    """The processor seconds of this machine since it was started, of whatever ran."""
    first, *_ = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    user, nice, system, *_ = (int(ticks) for ticks in first.split()[1:])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
