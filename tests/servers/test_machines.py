"""Workers on machines of their own: the sites' log says whether they were polite together."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import pytest

from demo.server import ArchiveServer
from tests.endurance.fleet import Fleet, list_crowded, list_hasty, share
from tests.postgres import run_postgres
from tests.servers.machines import build_network

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

HOSTS, MACHINES, LEASE = 24, 4, 4.0


@pytest.fixture
def network():
    with build_network(MACHINES, HOSTS) as made:
        yield made


@pytest.fixture
def fleet(network, tmp_path):
    """Hosts that all machines can ask, and a database that they reach by a file of this one."""
    with run_postgres() as postgres, postgres.own_database() as url:
        name, server = url.rpartition("/")[2], postgres.server
        near = f"postgresql://postgres@/{name}?host={server.folder}&port={server.port}"
        with (
            ArchiveServer(datetime.now(UTC), only=()) as sites,
            Fleet(tmp_path, near, sites, delay=0.3, hosts_at_once=4, lease=LEASE) as made,
        ):
            made.watch(HOSTS, network=network.sites)
            yield made


def test_machines_share_the_hosts_and_no_host_sees_two_requests_at_once(network, fleet):
    workers = [fleet.start(within=machine.within)[0] for machine in network.machines]
    fleet.wait_for(fleet.all_read)
    assert list_crowded(fleet.server) == []
    assert list_hasty(fleet.server, fleet.delay) == []
    asked = [(one.host, one.path) for one in fleet.server.log]
    assert len(asked) == len(set(asked))
    assert {one.client for one in fleet.server.log} == {m.address for m in network.machines}
    assert [worker.end() for worker in workers] == [0] * MACHINES
    assert min(share(workers)) > 0


def test_what_a_dead_machine_was_reading_another_reads_after_the_lease(network, fleet):
    doomed, heir = network.machines[:2]
    (first,) = fleet.start(within=doomed.within)
    fleet.wait_for(lambda: len(fleet.server.log) > 12)
    first.end(signal.SIGKILL)
    before = len(fleet.server.log)
    (second,) = fleet.start(within=heir.within)
    fleet.wait_for(fleet.all_read)
    assert list_crowded(fleet.server) == []
    assert {one.client for one in fleet.server.log[before:]} == {heir.address}
    assert second.end() == 0
