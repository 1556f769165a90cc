"""Somebody fires user events now and then."""

from __future__ import annotations

from random import Random

from lictor_actors.hosts.world import World
from lictor_messages.members import FireEvent

EVERY_S = 2.0


class Heralds:
    """Until ``stop``: an event from a random node."""

    def __init__(self, world: World, nodes: list[str], rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._doors = [world.door(node, "herald") for node in nodes]
        self._fired = 0
        self._going = True
        self._again()

    def stop(self) -> None:
        """No more news."""
        self._going = False

    def _again(self) -> None:
        self._world.at(self._rng.expovariate(1 / EVERY_S), self._fire)

    def _fire(self) -> None:
        if not self._going:
            return
        self._fired += 1
        event = FireEvent(id=f"00000000-0000-4000-8000-{self._fired:012x}", name="deploy", payload=b"%d" % self._fired)
        door = self._rng.choice(self._doors)
        door.ask("agent", event, lambda answer: self._world.count(f"herald_{answer.kind}"), 3.0)
        self._again()
