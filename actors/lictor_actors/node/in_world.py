"""A whole cluster in the world: the same trees of actors as live nodes have, from the same specs."""

from __future__ import annotations

from uuid import UUID

from lictor_actors.hosts.world.machine import Machine
from lictor_actors.hosts.world.streams import stream
from lictor_actors.hosts.world.world import World
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import birth, tree


def add_node(world: World, spec: NodeSpec) -> Machine:
    """Start the node of this spec in the world."""
    return world.add(spec.node, tree(spec), birth, urls=spec.listen_urls)


def cluster_specs(seed: int, servers: int, agents: int, datacenters: int = 1) -> list[NodeSpec]:
    """Specs of a cluster: ``server-1`` …, ``agent-1`` …; everyone joins through the first two servers.

    With several datacenters, ``dc1`` …, there are as many of both in each; the first server of each joins those of the
    others.
    """
    dcs = range(1, datacenters + 1)
    return [spec for dc in dcs for spec in _datacenter(seed, servers, agents, dc, tuple(dcs))]


def _datacenter(seed: int, servers: int, agents: int, number: int, dcs: tuple[int, ...]) -> list[NodeSpec]:
    net, dc = f"10.{number - 1}.0", f"dc{number}"
    names = [f"server-{i}" for i in range(1, servers + 1)] + [f"agent-{i}" for i in range(1, agents + 1)]
    join = tuple(f"tcp://{net}.{i}:8301" for i in range(1, min(servers, 2) + 1))
    others = tuple(f"tcp://10.{other - 1}.0.1:8302" for other in dcs if other != number)
    return [
        NodeSpec(
            name=name,
            dc=dc,
            id=str(UUID(int=stream(seed, name if number == 1 else f"{name}.{dc}", "id").getrandbits(128))),
            server=place < servers,
            bootstrap_expect=servers if place < servers else 0,
            address=f"{net}.{place + 1}",
            version="0.0.0",  # a trace must not depend on which distribution the code belongs to
            join=join,
            wan_port=8302 if others and place < servers else -1,
            wan_join=others if place == 0 else (),
        )
        for place, name in enumerate(names)
    ]


def add_cluster(world: World, servers: int, agents: int, datacenters: int = 1) -> list[NodeSpec]:
    """Start such a cluster; returns the specs."""
    specs = cluster_specs(world.seed, servers, agents, datacenters)
    for spec in specs:
        add_node(world, spec)
    return specs
