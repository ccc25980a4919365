"""Many workers, each a process of its own: polite together, and nothing is lost or doubled."""

from __future__ import annotations

import signal

import pytest
from sqlalchemy import text

from tests.endurance.fleet import list_crowded, list_hasty, share

# Real processes on a busy machine need their time.
pytestmark = pytest.mark.timeout(400)


def test_workers_share_the_hosts_and_no_host_sees_two_at_once(make_fleet):
    fleet = make_fleet(delay=0.3, hosts_at_once=4)
    fleet.watch(24)
    workers = fleet.start(count=4)
    fleet.wait_for(fleet.all_read)
    assert list_crowded(fleet.server) == []
    assert list_hasty(fleet.server, fleet.delay) == []
    asked = [(one.host, one.path) for one in fleet.server.log]
    assert len(asked) == len(set(asked))
    assert [worker.end() for worker in workers] == [0] * 4
    assert sum(share(workers)) == 24
    assert min(share(workers)) > 0


def test_what_a_killed_worker_held_is_read_by_another_after_the_lease(make_fleet):
    fleet = make_fleet(delay=0.3, hosts_at_once=6, lease=3.0)
    fleet.watch(12)
    (doomed,) = fleet.start()
    fleet.wait_for(lambda: len(fleet.server.log) > 20)
    doomed.end(signal.SIGKILL)
    (heir,) = fleet.start()
    fleet.wait_for(fleet.all_read)
    assert list_crowded(fleet.server) == []
    assert any("is gone; its sources become due" in line for line in heir.lines)
    assert heir.end() == 0


@pytest.mark.endurance
def test_a_worker_that_is_told_to_stop_leaves_its_sources_due_at_once(make_fleet):
    fleet = make_fleet(delay=0.3, hosts_at_once=6, lease=60.0)
    fleet.watch(6)
    (first,) = fleet.start()
    fleet.wait_for(lambda: len(fleet.server.log) > 6)
    assert first.end(signal.SIGINT) == 130
    fleet.start()
    fleet.wait_for(fleet.all_read)


@pytest.mark.endurance
def test_the_queue_keeps_to_tables_of_its_own_and_may_be_thrown_away(make_fleet):
    fleet = make_fleet(delay=0.0)
    fleet.watch(3)
    (first,) = fleet.start()
    fleet.wait_for(fleet.all_read)
    first.end()
    with fleet.engine.begin() as connection:
        connection.execute(text("COMMENT ON SCHEMA rollcall_queue IS '1.0.0'"))
    fleet.make_due()
    fleet.start()
    fleet.wait_for(lambda: fleet.reports() == 6)
    assert fleet.posts() == fleet.expected
