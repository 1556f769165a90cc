"""People who register services with their local agents, take them away again, and services that fall ill."""

from __future__ import annotations

from random import Random

from lictor_actors.hosts.world import World
from lictor_messages.agent import CheckSpec, DeregisterService, RegisterService
from lictor_messages.base import Message
from lictor_messages.catalog import ServiceRecord

EVERY_S = 1.5
SECOND = 1_000_000_000
STATUSES = (200, 200, 429, 500, 0)


class Owners:
    """Until ``stop``: something changes on a random node now and then."""

    def __init__(self, world: World, nodes: list[str], rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._going = True
        self._doors = [world.door(node, "owner") for node in nodes]
        self._nodes = nodes
        self._again()

    def stop(self) -> None:
        """From now on everything stays as it is."""
        self._going = False

    def _again(self) -> None:
        self._world.at(self._rng.expovariate(1 / EVERY_S), self._act)

    def _act(self) -> None:
        if not self._going:
            return
        place, service = self._rng.randrange(len(self._nodes)), f"web-{self._rng.randrange(2)}"
        url = f"http://{self._nodes[place]}/{service}"
        what = self._rng.choice(("register", "register", "deregister", "status", "status"))
        if what == "status":
            self._world.jobs.http[url] = self._rng.choice(STATUSES)
        else:
            asked: Message = DeregisterService(id=service)
            if what == "register":
                asked = self._registration(self._nodes[place], service, url)
            self._doors[place].ask("agent", asked, lambda answer: self._world.count(f"owner_{answer.kind}"))
        self._again()

    def _registration(self, node: str, service: str, url: str) -> RegisterService:
        record = ServiceRecord(node=node.partition(".")[0], id=service, service="web", port=self._rng.randrange(9) + 80)
        check = CheckSpec(name="alive", http=url, interval_ns=SECOND, timeout_ns=SECOND)
        return RegisterService(service=record, checks=(check,))
