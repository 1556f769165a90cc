"""Faults in the world: applied at once, and a node's crash is a power cut that its disk feels."""

from __future__ import annotations

from lictor_actors.faults.book import FaultBook
from lictor_actors.faults.selectors import NodeView
from lictor_actors.faults.verbs import Faults
from lictor_actors.hosts.world import World
from lictor_messages.faults import FaultRule, HandleActor


class _WorldBackend:
    def __init__(self, world: World) -> None:
        self._world = world

    def set_rules(self, rules: tuple[FaultRule, ...]) -> None:
        self._world.network.set_rules(rules)

    def handle_actor(self, wish: HandleActor) -> None:
        world = self._world
        if not wish.role and wish.verb == "crash":
            world.crash(wish.node)
        elif not wish.role and wish.verb == "restart" and not world.machines[wish.node].running:
            world.restart(wish.node)
        else:
            world.handle_actor(wish.verb, wish.node, wish.role)

    def log(self, event: str) -> None:
        self._world.trace.fault(self._world.time, event)


def world_faults(world: World) -> Faults:
    """The fault verbs for this world."""
    return Faults(FaultBook(lambda: world_nodes(world)), _WorldBackend(world))


def world_nodes(world: World) -> list[NodeView]:
    """The world's nodes as selectors see them; the leader is whoever leads the highest term."""
    led = {name: term for name in world.machines if (term := _leads(world, name))}
    leader = max(led, key=lambda name: led[name], default="")
    return [NodeView(name, _is_server(world, name), name == leader) for name in world.machines]


def _leads(world: World, name: str) -> int:
    raft = getattr(world.actor(f"server@{name}"), "raft", None)
    return raft.term if raft is not None and raft.role.value == "leader" else 0


def _is_server(world: World, name: str) -> bool:
    return "server" in world.machines[name].roles
