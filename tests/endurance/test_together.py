"""Crawls, visitors, a curator, mails and backups at once, with kills: nothing is lost or doubled.

Twenty minutes on each database in `make proof`, less than one in `make ci`: PROOF_TOGETHER_MINUTES.
"""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic

import pytest
from sqlalchemy import func, select, update

from store.engine import reading, writing
from store.tables import DailyCountRow, OutboxRow, SourceRow
from store.witness_tables import AttestationRow
from tests.endurance.fleet import Fleet, list_crowded
from tests.endurance.together import (
    LOOPBACK,
    MAIL_SETTINGS,
    Again,
    Curator,
    MailServer,
    Visited,
    Visitors,
    add_readers,
    list_past_weeks,
    sign_in_path,
)

log = logging.getLogger("proof")
pytestmark = [pytest.mark.endurance, pytest.mark.timeout(7_200)]

SECONDS = 60 * float(os.environ.get("PROOF_TOGETHER_MINUTES", "0.7"))
# Above what is asked for, since a visitor also waits for a server that was killed.
RATE, LEAST_RATE, SLOWEST = 55.0, 50.0, 0.3
# A run that long is made where nothing else is done; how fast a shorter one is, is only told.
LONG_SECONDS = 600
READERS, CRAWLS = 20, 4
# Of each second: how likely something is killed; and every how many there is something to read.
# Starting a command takes a second or more of the processor: what is started again and again, and
# what was killed, must leave room for visitors in a run that says how fast they are served.
LONG = SECONDS >= LONG_SECONDS
KILLS, NEWS_EVERY, REST = (0.1, 12, 10.0) if LONG else (0.3, 4, 1.0)
# Signals by which a process ends that we killed, told to stop, or whose parent we killed.
ENDED = {0, 4, 130, -9, -15}


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What runs at once."""

    fleet: Fleet
    again: Sequence[Again]
    curator: Curator
    visitors: Visitors
    mails: MailServer
    chance: random.Random

    def run(self) -> Counter[str]:
        """How often each command was hit by a kill."""
        killed: Counter[str] = Counter()
        began = monotonic()
        for second in range(1, int(SECONDS) + 1):
            self.fleet.wait_for(partial(_is_past, began + second))
            if second % NEWS_EVERY == 0:
                self.fleet.watch(NEWS_EVERY // 2)
            if self.chance.random() < KILLS:
                victim = self.chance.choice(self.again)
                killed[victim.name] += victim.kill(self.chance)
        return killed

    def stop(self) -> Visited:
        """Everything ends, but what was under way is brought to its end by one more of each."""
        seen = self.visitors.stop()
        self.curator.over.set()
        self.curator.join()
        for one in self.again:
            one.stop()
        return seen


@contextmanager
def run_together(fleet: Fleet) -> Iterator[Together]:
    """Four crawls, the web pages with visitors and a curator, the weekly mail and backups."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    mails = MailServer()
    mails.controller.start()
    fleet.more_settings = MAIL_SETTINGS.format(host=LOOPBACK, port=mails.controller.port)
    fleet.watch(6)
    add_readers(fleet, READERS)
    weeks = list_past_weeks()
    crawl = ("run", "--no-web") if fleet.url.startswith("sqlite") else ("worker",)
    again = [
        *(Again(fleet, f"crawl-{number}", lambda: crawl) for number in range(CRAWLS)),
        Again(fleet, "web", lambda: ("serve",)),
        Again(fleet, "mail", lambda: ("report", "send", "--week", next(weeks)), rest=REST),
        Again(fleet, "backup", lambda: ("backup",), rest=REST),
    ]
    for one in again:
        one.start()
    root = f"http://{LOOPBACK}:{fleet.port_of('web')}/"
    fleet.wait_for(lambda: any("web pages on" in line for line in again[CRAWLS].lines()))
    curator = Curator(root, sign_in_path(fleet), "list-0")
    curator.start()
    yield Together(
        fleet=fleet,
        again=again,
        curator=curator,
        visitors=Visitors(root, RATE),
        mails=mails,
        chance=random.Random(SECONDS),
    )
    mails.controller.stop()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_is_lost_or_doubled_whatever_happens_at_once(make_fleet, database):
    fleet = make_fleet(database=database, delay=0.1, hosts_at_once=4, lease=3.0)
    with run_together(fleet) as together:
        killed = together.run()
        seen = together.stop()
        finish(fleet)
        mailed = Counter(together.mails.taken)
    tell(database, killed, seen, posts=fleet.posts(), mails=mailed, curator=together.curator)
    assert_facts(fleet)
    assert_decisions(fleet, together.curator)
    assert_mails(fleet, mailed, killed["mail"])
    lines = [line for worker in fleet.workers for line in worker.lines]
    assert [line for line in lines if "database is locked" in line] == []
    assert set(seen.answers) <= {"answered", "away"}
    assert not set(together.curator.troubles) & {"500", "503"}
    ended = {one.name: one.ended for one in together.again if set(one.ended) - ENDED}
    assert ended == {}
    if LONG:
        assert seen.rate >= LEAST_RATE
        assert seen.p95 < SLOWEST


