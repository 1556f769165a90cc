"""A server that is killed within seconds of the cluster's forming, and starts again without an address to join."""

from __future__ import annotations

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.swarm.bench import Bench
from lictor_messages.members import Join

NS = 1_000_000_000


@pytest.mark.sim
@pytest.mark.parametrize("seed", range(1, 9))
def test_it_finds_the_others_and_stays_a_server(seed: int) -> None:
    world = World(seed, check_every=1000)
    bench = Bench(world)
    specs = [spec.model_copy(update={"join": ()}) for spec in cluster_specs(seed, 3, 0)]
    for spec in specs:
        add_node(world, spec)
    world.ask("server-1.dc1", "agent", Join(addresses=("10.0.0.2", "10.0.0.3")))
    assert world.run_until(lambda: bool(bench.leader()) and not bench.members_wrong(), 10)
    assert world.time < 7 * NS  # before the first look at whom to remember has come for certain
    victim = specs[seed % 3].node
    world.kill(victim)
    others = [world.actor(f"prober@{spec.node}") for spec in specs if spec.node != victim]
    assert world.run_until(lambda: all(prober.alive_count == 2 for prober in others), 30)  # nobody probes it any more
    world.restart(victim)
    assert world.run_until(lambda: not bench.members_wrong(), 5), bench.members_wrong()
    world.run(40)
    leader = world.actor(f"server@{bench.leader()}")
    assert victim in leader.raft.configuration
    assert world.crashes == []
