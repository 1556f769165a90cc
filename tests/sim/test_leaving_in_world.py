"""A node that has left stays out of the catalog, whatever it was about to write there when it was told to leave."""

from __future__ import annotations

import pytest
from servers_in_world import Servers

from lictor_messages.agent import Accepted, LeaveCluster, RegisterService
from lictor_messages.catalog import ServiceRecord
from lictor_messages.envelope import at

SEEDS = range(1, 25)
NS = 1_000_000_000


def in_catalog(servers: Servers, name: str) -> bool:
    return any(servers.server(node).store.catalog.nodes.get(name) for node in servers.up())


def leave_as_a_full_sync_falls_due(servers: Servers, node: str, before_ns: int) -> None:
    sync = servers.world.actor(at("agent", node)).sync
    servers.world.run(max(sync._full_at - before_ns - servers.world.ground.now(node), 0) / NS)
    told = []
    servers.world.door(node, "leaver").ask(at("agent", node), LeaveCluster(), told.append, 20)
    servers.until(lambda: node in servers.world.ended, 20)
    assert [answer for answer in told if not isinstance(answer, Accepted)] == []


@pytest.mark.sim
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("node", ["agent-1.dc1", "server-3.dc1"])
def test_no_late_full_sync_brings_it_back(seed: int, node: str) -> None:
    servers = Servers(seed=seed, check_every=1000)
    name = node.partition(".")[0]
    web = RegisterService(service=ServiceRecord(node=name, id="web", service="web"))
    assert servers.world.ask(node, at("agent", node), web) == Accepted()
    servers.until(lambda: in_catalog(servers, name))
    # The goodbye takes about two seconds, and a server waits longer for the others.
    leave_as_a_full_sync_falls_due(servers, node, seed * NS // 8)
    servers.until(lambda: not in_catalog(servers, name), 20)
    servers.world.run(5)
    assert not in_catalog(servers, name)
    assert servers.world.crashes == []
