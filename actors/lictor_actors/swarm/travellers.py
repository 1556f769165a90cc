"""People in several datacenters who want something of any of them, and some who join the wrong pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.judges.borders import BorderJudge
from lictor_actors.node.spec import NodeSpec
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord
from lictor_messages.kv import PutKey
from lictor_messages.members import Join
from lictor_messages.queries import (
    CreatePreparedQuery,
    ExecutePreparedQuery,
    PreparedQuery,
    QueryExecuted,
    QueryFailover,
    ServiceQuery,
)

QUERY = "abroad"
A_SECOND = 4.0
PATIENCE_S = 10.0


class Travellers:
    """Until ``stop``. ``web`` is a service of every datacenter but the first, whose prepared query fails over."""

    def __init__(self, world: World, judge: BorderJudge, specs: Sequence[NodeSpec], rng: Random) -> None:
        self.asked = 0
        self._world = world
        self._judge = judge
        self._specs = specs
        self._names = tuple(dict.fromkeys(spec.dc for spec in specs))
        self._rng = rng
        self._doors: dict[str, Door] = {}
        self._going = True
        self._open = 0
        """Orders of the beginning that are not done yet."""

    @property
    def settled(self) -> bool:
        """The service and the query are registered."""
        return not self._open

    @property
    def failover(self) -> tuple[str, ...]:
        """Where the prepared query looks that has nothing at home, in this order: the last one first."""
        return tuple(reversed(self._names[1:]))

    def begin(self) -> None:
        """Register the service and the query, and set out."""
        for dc in self._names[1:]:
            node = NodeRecord(node=f"web-{dc}", address="10.9.9.9", datacenter=dc)
            service = ServiceRecord(node=node.node, id="web", service="web")
            self._insist(self.node_of(dc), Register(node=node, service=service))
        wanted = ServiceQuery(service="web", failover=QueryFailover(datacenters=self.failover))
        query = PreparedQuery(id=f"{1:036}", name=QUERY, service=wanted)
        self._insist(self.node_of(self._names[0]), CreatePreparedQuery(query=query))
        self._travel()

    def stop(self) -> None:
        """They stay at home."""
        self._going = False

    def node_of(self, dc: str) -> str:
        """Any node of this datacenter."""
        return self._rng.choice([spec.node for spec in self._specs if spec.dc == dc])

    def _travel(self) -> None:
        if not self._going:
            return
        rng = self._rng
        node, dc = self.node_of(rng.choice(self._names)), rng.choice(self._names)
        chance = rng.random()
        if chance < 0.7:
            self._ask(node, PutKey(key=f"{dc}/{rng.randrange(5)}", value=b"%d" % self.asked, dc=dc))
        elif chance < 0.95:
            self._ask(self.node_of(self._names[0]), ExecutePreparedQuery(name_or_id=QUERY), self._found)
        else:
            there = next(spec for spec in self._specs if spec.dc == dc)
            self._ask(node, Join(addresses=(there.gossip_url,)))
        self._world.at(rng.expovariate(A_SECOND), self._travel)

    def _found(self, answer: Message) -> None:
        if isinstance(answer, QueryExecuted):
            self._world.count(f"found_in_{answer.datacenter if answer.instances else 'none'}")
            self._judge.saw_answer(self._names[0], answer)

    def _insist(self, node: str, order: Message) -> None:
        """Until it is done."""
        self._open += 1
        self._ask(node, order, partial(self._done, node, order))

    def _done(self, node: str, order: Message, answer: Message) -> None:
        self._open -= 1
        if not isinstance(answer, Written):
            self._insist(node, order)

    def _ask(self, node: str, message: Message, then: Callable[[Message], None] = lambda _: None) -> None:
        """Of a write that is cut off it is not known what becomes of it: the judges look at what is there."""
        self.asked += 1
        door = self._doors.get(node) or self._doors.setdefault(node, self._world.door(node, "traveller"))
        door.ask("agent", message, then, PATIENCE_S)
