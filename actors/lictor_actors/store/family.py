"""A family: one kind of data that the store holds, with all that has to be known about it, in one place.

::

    KV = Family(
        name="kv",
        make=…,                     its tables in a new store, found there under its name
        writes=(Write(…), …),       commands: how they are applied, what they need, what is never let into the log
        reads=(Read(…), …),         queries: answers, their versions, what wakes those that block, what they need
        tables=(Table(…), …),       what goes into a snapshot
        state=…, check=…,           what goes into the digest; what must always hold
        operations=…, lend=…,       its part in transactions
        shapes={…},                 its answers as JSON
        hides=…, names=…,           what remains of answers for those who may not see all; whose rows ids are
        cuts=…,                     those that may be too large for one message
    )

The store folds the families that are listed in ``families/every.py``, and knows none of them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar, cast

from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.guard import Guard
from lictor_actors.store.indexes import Indexes, Scope
from lictor_actors.store.log_clock import LogClock
from lictor_actors.store.snapshot.tables import Table
from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.txn import Operation, Result

T = TypeVar("T")

Results = tuple[Result, ...]
Scopes = Callable[[Any], tuple[Scope, ...]]


Shape = Callable[[Any, Any], object]
"""(query, answer) → the value of its JSON, or ``MISSING``."""
Shapes = Mapping[type[Answer], Shape]
Hide = Callable[[Any, Any, Sight], Answer]
"""(query, answer, who asks) → the answer without what this asker may not see."""
NameOf = Callable[[Any, str], str | None]
"""(tables, id) → the name that rules have for this row, None if there is no such row or it has none."""
MISSING = object()
"""The JSON of what is not there: Consul's 404 without a body."""
ANY_COMMAND = None
"""The version of a query whose answer any command may change."""


def never_blocks(_: object) -> tuple[Scope, ...]:
    """The scopes of a query that is answered at once, whatever its ``min_index``."""
    return ()


def _all_admitted(_: object, __: object) -> Refused | None:
    return None


class Write(NamedTuple, Generic[T]):
    """A command. Functions take the family's tables first."""

    command: type[Command]
    apply: Callable[[T, Any, int], Message]
    """(tables, command, index) → its outcome: a function of the log alone."""
    guard: Guard
    admit: Callable[[T, Any], Refused | None] = _all_admitted
    """(tables, command) → why it may not be proposed. What depends on the state is refused by ``apply`` instead."""
    leaders_own: bool = False
    """Only a leader gives it, to itself: clients are refused."""


class Read(NamedTuple, Generic[T]):
    """A query. Functions take the family's tables first."""

    query: type[Query]
    answer: Callable[[T, Any], Answer]
    """(tables, query) → its typed answer; raises QueryRefused."""
    version: Callable[[T, Any], int] | None
    """(tables, query) → a number that stays the same while the answer does, found without building it. With
    ``ANY_COMMAND`` it is the index of the last command: for answers that may rest on anything."""
    scopes: Scopes
    """What has to be touched before the answer can change; ``never_blocks`` if it waits for nothing."""
    guard: Guard
    rendered: bool = True
    """Whether the answer has a shape in JSON; if not, it is answered typed only."""
    in_full: Callable[[Any], Query] | None = None
    """(query) → the query whose answer has a row for each row of the store: what is hidden is hidden from that."""


class Operations(NamedTuple, Generic[T]):
    """What a family does with one field of a transaction's operations (``kv``, ``node``, …)."""

    field: str
    perform: Callable[[T, Any, int], Results]
    """(tables, the field's content, index) → results; raises Failed, also for a verb that does not exist."""
    guard: Guard
    """The field's content → all that it needs."""
    writes: tuple[str, ...]
    """Verbs that change something."""
    reads: tuple[str, ...] = ()
    """Verbs that need no entry of the log."""
    cannot_fail: Callable[[Any], bool] = lambda _: False
    """The field's content → whether it goes through in any state: a transaction of such is not rehearsed."""


class SliceRule(NamedTuple):
    """A kind of answer that may be too large for one message."""

    answer: type[Answer]
    rows: str
    """The field that holds its rows."""
    weigh: Callable[[Any], int]
    """A row → its bytes as JSON, about."""
    brackets: bool = True
    """Whether the answer's JSON is nothing else than its rows, one after the other in brackets."""


def _holds_always(_: object) -> None:
    """Nothing to check."""


def _no_state(_: object) -> Iterator[object]:
    return iter(())


@dataclass(frozen=True)
class Family(Generic[T]):
    """One kind of data. ``T`` are its tables; without ``make`` it has none, and its functions take the whole store."""

    name: str
    make: Callable[[Parts], T] | None
    writes: tuple[Write[T], ...]
    reads: tuple[Read[T], ...]
    tables: tuple[Table[T], ...] = ()
    state: Callable[[T], Iterator[object]] = _no_state
    """Everything in the tables, for the digest, in an order that every replica agrees on."""
    check: Callable[[T], None] = _holds_always
    """Raises InvariantBroken if tables and indexes disagree."""
    check_large: Callable[[T], None] = _holds_always
    """The part of it that walks a table which may be too large for one turn: see ``Table.by_row``."""
    inherit: Callable[[T, T], None] = lambda new, old: None
    """(new, old): the new tables take the place of the old ones and keep what is no data, such as options."""
    operations: tuple[Operations[T], ...] = ()
    lend: Callable[[T, T, tuple[Operation, ...]], None] | None = None
    """(from, to, operations): copy the rows on which it depends whether these operations fail."""
    shapes: Shapes = field(default_factory=dict)
    """Its answers as Consul's JSON, byte for byte as Consul's handlers write it."""
    hides: Mapping[type[Answer], Hide] = field(default_factory=dict)
    """What becomes of answers that hold rows, for those who may not see all of them."""
    names: Mapping[str, NameOf] = field(default_factory=dict)
    """By resource, how a ``stored`` need finds the name that it is about."""
    cuts: tuple[SliceRule, ...] = ()

    def __post_init__(self) -> None:
        lacking = [part for part, default in _DEFAULTS.items() if getattr(self, part) is default]
        if self.make is not None and lacking:
            raise FamilyFault(f"the family {self.name} makes tables, but says nothing of their {' and '.join(lacking)}")
        if any(operations.writes for operations in self.operations) and self.lend is None:
            raise FamilyFault(f"the family {self.name} writes in transactions, but lends no rows to rehearse them on")

    def of(self, store: Parts) -> T:
        """Its tables in this store."""
        tables: Any = getattr(store, self.name) if self.make is not None else store
        return cast(T, tables)


_DEFAULTS: Mapping[str, object] = {"tables": (), "state": _no_state, "check": _holds_always}


class FamilyFault(TypeError):
    """A family lacks a part, or two of them claim the same."""


class Parts:
    """What a store is put together from: indexes, the log's clock, and each family's tables under the family's name."""

    def __init__(self, families: Iterable[Family[Any]]) -> None:
        self.indexes = Indexes()
        self.clock = LogClock()
        self.applied = 0
        """Index of the last command applied, as clients see it: the log's index and what was burned."""
        for family in families:
            if family.make is not None:
                setattr(self, family.name, family.make(self))
