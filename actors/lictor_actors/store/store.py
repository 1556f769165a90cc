"""The replicated state machine: the same commands in the same order give the same state on every server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import ormsgpack

from lictor_actors.store.dedup import Dedup
from lictor_actors.store.errors import UnknownCommand
from lictor_actors.store.families.autopilot import AutopilotTable
from lictor_actors.store.families.catalog.queries import ANSWERS, index_of
from lictor_actors.store.families.catalog.registration import deregister, register
from lictor_actors.store.families.catalog.tables import Catalog
from lictor_actors.store.families.kv.table import KeyTable
from lictor_actors.store.families.kv.tombstones import reap
from lictor_actors.store.families.queries.table import PreparedTable
from lictor_actors.store.families.sessions.locks import Locks
from lictor_actors.store.families.sessions.table import SessionTable
from lictor_actors.store.indexes import Indexes, Touched
from lictor_actors.store.invariants import check_store
from lictor_actors.store.render import TYPED_ONLY
from lictor_actors.store.snapshot.staged import Staged
from lictor_actors.store.txn.transact import read_transaction, transact
from lictor_messages.answers import Answer, Query, Written
from lictor_messages.autopilot import GetAutopilotConfiguration, SetAutopilotConfiguration
from lictor_messages.base import Message
from lictor_messages.catalog import Deregister, Register
from lictor_messages.kv import DeleteKey, GetKey, ListKeyNames, ListKeys, PutKey, ReapTombstones
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    ListPreparedQueries,
    UpdatePreparedQuery,
)
from lictor_messages.refusals import Refused
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
)
from lictor_messages.snapshots import RestoreStaged, StageRestore
from lictor_messages.txn import ReadTransaction, Transact


class Store:
    """Tables, their indexes, and the outcomes remembered for retries.

    ``apply`` is a function of the log alone: no clock, no randomness, no iteration over sets.
    """

    def __init__(self) -> None:
        self.indexes = Indexes()
        self.kv = KeyTable(self.indexes)
        self.catalog = Catalog(self.indexes)
        self.locks = Locks(self.kv)
        self.sessions = SessionTable(self.indexes, self.catalog, self.locks)
        self.autopilot = AutopilotTable(self.indexes)
        self.queries = PreparedTable(self.indexes, self.catalog, self.sessions.fault)
        self.catalog.dependants = self.sessions
        self.sessions.on_end.append(self.queries.session_ended)
        self.dedup = Dedup()
        self.staged = Staged(Store)
        self.applied = 0
        """Index of the last command applied, as clients see it: the log's index and what was burned."""
        self.burned = 0
        """How far indexes are ahead of the log, since a snapshot with higher ones was restored."""
        self.replaced = 0
        """How often everything was replaced, by a restored snapshot or by a leader's."""
        self._checked = 0
        self._wire()

    def _wire(self) -> None:
        """Who writes and who answers: bound to the tables that this store has now."""
        self._writes: dict[type[Message], Callable[[Any, int], Message]] = {
            PutKey: self._put_key,
            DeleteKey: self.kv.delete,
            Register: lambda command, index: register(self.catalog, command, index),
            Deregister: lambda command, index: deregister(self.catalog, command, index),
            CreateSession: self.sessions.create,
            DestroySession: self.sessions.destroy,
            Transact: lambda command, index: transact(self, command, index),
            CreatePreparedQuery: self.queries.create,
            UpdatePreparedQuery: self.queries.update,
            DeletePreparedQuery: self.queries.delete,
            ReapTombstones: lambda command, index: reap(self.kv, command, index),
            SetAutopilotConfiguration: self.autopilot.set,
            StageRestore: self.staged.stage,
            RestoreStaged: self._restore,
        }
        self._reads: dict[type[Message], Callable[[Any], Answer]] = {
            GetKey: self.kv.get,
            ListKeys: self.kv.list,
            ListKeyNames: self.kv.names,
            GetSession: self.sessions.get,
            RenewSession: self.sessions.get,
            ListNodeSessions: self.sessions.of_node,
            ListSessions: self.sessions.all,
            GetPreparedQuery: self.queries.get,
            ListPreparedQueries: self.queries.all,
            ExplainPreparedQuery: self.queries.explain,
            ExecutePreparedQuery: self.queries.execute,
            GetAutopilotConfiguration: self.autopilot.get,
            ReadTransaction: lambda query: read_transaction(self, query),
        }
        self._answered = frozenset((*self._reads, *ANSWERS))
        self._rendered = self._answered.difference(TYPED_ONLY)

    def apply(self, index: int, at_ns: int, command: Message) -> Message:
        """Apply the command of log entry ``index``, stamped ``at_ns`` by its leader.

        The outcome is Written, or Refused Invalid in Consul's words, and then nothing was written. Raises
        UnknownCommand, before anything is changed.
        """
        write = self._writes.get(type(command))
        if write is None:
            raise UnknownCommand(command.kind)
        self.staged.expire(at_ns)
        self.locks.now = at_ns
        self.applied = index + self.burned
        return write(command, self.applied)

    def apply_once(self, index: int, at_ns: int, asker: str, request: str, command: Message) -> Message:
        """As ``apply``, but a repeat of (asker, request) is answered with its first outcome and changes nothing."""
        outcome = self.dedup.first_outcome(asker, request, at_ns)
        if outcome is None:
            outcome = self.apply(index, at_ns, command)
            self.dedup.remember(asker, request, outcome)
        self.applied = index + self.burned
        return outcome

    def become(self, other: Store) -> None:
        """Take over all that ``other`` holds, at once, for everybody who holds this store.

        Nobody may use ``other`` again. Blocked queries are answered anew when ``replaced`` has moved.
        """
        replaced = self.replaced + 1
        other.sessions.ttl_min_ns = self.sessions.ttl_min_ns
        self.__dict__.update(other.__dict__)
        self.replaced, self._checked = replaced, 0
        self._wire()

    def _restore(self, command: RestoreStaged, index: int) -> Message:
        """Everything is replaced but the outcomes remembered: those of this log's requests stay true."""
        if self.staged.is_done(command):
            return Written(index=index)
        thawed = self.staged.thawed(command)
        if isinstance(thawed, Refused):
            return thawed
        thawed.dedup = self.dedup
        thawed.staged.clear()
        thawed.staged.restored = command.id
        # Clients wait for indexes above those in the snapshot, which may be another cluster's: none may come twice.
        skipped = max(0, thawed.applied + 1 - index)
        thawed.burned, thawed.applied = self.burned + skipped, index + skipped
        self.become(thawed)
        return Written(index=self.applied)

    def evaluate(self, query: Query) -> Answer:
        """The typed answer, with its index (>= 1). Raises QueryRefused for a bad filter, KeyError for no query here."""
        read = self._reads.get(type(query))
        answer: Answer = read(query) if read is not None else ANSWERS[type(query)](self.catalog, query)
        return answer

    def applies(self, command: Message) -> bool:
        """Whether ``apply`` knows this kind of command."""
        return type(command) in self._writes

    def answers(self, query: Query) -> bool:
        """Whether ``evaluate`` knows this kind of query, and ``render`` its answer if that is what is asked for."""
        return type(query) in (self._rendered if query.rendered else self._answered)

    def version(self, query: Query) -> int:
        """A number that stays the same while the answer does, found without building it: the key of a render cache.

        It is the answer's index, except for lists of keys, whose index takes a walk: theirs is the table's.
        """
        match query:
            case GetKey():
                return self.kv.key_version(query)
            case ListKeys() | ListKeyNames():
                return self.kv.list_version()
            case GetSession() | RenewSession() | ListNodeSessions() | ListSessions():
                return self.sessions.table_index()
            case GetPreparedQuery():
                return self.queries.version(query)
            case ListPreparedQueries() | ExplainPreparedQuery():
                return self.queries.table_index()
            case ReadTransaction() | ExecutePreparedQuery():
                return self.applied
        return index_of(self.catalog, query)

    def _put_key(self, command: PutKey, index: int) -> Message:
        if command.acquire is None and command.release is None:
            return self.kv.put(command, index)
        return self.sessions.put(command, index)

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
        yield from self.sessions
        yield list(self.locks)
        yield from self.queries
        yield from self.autopilot
        yield from self.dedup
        yield self.burned, self.staged.id, self.staged.until, self.staged.restored, self.staged.digest()
