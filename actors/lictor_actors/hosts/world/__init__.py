"""The world: any number of nodes in virtual time, from one seed."""

from lictor_actors.hosts.world.world import World

__all__ = ["World"]
