"""A pool of agents that gossip by constants of one's own: to see what each constant is for."""

from __future__ import annotations

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.network import Weather
from lictor_actors.node.in_world import add_converged, cluster_specs
from lictor_actors.swim.profile import Profile


def gossip_pool(members: int, profile: Profile, seed: int, *, loss: float = 0.0) -> World:
    """A world of so many agents, ``agent-1.dc1`` …, that know each other from the start, without a server.

    ``loss``: the share of messages that the network loses. No judge looks on: these constants may break what ours keep.
    """
    world = World(seed, weather=Weather(loss=loss), check_every=members * 1000)
    add_converged(world, cluster_specs(seed, 0, members), profile)
    world.run(0)
    return world
