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
    return world.add(spec.node, tree(spec), birth, urls=(spec.gossip_url, spec.rest_url))


def cluster_specs(seed: int, servers: int, agents: int, dc: str = "dc1") -> list[NodeSpec]:
    """Specs of a cluster: ``server-1`` …, ``agent-1`` …; everyone joins through the first two servers."""
    names = [f"server-{i}" for i in range(1, servers + 1)] + [f"agent-{i}" for i in range(1, agents + 1)]
    join = tuple(f"tcp://10.0.0.{i}:8301" for i in range(1, min(servers, 2) + 1))
    return [
        NodeSpec(
            name=name,
            dc=dc,
            id=str(UUID(int=stream(seed, name, "id").getrandbits(128))),
            server=place < servers,
            bootstrap_expect=servers if place < servers else 0,
            address=f"10.0.0.{place + 1}",
            version="0.0.0",  # a trace must not depend on which distribution the code belongs to
            join=join,
        )
        for place, name in enumerate(names)
    ]


def add_cluster(world: World, servers: int, agents: int) -> list[NodeSpec]:
    """Start such a cluster; returns the specs."""
    specs = cluster_specs(world.seed, servers, agents)
    for spec in specs:
        add_node(world, spec)
    return specs
