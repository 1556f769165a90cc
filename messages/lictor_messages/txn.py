"""Transactions: up to 128 operations that happen all or not at all (Consul's /v1/txn)."""

from __future__ import annotations

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Record
from lictor_messages.catalog import CheckRecord, NodeRecord, ServiceRecord
from lictor_messages.kv import Entry

OPERATIONS_MOST = 128


class KeyOperation(Record):
    """One operation on a key or a prefix; ``index`` is what cas, delete-cas and check-index compare."""

    verb: str
    key: str
    value: bytes = b""
    flags: int = 0
    index: int = 0
    session: str = ""


class NodeOperation(Record):
    """set, cas, delete, delete-cas or get of a node; the record's ``modify_index`` is what cas compares."""

    verb: str
    node: NodeRecord


class ServiceOperation(Record):
    """The same of a service instance."""

    verb: str
    service: ServiceRecord


class CheckOperation(Record):
    """The same of a check."""

    verb: str
    check: CheckRecord


class SessionOperation(Record):
    """delete of a session."""

    verb: str
    id: str


class Operation(Record):
    """Exactly one of these."""

    kv: KeyOperation | None = None
    node: NodeOperation | None = None
    service: ServiceOperation | None = None
    check: CheckOperation | None = None
    session: SessionOperation | None = None


class Transact(Command, kind="txn.transact", on=WIRE | STORED):
    """Do all of these in order, or nothing. Outcome: Transacted."""

    operations: tuple[Operation, ...]


class ReadTransaction(Query, kind="txn.read_transaction", on=WIRE):
    """Operations that only read, answered from one state without an entry of the log; answered by Transacted."""

    operations: tuple[Operation, ...]


class Result(Record):
    """What an operation found or wrote: one of these. Keys that were written come without their value."""

    kv: Entry | None = None
    node: NodeRecord | None = None
    service: ServiceRecord | None = None
    check: CheckRecord | None = None


class Failure(Record):
    """Which operation failed and why, in Consul's words."""

    op_index: int
    what: str


class Transacted(Answer, kind="txn.transacted", on=WIRE | STORED):
    """Results in the order of the operations; or, if any failed, only the failures, and nothing was written."""

    results: tuple[Result, ...] = ()
    failures: tuple[Failure, ...] = ()