def tell(
    database: str,
    killed: Counter[str],
    seen: Visited,
    *,
    posts: Mapping[str, int],
    mails: Counter[tuple[str, str]],
    curator: Curator,
) -> None:
    """Logs the run as a row of the table in docs/proof.md."""
    log.info(
        "| %s | %.0f s | %d | %.1f | %d | %.0f | %.0f | %d | %d | %d |",
        database,
        SECONDS,
        killed.total(),
        seen.rate,
        seen.answers.get("away", 0),
        1000 * seen.median,
        1000 * seen.p95,
        sum(posts.values()),
        len(mails),
        len(curator.acknowledged),
    )


def _is_past(moment: float) -> bool:
    return monotonic() >= moment


def finish(fleet: Fleet) -> None:
    """What the killed held becomes free, as it would in time; then everything is done once."""
    past = datetime.now(UTC)
    with writing(fleet.engine) as session:
        session.execute(update(SourceRow).values(claimed_until=past, due_at=past, failures=0))
        session.execute(update(OutboxRow).values(claimed_until=None, not_before=past))
    (crawl,) = fleet.start("run", "--no-web", machine="crawl-0")
    fleet.wait_for(lambda: any("running on" in line for line in crawl.lines) and fleet.all_read())
    assert crawl.end() == 0
    (mail,) = fleet.start("report", "send", machine="mail")
    assert mail.process.wait() == 0
    newest = max((fleet.folder / "backup" / "backups").glob("*.db"))
    (check,) = fleet.start("restore", str(newest), "--check", machine="backup")
    assert check.process.wait() == 0


def assert_facts(fleet: Fleet) -> None:
    counted = select(func.sum(DailyCountRow.posts))
    with reading(fleet.engine) as session:
        assert session.scalar(counted) == sum(fleet.expected.values())
    assert fleet.posts() == fleet.expected
    assert list_crowded(fleet.server) == []


def assert_decisions(fleet: Fleet, curator: Curator) -> None:
    with reading(fleet.engine) as session:
        stored = Counter(session.scalars(select(AttestationRow.note)))
    assert curator.acknowledged
    assert set(stored.values()) == {1}
    assert set(curator.acknowledged) <= set(stored) <= set(curator.sent)


def assert_mails(fleet: Fleet, mailed: Counter[tuple[str, str]], killed: int) -> None:
    """Whoever is to have a mail has it; twice the same, by its id, only from a killed sender."""
    with reading(fleet.engine) as session:
        queued = Counter(session.scalars(select(OutboxRow.recipient)))
        unsent = select(func.count()).select_from(OutboxRow).where(OutboxRow.sent_at.is_(None))
        assert session.scalar(unsent) == 0
    assert queued
    assert Counter(address for address, _ in mailed) == queued
    assert sum(mailed.values()) - len(mailed) <= killed
