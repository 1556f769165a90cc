"""A whole cluster in the world: the same trees of actors as live nodes have, from the same specs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from lictor_actors.hosts.world.machine import Machine
from lictor_actors.hosts.world.streams import stream
from lictor_actors.hosts.world.world import EPOCH_NS, World
from lictor_actors.kernel.actor import Actor
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import birth, tree
from lictor_actors.swim.pool import converged
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.roster import NO_ONE, SharedView
from lictor_messages.host import ActorSpec
from lictor_messages.swim import ProberOptions


def add_node(world: World, spec: NodeSpec) -> Machine:
    """Start the node of this spec in the world."""
    return world.add(spec.node, tree(spec), birth, urls=spec.listen_urls, encryption=spec.encryption)


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


def add_converged(world: World, specs: Sequence[NodeSpec], profile: Profile | None = None) -> None:
    """Start nodes that know each other already: all hold one view, and each what differs from it.

    ``profile``: the constants of their gossip, in place of those that the specs name.

    Raises ValueError unless the world has just begun: what a node says of itself bears the second in which it starts.
    """
    if world.time:
        raise ValueError("add a converged cluster before any time has passed")
    trees = {spec.node: tree(spec) for spec in specs}
    probers = [actor.options for actors in trees.values() for actor in actors]
    view = converged((o for o in probers if isinstance(o, ProberOptions)), EPOCH_NS)
    knows = {spec.node: (spec.gossip_url, spec.rest_url) for spec in specs}
    for spec in specs:
        urls = spec.gossip_url, spec.rest_url
        world.add(
            spec.node, trees[spec.node], _Births(view, profile), urls=urls, knows=knows, encryption=spec.encryption
        )


class _Births:
    """The view is for the first life: a prober that starts again finds the others as any does."""

    def __init__(self, view: SharedView, profile: Profile | None) -> None:
        self._view = view
        self._profile = profile

    def __call__(self, spec: ActorSpec) -> Actor:
        view = NO_ONE
        if isinstance(spec.options, ProberOptions):
            view, self._view = self._view, NO_ONE
        return birth(spec, view, self._profile)
