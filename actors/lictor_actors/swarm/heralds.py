"""User events are fired, and the pool is asked, now and then."""

from __future__ import annotations

from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.swim.queries import PING
from lictor_messages.members import FireEvent
from lictor_messages.pool import AskPool

EVERY_S = 2.0
QUERY_S = 15.0


class Heralds:
    """Until ``stop``: an event from a random node, and with ``ask`` queries too."""

    def __init__(self, world: World, nodes: list[str], rng: Random, *, ask: bool) -> None:
        self._world = world
        self._rng = rng
        self._doors = [world.door(node, "herald") for node in nodes]
        self._fired = 0
        self._going = True
        self._again()
        if ask:
            self._ask_again()

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

    def _ask_again(self) -> None:
        self._world.at(self._rng.expovariate(1 / EVERY_S), self._ask)

    def _ask(self) -> None:
        if not self._going:
            return
        query = AskPool(name=PING, acks=self._rng.random() < 0.5, relay_factor=self._rng.randrange(3))
        door = self._rng.choice(self._doors)
        door.ask("prober", query, lambda answer: self._world.count(f"herald_{answer.kind}"), QUERY_S)
        self._ask_again()
