"""How fast the public list answers: `python -m benchmarks.directory [COMMUNITIES] [REQUESTS]`.

Makes a directory of invented communities in SQLite, serves it by one gunicorn worker on one core as
`rollcall serve` does, and asks for lists, searches, filters and pages in a mixed order over one
connection. Printed per kind of page: wall time from request to whole answer, and the worker's own
processor time, which a busy machine changes least.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from domain.outcome import Assessment, Confidence, Outcome, Status
from domain.records import Community, CrawlReport, Membership, Platform
from domain.window import CoverageKind, Window
from presentation.listing import describe
from presentation.topics import topics
from store.assessments import save_assessment
from store.coverage import add_coverages
from store.crawls import save_report
from store.engine import insert_into, migrate, open_database, writing
from store.listings import refresh_listings
from store.sources import add_community, add_source
from store.tables import AssessmentRow, DailyCountRow

COMMUNITIES = 10_000
REQUESTS = 1_000
PLACES = ("Global", "Africa", "Eastern Africa", "Southern Asia", "South America", "Europe")
WORDS = ("Practice", "Exchange", "Network", "Forum", "Circle", "Group", "Réseau", "Comunidad")
PLATFORMS = (Platform.PIPERMAIL, Platform.DISCOURSE, Platform.FEED, Platform.LANDING)
STATES = (Status.ACTIVE, Status.ACTIVE, Status.SLOWING, Status.INACTIVE, Status.UNVERIFIABLE)
SERVER = (
    "from gunicorn.app.wsgiapp import run; import sys; "
    "sys.argv = ['gunicorn', '-b', '127.0.0.1:{port}', '-w', '1', '-k', 'gthread', "
    "'--threads', '4', '--log-level', 'warning', 'web.app:build_app()']; run()"
)


def main() -> None:
    """Prints the table."""
    communities, requests = ([int(word) for word in sys.argv[1:]] + [COMMUNITIES, REQUESTS])[:2]
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/rollcall.db")
        migrate(engine)
        slugs = fill(engine, communities)
        started = time.perf_counter()
        with writing(engine) as session:
            refresh_listings(session, describe, now())
        made = time.perf_counter() - started
        print(f"{communities} communities; all lines made in {made:.1f} s\n")
        engine.dispose()
        with serve(Path(folder)) as (port, pid):
            measure(port, pid, slugs, requests)


def now() -> datetime:
    """The clock of the measurement."""
    return datetime.now(UTC)


def fill(engine: Engine, communities: int) -> list[str]:
    """The slugs of invented communities, each with a source, two years of counts and a word."""
    chance = random.Random(7)  # noqa: S311 - made-up data
    names = sorted(topics())
    slugs = []
    for start in range(0, communities, 500):
        with writing(engine) as session:
            for number in range(start, min(start + 500, communities)):
                slugs.append(f"community-{number}")
                home = add_community(
                    session,
                    slug=slugs[-1],
                    name=f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}",
                    now=now(),
                    description="Health workers who help one another with daily questions.",
                    languages=chance.sample(("en", "fr", "es", "pt", "ar", "sw"), 2),
                    topics=chance.sample(names, 3),
                    regions=[chance.choice(PLACES)],
                    membership=chance.choice((Membership.OPEN, Membership.APPROVAL)),
                )
                _fill_one(session, home, chance)
    with writing(engine) as session:
        assert session.scalar(select(func.count(AssessmentRow.id))) == communities
    return slugs


def _fill_one(session: Session, home: Community, chance: random.Random) -> None:
    source = add_source(
        session,
        community_id=home.id,
        name=home.slug,
        url=f"https://lists.example.org/{home.slug}/",
        platform=chance.choice(PLATFORMS),
        now=now(),
    )
    status = chance.choice(STATES)
    last = now() - timedelta(days=chance.randrange(1, 40))
    session.execute(
        insert_into(session, DailyCountRow),
        [
            {
                "community_id": home.id,
                "day": (last - timedelta(days=15 * one)).date(),
                "posts": chance.randrange(1, 9),
            }
            for one in range(48)
        ],
    )
    seen = Window(start=now() - timedelta(days=800), end=now())
    add_coverages(session, {(source.id, CoverageKind.COMPLETE): [seen]})
    visit = CrawlReport(
        source_id=source.id, started_at=now(), finished_at=now(), outcome=Outcome.UNCHANGED
    )
    save_report(session, visit)
    save_assessment(
        session,
        Assessment(
            community_id=home.id,
            assessed_at=now(),
            observed_until=now(),
            status=status,
            confidence=Confidence.HIGH,
            last_post_at=last,
            posts_seen=200,
            rules_version="1",
        ),
    )


@contextmanager
def serve(folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of one worker on one core, until the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    core = max(os.sched_getaffinity(0))
    environment = {**os.environ, "ROLLCALL_DATA": str(folder), "OMP_NUM_THREADS": "1"}
    command = ["taskset", "-c", str(core), sys.executable, "-c", SERVER.format(port=port)]
    with subprocess.Popen(command, env=environment) as server:
        try:
            yield port, wait_for_worker(port, server.pid)
        finally:
            server.terminate()


def wait_for_worker(port: int, parent: int) -> int:
    """The number of the process that answers, once it does."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        try:
            ask(http.client.HTTPConnection("127.0.0.1", port), "/")
        except OSError:
            time.sleep(0.2)
            continue
        listed = subprocess.run(
            ["pgrep", "-P", str(parent)], capture_output=True, text=True, check=True
        )
        return int(listed.stdout.split()[0])
    raise SystemExit("the server does not answer")


