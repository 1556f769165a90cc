"""The replicated state machine: the same commands in the same order give the same state on every server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import ormsgpack

from lictor_actors.store.dedup import Dedup
from lictor_actors.store.errors import UnknownCommand
from lictor_actors.store.families.acl.table import AclTable
from lictor_actors.store.families.auth_methods.table import AuthMethodTable
from lictor_actors.store.families.autopilot import AutopilotTable
from lictor_actors.store.families.catalog.tables import CatalogTables
from lictor_actors.store.families.connect_ca import RootTable
from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.families.kv.table import KeyTable
from lictor_actors.store.families.queries.table import PreparedTable
from lictor_actors.store.families.sessions.table import SessionTable
from lictor_actors.store.fold import BoundFunctions, Transactional
from lictor_actors.store.indexes import Touched
from lictor_actors.store.invariants import check_parts
from lictor_actors.store.snapshot.own import DEDUP, INDEXES, STAGED
from lictor_actors.store.snapshot.staged import Staged
from lictor_actors.store.snapshot.tables import Filed
from lictor_messages.answers import Answer, Query, Written
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.snapshots import RestoreStaged


class Store(Transactional):
    """The tables of all families, their indexes, and the outcomes remembered for retries.

    ``apply`` is a function of the log alone: no clock, no randomness, no iteration over sets.
    """

    families = FAMILIES

    # For callers who know what they look for. A family needs no line here: ``FAMILY.of(store)`` has a type, too.
    kv: KeyTable
    catalog: CatalogTables
    sessions: SessionTable
    queries: PreparedTable
    autopilot: AutopilotTable
    connect_ca: RootTable
    acl: AclTable
    auth_methods: AuthMethodTable

    def __init__(self) -> None:
        super().__init__(FAMILIES)
        self.dedup = Dedup()
        self.staged = Staged(Store)
        self.burned = 0
        """How far indexes are ahead of the log, since a snapshot with higher ones was restored."""
        self.replaced = 0
        """How often everything was replaced, by a restored snapshot or by a leader's."""
        self._checked = 0
        self._wire()

    def _wire(self) -> None:
        """Who writes and who answers, with the tables that this store has now."""
        self._writes = BoundFunctions(self, FAMILIES.applies)
        self.admits = BoundFunctions(self, FAMILIES.admits)
        """By kind of command that a client may give: why it may not enter the log, None if it may."""
        self._reads = BoundFunctions(self, FAMILIES.answers)
        self._versions = BoundFunctions(self, FAMILIES.versions)
        self.performs = BoundFunctions(self, FAMILIES.verbs.performs)
        self.names = BoundFunctions(self, FAMILIES.names)
        """By resource: from the id of a row to the name that rules have for it, None if there is none."""

    def empty(self) -> Store:
        """Another store, with nothing in it."""
        return Store()

    # -- writes ---------------------------------------------------------------

    def apply(self, index: int, at_ns: int, command: Message) -> Message:
        """Apply the command of log entry ``index``, stamped ``at_ns`` by its leader.

        The outcome is Written, or Refused Invalid in Consul's words, and then nothing was written. Raises
        UnknownCommand, before anything is changed.
        """
        try:
            write = self._writes[type(command)]
        except KeyError:
            raise UnknownCommand(command.kind) from None
        self.staged.expire(at_ns)
        self.clock.now = at_ns
        self.applied = index + self.burned
        outcome: Message = write(command, self.applied)
        return outcome

    def apply_once(self, index: int, at_ns: int, asker: str, request: str, command: Message) -> Message:
        """As ``apply``, but a repeat of (asker, request) is answered with its first outcome and changes nothing."""
        outcome = self.dedup.first_outcome(asker, request, at_ns)
        if outcome is None:
            outcome = self.apply(index, at_ns, command)
            self.dedup.remember(asker, request, outcome)
        self.applied = index + self.burned
        return outcome

    def applies(self, command: Message) -> bool:
        """Whether ``apply`` knows this kind of command."""
        return type(command) in FAMILIES.applies

    # -- reads ----------------------------------------------------------------

    def evaluate(self, query: Query) -> Answer:
        """The typed answer, with its index (>= 1). Raises QueryRefused for a bad filter, KeyError for no query here."""
        answer: Answer = self._reads[type(query)](query)
        return answer

    def answers(self, query: Query) -> bool:
        """Whether ``evaluate`` knows this kind of query, and ``render`` its answer if that is what is asked for."""
        return type(query) in (FAMILIES.rendered if query.rendered else FAMILIES.answers)

    def version(self, query: Query) -> int:
        """A number that stays the same while the answer does, found without building it: the key of a render cache.

        It is the answer's index, except for lists of keys, whose index takes a walk: theirs is the table's.
        """
        version: int = self._versions[type(query)](query)
        return version

    def take_touched(self) -> Touched:
        """What writes touched since the last call; ``Watches.wake`` takes it after each batch."""
        return self.indexes.take_touched()

    # -- the whole ------------------------------------------------------------

    def become(self, other: Store) -> None:
        """Take over all that ``other`` holds, at once, for every holder of this store.

        ``other`` must not be used again. Blocked queries are answered anew when ``replaced`` has moved.
        """
        replaced = self.replaced + 1
        for family in FAMILIES:
            family.inherit(family.of(other), family.of(self))
        self.__dict__.update(other.__dict__)
        self.replaced, self._checked = replaced, 0
        self._wire()

    def restore(self, command: RestoreStaged, index: int) -> Message:
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

    def tables(self) -> tuple[Filed, ...]:
        """What goes into a snapshot, in order."""
        families = (Filed(table, family.of(self)) for family in FAMILIES for table in family.tables)
        return (Filed(INDEXES, self.indexes), *families, Filed(DEDUP, self.dedup), Filed(STAGED, self.staged))

    def check(self) -> None:
        """Assert that tables and indexes agree with each other; raises InvariantBroken.

        The simulator asks after every turn: what was found whole is not walked again until a command is applied.
        """
        if self.applied != self._checked:
            check_parts(self, FAMILIES)
            self._checked = self.applied

    def digest(self) -> str:
        """A hash of the whole state: equal on two replicas that applied the same log."""
        state = hashlib.sha256()
        for part in self._state():
            state.update(ormsgpack.packb(part, option=ormsgpack.OPT_SERIALIZE_PYDANTIC))
        return state.hexdigest()

    def _state(self) -> Iterator[object]:
        indexes = self.indexes
        yield sorted(indexes.tables.items()), sorted(indexes.services.items()), indexes.extinction
        for family in FAMILIES:
            yield from family.state(family.of(self))
        yield from self.dedup
        yield self.burned, self.staged.id, self.staged.until, self.staged.restored, self.staged.digest()
