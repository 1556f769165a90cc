"""Clients that put, get, compare-and-set and delete a few keys through their agents, and write down what they saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.judges.history import Action, ClientOperation, History
from lictor_messages.answers import Command, Query, Written
from lictor_messages.base import Message
from lictor_messages.host import Undeliverable
from lictor_messages.kv import DeleteKey, Entries, GetKey, PutKey
from lictor_messages.refusals import Refused

AUDIT_S = 3.0
"""How long the auditor waits: a healed cluster is in no hurry."""
READER = ("get",)
"""Never stuck behind a write of its own: the one who notices that a leader without followers still answers."""
MIXED = ("get", "get", "put", "put", "cas", "delete")
AUDITOR = "auditor"


class Clients:
    """A few clients, each with one request at a time. ``definite`` False: refusals are not to be believed.

    They are not where messages come twice: one copy of a request may be refused while the other is done.
    """

    def __init__(
        self,
        world: World,
        nodes: list[str],
        *,
        clients: int,
        keys: int,
        think_max_s: float,
        patience_s: float,
        rng: Random,
        definite: bool,
    ) -> None:
        self.history = History()
        self._world = world
        self.keys = [f"k{i}" for i in range(keys)]
        self._think_max_s = think_max_s
        self._patience_s = patience_s
        self._rng = rng
        self._definite = definite
        self._values = 0
        self._indexes: dict[tuple[str, str], int] = {}
        self._auditors: dict[str, Door] = {}
        self._going = True
        for number in range(clients):
            name = f"client{number}"
            door = world.door(rng.choice(nodes), name)
            actions = READER if number % 2 else MIXED
            world.at(rng.uniform(0.0, 2.0), partial(self._next, name, door, actions))

    def stop(self) -> None:
        """No client asks anything new."""
        self._going = False

    def audit(self, node: str, action: Action) -> list[ClientOperation]:
        """A last look at every key, or a last word; a healed cluster answers all of it."""
        # One door for each node: a door that begins anew asks under names that were asked before.
        door = self._auditors.get(node) or self._auditors.setdefault(node, self._world.door(node, AUDITOR))
        before = len(self.history.operations)
        for key in self.keys:
            self._send(AUDITOR, door, key, action, _nothing, AUDIT_S)
        return self.history.operations[before:]

    def _next(self, name: str, door: Door, actions: Sequence[str]) -> None:
        if self._going:
            again = partial(self._later, name, door, actions)
            key, action = self._rng.choice(self.keys), self._rng.choice(actions)
            self._send(name, door, key, action, again, self._patience_s)

    def _later(self, name: str, door: Door, actions: Sequence[str]) -> None:
        self._world.at(self._rng.uniform(0.0, self._think_max_s), partial(self._next, name, door, actions))

    def _send(self, name: str, door: Door, key: str, action: str, then: Callable[[], None], patience_s: float) -> None:
        now, history = self._world.time, self.history
        expected = self._indexes.get((name, key), 0)
        request: Query | Command
        match action:
            case "put":
                value = self._value()
                operation, request = history.call(name, key, "put", now, value), PutKey(key=key, value=value)
            case "cas":
                value = self._value()
                operation = history.call(name, key, "cas", now, value, expected)
                request = PutKey(key=key, value=value, cas=expected)
            case "delete":
                operation, request = history.call(name, key, "delete", now), DeleteKey(key=key)
            case _:
                consistency = self._rng.choice(("default", "consistent"))
                operation, request = history.call(name, key, "get", now), GetKey(key=key, consistency=consistency)
        door.ask("agent", request, partial(self._answered, operation, then), patience_s)

    def _value(self) -> bytes:
        self._values += 1
        return b"v%d" % self._values

    def _answered(self, operation: ClientOperation, then: Callable[[], None], answer: Message) -> None:
        now = self._world.time
        match answer:
            case Written():
                self._world.count("cas_lost" if not answer.ok else f"{operation.action}_done")
                self.history.answer(operation, now, ok=answer.ok, index=answer.index if answer.ok else 0)
            case Entries():
                entry = answer.entries[0] if answer.entries else None
                index = entry.modify_index if entry else 0
                self._indexes[operation.client, operation.key] = index
                self._world.count("get_done")
                self.history.answer_get(operation, now, entry.value if entry else None, index)
            case _:
                self._not_done(operation, answer)
        then()

    def _not_done(self, operation: ClientOperation, answer: Message) -> None:
        definite = answer.row.definite if isinstance(answer, Refused) else isinstance(answer, Undeliverable)
        if definite and self._definite:
            self._world.count("refused_definitely")
            self.history.refuse(operation)
        else:
            self._world.count("outcome_unknown")


def _nothing() -> None:
    """The auditor asks once."""