def measure(port: int, pid: int, slugs: list[str], requests: int) -> None:
    """Prints what each kind of page took."""
    chance = random.Random(11)  # noqa: S311 - the order of the questions
    kinds = {
        "list": lambda: "/",
        "a later page": lambda: f"/?activity=all&page={chance.randrange(1, 200)}",
        "filter": lambda: f"/?topic={chance.choice(sorted(topics()))}&language=fr",
        "search, rare word": lambda: f"/?q={chance.randrange(10_000)}",
        "search, common words": lambda: "/?q=health+workers",
        "search, a synonym": lambda: "/?q=vacunas&region=Africa",
        "community": lambda: f"/c/{chance.choice(slugs)}",
        "in French": lambda: "/fr/",
        "gaps": lambda: "/gaps?language=fr",
        "API, a hundred": lambda: "/api/v1/communities?limit=100",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for kind in kinds.values():
        ask(connection, kind())
    took: dict[str, list[float]] = defaultdict(list)
    used: dict[str, list[float]] = defaultdict(list)
    for number in range(requests):
        name = list(kinds)[number % len(kinds)]
        before, started = processor_milliseconds(pid), time.perf_counter()
        ask(connection, kinds[name]())
        for row in (took[name], took["all, mixed"]):
            row.append(1000 * (time.perf_counter() - started))
        for row in (used[name], used["all, mixed"]):
            row.append(processor_milliseconds(pid) - before)
    print("| page | p50 | p95 | of the processor, p50 | p95 |\n|---|---|---|---|---|")
    for name, row in took.items():
        parts = [_part(one, percent) for one in (row, used[name]) for percent in (50, 95)]
        print(f"| {name} | {' | '.join(f'{part:.0f} ms' for part in parts)} |")
    load = re.sub(r" \d+/.*", "", Path("/proc/loadavg").read_text(encoding="utf-8")).strip()
    print(f"\nload {load}")


def ask(connection: http.client.HTTPConnection, path: str) -> None:
    """Nothing, once the whole answer came."""
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200 and body, (path, answer.status)  # noqa: PT018


def processor_milliseconds(pid: int) -> float:
    """What all threads of the process have used of its core."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="utf-8").split()[0]) for task in tasks) / 1e6


def _part(row: list[float], percent: int) -> float:
    return quantiles(row, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
