"""Transactions: their operations, and what they answer of each kind of data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lictor_actors.consul.kinds import TEXT
from lictor_actors.consul.parts import as_read, one_or_more, pointer
from lictor_actors.consul.struct import R, Struct
from lictor_actors.consul.structs.catalog import (
    ANYWHERE,
    CHECK,
    ENTERPRISE,
    NODE,
    SERVICE,
    SERVICE_PARTS,
)
from lictor_actors.consul.structs.kv import ENTRY
from lictor_messages.catalog import ServiceRecord
from lictor_messages.sessions import DestroySession
from lictor_messages.txn import (
    CheckOperation,
    Failure,
    KeyOperation,
    NodeOperation,
    Operation,
    Result,
    ServiceOperation,
    SessionOperation,
)

_NULLS = ("Tags", "Meta", "ServiceTags")


def _as_stored(struct: Struct[R]) -> Struct[R]:
    """The struct as a transaction shows it: an empty list or map was never given, and is null."""
    fields = (
        replace(field, before="", empty="null" if field.name in _NULLS else field.empty) for field in struct.written
    )
    return Struct(struct.name, struct.record_type, fields=fields)


_RESULTS: tuple[Struct[Any], ...] = (ENTRY, _as_stored(NODE), _as_stored(SERVICE), _as_stored(CHECK))
RESULT = Struct("TxnResult", Result, [one_or_more(struct) for struct in _RESULTS])
FAILURE = Struct("TxnError", Failure)
_TXN_SERVICE = Struct(
    "NodeService",
    ServiceRecord,
    SERVICE_PARTS,
    also_read={**ANYWHERE, "ContentHash": TEXT, "Datacenter": TEXT},
)
_TXN_SESSION = Struct("Session", DestroySession, also_read=ENTERPRISE)
KEY_OPERATION = Struct("KVTxnOp", KeyOperation, also_read=ENTERPRISE)
TXN_OP = Struct(
    "TxnOp",
    Operation,
    (
        pointer(KEY_OPERATION),
        pointer(Struct("NodeTxnOp", NodeOperation, (one_or_more(NODE),))),
        pointer(Struct("ServiceTxnOp", ServiceOperation, (one_or_more(_TXN_SERVICE),), also_read={"Node": TEXT})),
        pointer(Struct("CheckTxnOp", CheckOperation, (one_or_more(CHECK),))),
        pointer(Struct("SessionTxnOp", SessionOperation, also_read={"Session": as_read(_TXN_SESSION)})),
    ),
)
