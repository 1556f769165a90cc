"""A second machine of the world whose node has a name that another has already."""

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.ground import WorldGround
from lictor_actors.hosts.world.machine import Machine
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import birth, tree


def add_namesake(world: World, spec: NodeSpec) -> Machine:
    """Start it. The world's verbs go on to mean the first of that name, which must not be started again."""
    shared, first = world.ground, world.machines[spec.node]
    world.ground = WorldGround(world)
    world.ground._machines = {}
    second = world.add(spec.node, tree(spec), birth, urls=spec.listen_urls, start=False)
    world.ground._machines[spec.node] = second
    world.machines[spec.node] = first
    world._boot(second)
    world.ground = shared
    return second
