"""The store fails for a while: afterwards the facts are those of an undisturbed run.

The database is away for two seconds in `make ci`, for a minute in `make proof`: PROOF_AWAY.
"""

from __future__ import annotations

import os
import resource
import signal
from time import monotonic

import pytest

from tests.endurance.fleet import list_crowded
from tests.endurance.kills import Rounds, list_children

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(1_800)]

AWAY_SECONDS = float(os.environ.get("PROOF_AWAY", "2"))
# Enough for no page of a database.
NO_ROOM = 4_096


@pytest.fixture
def make_rounds(make_fleet):
    """Rounds on a fleet that was read once undisturbed, and what it then held."""

    def make(database: str, *words: str):
        fleet = make_fleet(database=database, delay=0.2, hosts_at_once=6, lease=3.0)
        fleet.watch(6)
        rounds = Rounds(fleet, words, seed=1)
        rounds.run(None)
        undisturbed = rounds.facts()
        rounds.forget()
        return rounds, undisturbed

    return make


def set_room(service, size: int) -> None:
    """How large a file may become that the service, or anything it started, writes."""
    for number in (service.process.pid, *list_children(service.process.pid, "")):
        try:
            _, hard = resource.prlimit(number, resource.RLIMIT_FSIZE)
            resource.prlimit(number, resource.RLIMIT_FSIZE, (size, hard))
        except ProcessLookupError:
            continue


def test_a_disk_that_is_full_for_a_while_changes_no_count(make_rounds):
    rounds, undisturbed = make_rounds("sqlite", "run", "--no-web")

    def fill_the_disk(service) -> None:
        set_room(service, NO_ROOM)
        rounds.fleet.wait_for(lambda: any("disk I/O error" in line for line in service.lines))
        set_room(service, resource.RLIM_INFINITY)

    rounds.run(fill_the_disk)
    assert rounds.facts() == undisturbed
    assert list_crowded(rounds.fleet.server) == []


@pytest.mark.parametrize("words", [("run", "--no-web"), ("worker",)], ids=["scheduler", "worker"])
def test_a_database_that_is_away_for_a_while_changes_no_count(make_rounds, postgres, words):
    rounds, undisturbed = make_rounds("postgresql", *words)

    def take_it_away(_service) -> None:
        postgres.stop()
        end = monotonic() + AWAY_SECONDS
        rounds.fleet.wait_for(lambda: monotonic() > end)
        postgres.start()
        rounds.fleet.engine.dispose()

    rounds.run(take_it_away)
    assert rounds.facts() == undisturbed
    assert list_crowded(rounds.fleet.server) == []


def test_a_worker_that_slept_through_its_lease_writes_nothing_late(make_fleet):
    fleet = make_fleet(delay=0.3, hosts_at_once=6, lease=3.0)
    fleet.watch(6)
    (sleeper,) = fleet.start()
    fleet.wait_for(lambda: len(fleet.server.log) > 8)
    asleep = [sleeper.process.pid, *list_children(sleeper.process.pid, "crawler.batch")]
    for number in asleep:
        os.kill(number, signal.SIGSTOP)
    (heir,) = fleet.start()
    fleet.wait_for(fleet.all_read)
    whole = Rounds(fleet, (), seed=1).facts()
    reports = fleet.reports()
    for number in asleep:
        os.kill(number, signal.SIGCONT)
    fleet.wait_for(lambda: any("not visited" in line for line in sleeper.lines))
    assert sleeper.end() == 0
    assert heir.end() == 0
    assert Rounds(fleet, (), seed=1).facts() == whole
    assert fleet.reports() == reports
