"""A world of probers alone that know each other from the start: what gossip does by itself, at little cost."""

from __future__ import annotations

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.world import EPOCH_NS
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swim.pool import converged
from lictor_actors.swim.profile import Profile
from lictor_messages.base import FrozenMap
from lictor_messages.envelope import at
from lictor_messages.host import ActorSpec
from lictor_messages.swim import ProberOptions

RARELY = 1_000_003
"""Turns from one check of a member table's invariants to the next."""


def pool_of(members: int, profile: Profile, world: World) -> tuple[World, list[str]]:
    """The world with so many nodes of this profile, and their names. What they notice goes to ``log@`` each of them."""
    options = [_options(number) for number in range(members)]
    names = [f"{o.name}.dc1" for o in options]
    view = converged(options, EPOCH_NS)
    knows = {name: (o.gossip, o.rest) for name, o in zip(names, options, strict=True)}
    for name, o in zip(names, options, strict=True):
        tree = [ActorSpec(role="prober", options=o)]
        world.add(name, tree, lambda spec: Prober(spec.options, profile, view), urls=knows[name], knows=knows)
    return world, names


def _options(number: int) -> ProberOptions:
    address, name = f"10.0.{number >> 8}.{number & 255}", f"n{number:04}"
    return ProberOptions(
        name=name,
        dc="dc1",
        address=address,
        port=8301,
        gossip=f"tcp://{address}:8301",
        rest=f"tcp://{address}:8300",
        tags=FrozenMap({"role": "node"}),
        tell=(at("log", f"{name}.dc1"),),
    )
