"""Kill -9 at chance moments: after a restart the facts are those of an undisturbed run.

`make ci` kills 20 times, `make proof` 200 times: PROOF_KILLS in the environment.
"""

from __future__ import annotations

import os

import pytest

from tests.endurance.fleet import list_crowded
from tests.endurance.kills import POSTS, Rounds, kill_child, kill_it, kill_web

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(7_200)]

KILLS = int(os.environ.get("PROOF_KILLS", "20"))
CRAWL = "crawler.batch"
VICTIMS = {
    "scheduler": (("run", "--no-web"), kill_it),
    "its crawl": (("run", "--no-web"), kill_child(CRAWL)),
    "web": (("run",), kill_web),
    "worker": (("worker",), kill_it),
    "the worker's crawl": (("worker",), kill_child(CRAWL)),
}
CASES = [
    ("sqlite", "scheduler"),
    ("sqlite", "its crawl"),
    ("sqlite", "web"),
    ("postgresql", "scheduler"),
    ("postgresql", "its crawl"),
    ("postgresql", "web"),
    ("postgresql", "worker"),
    ("postgresql", "the worker's crawl"),
]


@pytest.mark.parametrize(("database", "victim"), CASES)
def test_after_a_kill_the_facts_are_those_of_an_undisturbed_run(make_fleet, database, victim):
    fleet = make_fleet(database=database, delay=0.1, hosts_at_once=6, lease=3.0)
    fleet.watch(6, posts=POSTS)
    words, kill = VICTIMS[victim]
    rounds = Rounds(fleet, words, seed=KILLS)
    rounds.run(None)
    undisturbed = rounds.facts()
    own = KILLS // len(CASES) + (CASES.index((database, victim)) < KILLS % len(CASES))
    for _ in range(own):
        rounds.forget()
        rounds.run(kill)
        assert rounds.facts() == undisturbed
        assert list_crowded(fleet.server) == []
