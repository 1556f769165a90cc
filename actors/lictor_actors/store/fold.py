"""Families folded: who writes and who answers is found by the kind of the message, whatever family it is of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from types import MethodType
from typing import Any

from lictor_actors.store.family import Family, FamilyFault, Hide, Operations, Parts, Read, Shape, SliceRule, Write
from lictor_actors.store.guard import Need
from lictor_messages.base import Message
from lictor_messages.txn import Operation

Bindable = tuple[Family[Any], Callable[..., Any]]


class Families(tuple[Family[Any], ...]):
    """All families of a store, folded: who answers what is found by kind."""

    def __init__(self, families: Iterable[Family[Any]]) -> None:
        """Raises FamilyFault if two families claim the same kind, table, verb or name."""
        _once("the name", (family.name for family in self))
        _once("the table", (table.name for family in self for table in family.tables))
        writes = [(family, write) for family in self for write in family.writes]
        reads = [(family, read) for family in self for read in family.reads]
        operations = [(family, each) for family in self for each in family.operations]
        _once("the command", (write.command.__name__ for _, write in writes))
        _once("the query", (read.query.__name__ for _, read in reads))
        _once("the verb", (f"{verb} of {o.field}" for _, o in operations for verb in (*o.writes, *o.reads)))
        _once("the shape of", (answer.__name__ for family in self for answer in family.shapes))
        _once("the answer", (cut.answer.__name__ for family in self for cut in family.cuts))
        self.writes: dict[type[Message], Write[Any]] = {write.command: write for _, write in writes}
        self.reads: dict[type[Message], Read[Any]] = {read.query: read for _, read in reads}
        self.applies: dict[type[Message], Bindable] = {w.command: (family, w.apply) for family, w in writes}
        self.admits: dict[type[Message], Bindable] = {
            w.command: (family, w.admit) for family, w in writes if not w.leaders_own
        }
        self.answers: dict[type[Message], Bindable] = {r.query: (family, r.answer) for family, r in reads}
        self.versions: dict[type[Message], Bindable] = {r.query: _version(family, r) for family, r in reads}
        self.rendered = frozenset(read.query for _, read in reads if read.rendered)
        self.shapes: dict[type[Message], Shape] = {a: shape for family in self for a, shape in family.shapes.items()}
        self.hides: dict[type[Message], Hide] = {a: hide for family in self for a, hide in family.hides.items()}
        _once("the names of", (resource for family in self for resource in family.names))
        self.names: dict[str, Bindable] = {r: (family, found) for family in self for r, found in family.names.items()}
        self.verbs = TxnVerbs(operations)
        self.cuts: dict[type[Message], SliceRule] = {cut.answer: cut for family in self for cut in family.cuts}


def _version(family: Family[Any], read: Read[Any]) -> Bindable:
    return (family, read.version) if read.version is not None else (_WHOLE, lambda store, _: store.applied)


_WHOLE: Family[Parts] = Family("", make=None, writes=(), reads=())


class TxnVerbs:
    """What transactions can do, by field and verb: ``("kv", "set")``."""

    def __init__(self, operations: Iterable[tuple[Family[Any], Operations[Any]]]) -> None:
        self.performs: dict[tuple[str, str], Bindable] = {}
        """Under the verb "" is who says that there is no such verb: the first family that has the field."""
        self._known: dict[tuple[str, str], Operations[Any]] = {}
        for family, each in operations:
            for verb in ("", *each.writes, *each.reads):
                self.performs.setdefault((each.field, verb), (family, each.perform))
                self._known.setdefault((each.field, verb), each)

    def reads_only(self, operation: Operation) -> bool:
        """Whether this operation needs no entry of the log. One that says nothing needs none."""
        field, op = content(operation)
        return not field or op.verb in self._of(field, op).reads

    def cannot_fail(self, operation: Operation) -> bool:
        """Whether this operation goes through in any state."""
        field, op = content(operation)
        return bool(field) and self._of(field, op).cannot_fail(op)

    def guard(self, operation: Operation) -> tuple[Need, ...]:
        """All that this operation needs."""
        field, op = content(operation)
        return self._of(field, op).guard(op) if field else ()

    def _of(self, field: str, op: Any) -> Operations[Any]:
        return self._known.get((field, op.verb)) or self._known[field, ""]


def content(operation: Operation) -> tuple[str, Any]:
    """The field of an operation that is set, and what is in it; ("", None) if none is."""
    for field, op in operation.__dict__.items():
        if op is not None:
            return field, op
    return "", None


def _once(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise FamilyFault(f"{what} {name} is claimed twice")
        seen.add(name)


class BoundFunctions(dict[Any, Callable[..., Any]]):
    """Functions of families by kind, each bound to its tables in one store when it is first called.

    Most stores are made for a moment, to rehearse a transaction, and need few of them.
    """

    __slots__ = ("_functions", "_store")

    def __init__(self, store: Parts, functions: Mapping[Any, Bindable]) -> None:
        # Without super(): five are made for every store that rehearses a transaction.
        self._store = store
        self._functions = functions

    def __missing__(self, kind: Any) -> Callable[..., Any]:
        family, function = self._functions[kind]
        bound = self[kind] = MethodType(function, family.of(self._store))
        return bound


class Transactional(Parts, ABC):
    """A store as transactions see it."""

    families: Families
    performs: BoundFunctions
    """What is done by field and verb."""

    @abstractmethod
    def empty(self) -> Transactional:
        """Another one, with nothing in it."""
