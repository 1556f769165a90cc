"""Transactions: up to 128 operations that happen all or not at all (Consul's /v1/txn)."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Record
from lictor_messages.catalog import CheckRecord, NodeRecord, ServiceRecord
from lictor_messages.json_names import Json
from lictor_messages.kv import Entry

OPERATIONS_MOST = 128


class KeyOperation(Record):
    """One operation on a key or a prefix; ``index`` is what cas, delete-cas and check-index compare."""

    verb: Annotated[str, Json("Verb")]
    key: Annotated[str, Json("Key")]
    value: Annotated[bytes, Json("Value", "base64")] = b""
    flags: Annotated[int, Json("Flags", "unsigned")] = 0
    index: Annotated[int, Json("Index", "unsigned")] = 0
    session: Annotated[str, Json("Session")] = ""


class NodeOperation(Record):
    """set, cas, delete, delete-cas or get of a node; the record's ``modify_index`` is what cas compares."""

    verb: Annotated[str, Json("Verb")]
    node: Annotated[NodeRecord, Json("Node")]


class ServiceOperation(Record):
    """The same of a service instance."""

    verb: Annotated[str, Json("Verb")]
    service: Annotated[ServiceRecord, Json("Service")]


class CheckOperation(Record):
    """The same of a check."""

    verb: Annotated[str, Json("Verb")]
    check: Annotated[CheckRecord, Json("Check")]


class SessionOperation(Record):
    """delete of a session."""

    verb: Annotated[str, Json("Verb")]
    id: str


class Operation(Record):
    """Exactly one of these."""

    kv: Annotated[KeyOperation | None, Json("KV")] = None
    node: Annotated[NodeOperation | None, Json("Node")] = None
    service: Annotated[ServiceOperation | None, Json("Service")] = None
    check: Annotated[CheckOperation | None, Json("Check")] = None
    session: Annotated[SessionOperation | None, Json("Session")] = None


class Transact(Command, kind="txn.transact", on=WIRE | STORED):
    """Do all of these in order, or nothing. Outcome: Transacted."""

    operations: tuple[Operation, ...]


class ReadTransaction(Query, kind="txn.read_transaction", on=WIRE):
    """Operations that only read, answered from one state without an entry of the log; answered by Transacted."""

    operations: tuple[Operation, ...]


class Result(Record):
    """What an operation found or wrote: one of these. Keys that were written come without their value."""

    kv: Annotated[Entry | None, Json("KV", empty="omitted")] = None
    node: Annotated[NodeRecord | None, Json("Node", empty="omitted")] = None
    service: Annotated[ServiceRecord | None, Json("Service", empty="omitted")] = None
    check: Annotated[CheckRecord | None, Json("Check", empty="omitted")] = None


class Failure(Record):
    """Which operation failed and why, in Consul's words."""

    op_index: Annotated[int, Json("OpIndex")]
    what: Annotated[str, Json("What")]


class Transacted(Answer, kind="txn.transacted", on=WIRE | STORED):
    """Results in the order of the operations; or, if any failed, only the failures, and nothing was written."""

    results: tuple[Result, ...] = ()
    failures: tuple[Failure, ...] = ()
