"""Clients that put, get, compare-and-set and delete keys, and what they were told: the same live and in the world."""

from __future__ import annotations

from random import Random

from lictor_actors.judges.history import ClientOperation, History
from lictor_actors.scenario.model import KvTable
from lictor_messages.answers import Command, Query, Written
from lictor_messages.base import Message
from lictor_messages.kv import DeleteKey, Entries, GetKey, PutKey

PREFIX = "chaos/"
TIMEOUT_S = 3.0
READER = ("get",)
"""Every other client only reads: it is never stuck behind a write of its own, and notices a leader that is alone."""


class KvScript:
    """Draws what each client asks next and writes the history. Its caller sends, waits and tells the time."""

    def __init__(self, table: KvTable, rng: Random) -> None:
        self.history = History()
        self.table = table
        self.keys = [f"{PREFIX}k{number}" for number in range(table.keys)]
        self._rng = rng
        self._values = 0
        self._indexes: dict[tuple[str, str], int] = {}

    @property
    def clients(self) -> list[str]:
        """Their names."""
        return [f"client{number}" for number in range(self.table.clients)]

    def pause_s(self) -> float:
        """How long a client thinks before its next operation."""
        return self._rng.uniform(0.0, 2.0) * self.table.clients / self.table.rate

    def next(self, client: str, now: int) -> tuple[ClientOperation, Query | Command]:
        """What the client asks now."""
        reads = "get" in self.table.ops and client.endswith(("1", "3", "5", "7", "9"))
        return self.ask(client, self._rng.choice(self.keys), self._rng.choice(READER if reads else self.table.ops), now)

    def ask(self, client: str, key: str, op: str, now: int) -> tuple[ClientOperation, Query | Command]:
        """This operation on this key."""
        match op:
            case "put":
                value = self._value()
                return self.history.call(client, key, "put", now, value), PutKey(key=key, value=value)
            case "cas":
                value, expected = self._value(), self._indexes.get((client, key), 0)
                operation = self.history.call(client, key, "cas", now, value, expected)
                return operation, PutKey(key=key, value=value, cas=expected)
            case "delete":
                return self.history.call(client, key, "delete", now), DeleteKey(key=key)
        consistency = self._rng.choice(("default", "consistent"))
        return self.history.call(client, key, "get", now), GetKey(key=key, consistency=consistency)

    def answered(self, operation: ClientOperation, answer: Message, now: int) -> bool:
        """The client was told; False if that was no outcome."""
        match answer:
            case Written():
                self.history.answer(operation, now, ok=answer.ok, index=answer.index if answer.ok else 0)
            case Entries():
                entry = answer.entries[0] if answer.entries else None
                index = entry.modify_index if entry else 0
                self._indexes[operation.client, operation.key] = index
                self.history.answer_get(operation, now, entry.value if entry else None, index)
            case _:
                return False
        return True

    def refused(self, operation: ClientOperation) -> None:
        """The client knows for sure that nothing happened."""
        self.history.refuse(operation)

    def _value(self) -> bytes:
        self._values += 1
        return b"v%d" % self._values
