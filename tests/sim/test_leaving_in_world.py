"""A node that has left stays out of the catalog, whatever it was about to write there when it was told to leave."""

from __future__ import annotations

from random import Random

import pytest
from servers_in_world import Servers

from lictor_messages.agent import Accepted, LeaveCluster, RegisterService
from lictor_messages.catalog import CheckRecord, NodeRecord, Register, ServiceRecord
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


def late_registration(rng: Random, name: str) -> Register:
    """What anti-entropy writes, in one of its forms."""
    node = NodeRecord(node=name, address="127.0.0.9", datacenter="dc1")
    service = ServiceRecord(node=name, id="late", service="late")
    check = CheckRecord(node=name, check_id="late", name="late", status="passing")
    return Register(
        node=node,
        skip_node_update=rng.random() < 0.5,
        service=service if rng.random() < 0.7 else None,
        checks=(check,) if rng.random() < 0.5 else (),
    )


@pytest.mark.sim
@pytest.mark.parametrize("seed", SEEDS)
def test_no_registration_on_its_way_brings_it_back(seed: int) -> None:
    """Several reach the servers around the moment of the leave, over slow lines and through other servers."""
    rng, servers = Random(seed), Servers(seed=seed, check_every=1000)
    node, name = "agent-1.dc1", "agent-1"
    servers.until(lambda: in_catalog(servers, name))
    told = []
    servers.world.door(node, "leaver").ask(at("agent", node), LeaveCluster(), told.append, 20)
    for number in range(6):
        servers.world.run(rng.random())
        through = rng.choice(servers.up())
        servers.world.door(through, f"late{number}").ask(
            at("server", through), late_registration(rng, name), told.append, 10
        )
    servers.until(lambda: node in servers.world.ended, 20)
    servers.until(lambda: not in_catalog(servers, name), 5)
    servers.world.run(3)
    assert not in_catalog(servers, name)
    assert servers.world.crashes == []


@pytest.mark.sim
@pytest.mark.parametrize("seed", SEEDS)
def test_a_node_that_comes_back_is_in_the_catalog_again(seed: int) -> None:
    servers = Servers(seed=seed, check_every=1000)
    node, name = "agent-1.dc1", "agent-1"
    servers.until(lambda: in_catalog(servers, name))
    servers.world.door(node, "leaver").ask(at("agent", node), LeaveCluster(), lambda _: None, 20)
    servers.until(lambda: node in servers.world.ended, 20)
    servers.until(lambda: not in_catalog(servers, name), 20)
    servers.world.restart(node)
    servers.until(lambda: in_catalog(servers, name), 20)
    servers.world.run(5)
    assert in_catalog(servers, name)


@pytest.mark.sim
def test_a_leader_whose_log_was_full_takes_it_out_later(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = Servers(check_every=1000)
    node, name = "agent-1.dc1", "agent-1"
    servers.until(lambda: in_catalog(servers, name))
    leading = servers.server(servers.leader()).leading
    assert leading is not None
    refused = list[object]()
    with monkeypatch.context() as full:
        full.setattr(leading.catalog, "_propose", lambda commands, _: refused.extend(commands) or 0)
        servers.world.door(node, "leaver").ask(at("agent", node), LeaveCluster(), lambda _: None, 20)
        servers.until(lambda: node in servers.world.ended and refused, 20)
    servers.until(lambda: not in_catalog(servers, name), 5)
