"""Nodes that start from one shared view do what nodes do that hold all of it themselves; the view stays as it was."""

from __future__ import annotations

import pytest
from plain_members import PlainTable

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_converged, add_node, cluster_specs
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swarm.bench import Bench
from lictor_actors.swim.member_table import MemberState
from lictor_messages.envelope import at
from lictor_messages.faults import FaultRule

SERVERS, JOINERS = 3, 3
EVENTUALLY_S = 120


def story(nodes: int, check_every: int = 1024) -> World:
    """A node dies and comes back, some are cut off and healed, others join; every view is right at the end."""
    world = World(seed=5, check_every=check_every)
    bench = Bench(world)
    specs = cluster_specs(5, SERVERS, nodes - SERVERS)
    add_converged(world, specs[:-JOINERS])
    assert bench.members_wrong() == []
    world.run(2.0)
    victim, names = specs[SERVERS].node, world.running()
    world.crash(victim)
    cut = FaultRule(id="rack", effect="drop", groups=(tuple(names[-4:]), tuple(names[:-4])))
    world.network.set_rules((cut,))
    world.run(15.0)
    world.network.set_rules(())
    world.restart(victim)
    for spec in specs[-JOINERS:]:
        add_node(world, spec)
    for _ in range(EVENTUALLY_S):
        if not bench.members_wrong():
            break
        world.run(1.0)
    assert bench.members_wrong() == []
    assert bench.suspicions.suspicions > 0
    assert world.crashes == []
    return world


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_shared_view_and_plain_tables_give_the_same_trace_at_a_hundred_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = story(100)
    monkeypatch.setattr("lictor_actors.swim.pool.MemberTable", PlainTable)
    plain = story(100)
    assert isinstance(prober(plain, "server-1.dc1").members, PlainTable)
    assert shared.trace.digest == plain.trace.digest


def test_what_happens_to_members_leaves_the_shared_view_as_it_was() -> None:
    world = story(12, check_every=1)
    view = prober(world, "server-1.dc1").members.view
    assert len(view.peers) == 12 - JOINERS
    assert all(prober(world, name).members.view is view for name in view.names if name != "agent-1.dc1")
    for peer in view.peers.values():
        assert (peer.state, peer.verdict, peer.suspicion, peer.since) == (MemberState.ALIVE, b"", None, 0)
        assert peer.incarnation == peer.alive.incarnation


def test_a_converged_cluster_serves_and_a_node_that_starts_again_joins_as_any_does() -> None:
    world = World(seed=2)
    bench = Bench(world)
    add_converged(world, cluster_specs(2, 3, 2))
    assert world.run_until(lambda: bool(bench.leader()) and not bench.catalog_wrong(), 20.0)
    world.restart("agent-1.dc1")
    assert not world.machines["agent-1.dc1"].directory.urls("server-3.dc1")
    assert world.run_until(lambda: not bench.members_wrong(), 20.0), bench.members_wrong()


def test_a_cluster_is_converged_only_at_the_beginning() -> None:
    world = World()
    world.run(1.0)
    with pytest.raises(ValueError, match="before any time has passed"):
        add_converged(world, cluster_specs(1, 1, 1))


def prober(world: World, node: str) -> Prober:
    found = world.actor(at("prober", node))
    assert isinstance(found, Prober)
    return found
