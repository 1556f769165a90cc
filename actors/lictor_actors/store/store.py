"""The replicated state machine: the same commands in the same order give the same state on every server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import ormsgpack

from lictor_actors.store.catalog import Catalog
from lictor_actors.store.dedup import Dedup
from lictor_actors.store.errors import UnknownCommand
from lictor_actors.store.indexes import Indexes, Touched
from lictor_actors.store.invariants import check_store
from lictor_actors.store.kv import KeyTable
from lictor_actors.store.lookups import ANSWERS, index_of
from lictor_actors.store.registration import deregister, register
from lictor_messages.answers import Answer, Query
from lictor_messages.base import Message
from lictor_messages.catalog import Deregister, Register
from lictor_messages.kv import DeleteKey, GetKey, ListKeyNames, ListKeys, PutKey


class Store:
    """Tables, their indexes, and the outcomes remembered for retries.

    ``apply`` is a function of the log alone: no clock, no randomness, no iteration over sets.
    """

    def __init__(self) -> None:
        self.indexes = Indexes()
        self.kv = KeyTable(self.indexes)
        self.catalog = Catalog(self.indexes)
        self.dedup = Dedup()
        self.applied = 0
        """Log index of the last command applied."""
        self._checked = 0
        self._writes: dict[type[Message], Callable[[Any, int], Message]] = {
            PutKey: self.kv.put,
            DeleteKey: self.kv.delete,
            Register: lambda command, index: register(self.catalog, command, index),
            Deregister: lambda command, index: deregister(self.catalog, command, index),
        }
        self._reads: dict[type[Message], Callable[[Any], Answer]] = {
            GetKey: self.kv.get,
            ListKeys: self.kv.list,
            ListKeyNames: self.kv.names,
        }

    def apply(self, index: int, at_ns: int, command: Message) -> Message:
        """Apply the command of log entry ``index``, stamped ``at_ns`` by its leader.

        The outcome is Written, or Refused Invalid in Consul's words, and then nothing was written. Raises
        UnknownCommand, before anything is changed.
        """
        write = self._writes.get(type(command))
        if write is None:
            raise UnknownCommand(command.kind)
        self.applied = index
        return write(command, index)

    def apply_once(self, index: int, at_ns: int, asker: str, request: str, command: Message) -> Message:
        """As ``apply``, but a repeat of (asker, request) is answered with its first outcome and changes nothing."""
        outcome = self.dedup.first_outcome(asker, request, at_ns)
        if outcome is None:
            outcome = self.apply(index, at_ns, command)
            self.dedup.remember(asker, request, outcome)
        self.applied = index
        return outcome

    def evaluate(self, query: Query) -> Answer:
        """The typed answer, with its index (>= 1). Raises QueryRefused for a bad filter, KeyError for no query here."""
        read = self._reads.get(type(query))
        answer: Answer = read(query) if read is not None else ANSWERS[type(query)](self.catalog, query)
        return answer

    def answers(self, query: Message) -> bool:
        """Whether ``evaluate`` knows this kind of query."""
        return type(query) in self._reads or type(query) in ANSWERS

    def version(self, query: Query) -> int:
        """A number that stays the same while the answer does, found without building it: the key of a render cache.

        It is the answer's index, except for lists of keys, whose index takes a walk: theirs is the table's.
        """
        match query:
            case GetKey():
                return self.kv.key_version(query)
            case ListKeys() | ListKeyNames():
                return self.kv.table_index()
        return index_of(self.catalog, query)

    def take_touched(self) -> Touched:
        """What writes touched since the last call; ``Watches.wake`` takes it after each batch."""
        return self.indexes.take_touched()

    def check(self) -> None:
        """Assert that tables and indexes agree with each other; raises InvariantBroken.

        The simulator asks after every turn: what was found whole is not walked again until a command is applied.
        """
        if self.applied != self._checked:
            check_store(self)
            self._checked = self.applied

    def digest(self) -> str:
        """A hash of the whole state: equal on two replicas that applied the same log."""
        state = hashlib.sha256()
        for part in self._parts():
            state.update(ormsgpack.packb(part, option=ormsgpack.OPT_SERIALIZE_PYDANTIC))
        return state.hexdigest()

    def _parts(self) -> Iterator[object]:
        indexes = self.indexes
        yield sorted(indexes.tables.items()), sorted(indexes.services.items()), indexes.extinction
        yield from self.kv.entries.values()
        yield list(self.kv.tombstones.items())
        yield from self.catalog.nodes.values()
        for name in self.catalog.nodes:
            yield list(self.catalog.services.get(name, {}).values())
            yield list(self.catalog.checks.get(name, {}).values())
        yield from self.dedup
