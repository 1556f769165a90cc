"""A server that waits for others to bootstrap says how many it knows, once for each number of them."""

from __future__ import annotations

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.swarm.bench import Bench


@pytest.mark.sim
def test_a_server_that_waits_says_so_until_it_need_not() -> None:
    lines: list[str] = []
    world = World(1, check_every=1000, trace=lines.append)
    bench = Bench(world)
    first, second, third = cluster_specs(1, 3, 0)

    def said() -> list[str]:
        return [line.partition("server@server-1.dc1 = ")[2] for line in lines if "server-1.dc1 = waits" in line]

    add_node(world, first)
    world.run(30)
    assert said() == ["waits for 3 servers to bootstrap, 1 known: server-1.dc1"]
    add_node(world, second)
    world.run(30)
    assert said()[1:] == ["waits for 3 servers to bootstrap, 2 known: server-1.dc1 server-2.dc1"]
    add_node(world, third)
    assert world.run_until(lambda: bool(bench.leader()), 30)
    world.run(30)
    assert len(said()) == 2
    assert world.crashes == []
