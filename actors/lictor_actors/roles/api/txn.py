"""/v1/txn: up to 128 operations on keys, nodes, services, checks and sessions, all or none."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as BadBase64
from typing import Any

from lictor_actors.consul.decode import (
    BadBody,
    Decode,
    Struct,
    anything,
    integer,
    list_of,
    parse_json,
    string,
    string_map,
    unsigned,
)
from lictor_actors.consul.uuids import as_made
from lictor_actors.roles.api.catalog_writes import CHECK, SERVICE, check_record, service_record
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import JSON, HttpQuestion, prettied, query_headers
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.store.families import every
from lictor_actors.store.render import shape, to_json
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import NodeRecord
from lictor_messages.txn import (
    OPERATIONS_MOST,
    CheckOperation,
    KeyOperation,
    NodeOperation,
    Operation,
    ReadTransaction,
    ServiceOperation,
    SessionOperation,
    Transact,
    Transacted,
)
from lictor_messages.web import HttpAnswered

FAMILIES = ("KV", "Node", "Service", "Check", "Session")
LIMIT_PAGE = "https://developer.hashicorp.com/consul/docs/agent/options#txn_max_req_len"


def transact(request: HttpRequest) -> HttpQuestion:
    """Through the log if anything is written, else from the state of one moment."""
    limit, size = request.options.kv_max_value_size, len(request.body)
    if size > limit:
        raise HttpError(413, f"Request body({size} bytes) too large, max size: {limit} bytes. See {LIMIT_PAGE}.")
    operations = _operations(request)
    if all(map(every.FAMILIES.verbs.reads_only, operations)):
        return HttpQuestion(ReadTransaction(operations=operations, **read_options(request, rendered=False)), _read)
    check_datacenter(request)
    return HttpQuestion(Transact(operations=operations), _written, safe=False)


def _written(answer: Transacted, request: HttpRequest) -> HttpAnswered:
    return _answer(answer, request, {}, ())


def _read(answer: Transacted, request: HttpRequest) -> HttpAnswered:
    meta = {
        "Index": answer.index,
        "LastContact": answer.last_contact_ms * 1_000_000,
        "KnownLeader": answer.known_leader,
    }
    return _answer(answer, request, meta, query_headers(answer)[1:])


def _answer(
    answer: Transacted, request: HttpRequest, meta: dict[str, Any], headers: tuple[tuple[str, str], ...]
) -> HttpAnswered:
    body = prettied(to_json({**shape(_NO_QUERY, answer), **meta}), request)
    return HttpAnswered(status=409 if answer.failures else 200, headers=JSON + headers, body=body)


_NO_QUERY = ReadTransaction(operations=())
"""The shape of an outcome does not depend on what was asked."""


def _operations(request: HttpRequest) -> tuple[Operation, ...]:
    try:
        given = list_of(_TXN_OP, "api.TxnOp")(parse_json(request.body), "")
        if len(given) > OPERATIONS_MOST:
            raise HttpError(413, f"Transaction contains too many operations ({len(given)} > {OPERATIONS_MOST})")
        return tuple(_operation(one, request) for one in given)
    except BadBody as error:
        raise HttpError(400, f"Failed to parse body: {error}") from error


def _operation(given: dict[str, Any], request: HttpRequest) -> Operation:
    """Of several families Consul takes the first and ignores the rest; the store refuses an operation that has none."""
    family = next((name for name in FAMILIES if given.get(name) is not None), "")
    op = given.get(family, {})
    if family == "KV":
        return Operation(kv=_key(op, request))
    if family == "Node":
        return Operation(node=_node(op, request))
    if family == "Service":
        service = service_record(op.get("Service", {}), op.get("Node", ""))
        return Operation(service=ServiceOperation(verb=op.get("Verb", ""), service=service))
    if family == "Check":
        return Operation(check=CheckOperation(verb=op.get("Verb", ""), check=check_record(op.get("Check", {}))))
    if family == "Session":
        session = as_made(op.get("Session", {}).get("ID", ""))
        return Operation(session=SessionOperation(verb=op.get("Verb", ""), id=session))
    return Operation()


def _key(given: dict[str, Any], request: HttpRequest) -> KeyOperation:
    value, limit = given.get("Value", b""), request.options.kv_max_value_size
    key = given.get("Key", "")
    if len(value) > limit:
        raise HttpError(413, f'Value for key "{key}" is too large ({len(value)} > {limit} bytes)')
    return KeyOperation(
        verb=given.get("Verb", ""),
        key=key,
        value=value,
        flags=given.get("Flags", 0),
        index=given.get("Index", 0),
        session=as_made(given.get("Session", "")),
    )


def _node(given: dict[str, Any], request: HttpRequest) -> NodeOperation:
    node = given.get("Node", {})
    record = NodeRecord(
        node=node.get("Node", ""),
        address=node.get("Address", ""),
        id=node.get("ID", ""),
        datacenter=node.get("Datacenter") or request.options.dc,
        tagged_addresses=FrozenMap(node.get("TaggedAddresses", {})),
        meta=FrozenMap(node.get("Meta", {})),
        modify_index=node.get("ModifyIndex", 0),
    )
    return NodeOperation(verb=given.get("Verb", ""), node=record)


def _unless_null(struct: Struct) -> Decode:
    """Go's way with a pointer: null is as good as absent, while an empty object is there."""
    return lambda value, where: None if value is None else struct(value, where)


def _bytes(value: Any, where: str) -> bytes:
    """Go's way with []byte: base64, null for none."""
    try:
        return b64decode(string(value, where), validate=True)
    except (BadBase64, ValueError) as error:
        raise BadBody("illegal base64 data at input byte 0") from error


_NODE = Struct(
    "Node",
    {
        "ID": string,
        "Node": string,
        "Address": string,
        "Datacenter": string,
        "TaggedAddresses": string_map,
        "Meta": string_map,
        "Namespace": string,
        "Partition": string,
        "PeerName": string,
        "Locality": anything,
        "CreateIndex": integer,
        "ModifyIndex": integer,
    },
)
_SERVICE = Struct(SERVICE.name, {**SERVICE.fields, "ContentHash": string, "Datacenter": string})
_KV = Struct(
    "KVTxnOp",
    {
        "Verb": string,
        "Key": string,
        "Value": _bytes,
        "Flags": unsigned,
        "Index": unsigned,
        "Session": string,
        "Namespace": string,
        "Partition": string,
    },
)
_SESSION = Struct("Session", {"ID": string, "Namespace": string, "Partition": string})
_TXN_OP = Struct(
    "TxnOp",
    {
        "KV": _unless_null(_KV),
        "Node": _unless_null(Struct("NodeTxnOp", {"Verb": string, "Node": _NODE})),
        "Service": _unless_null(Struct("ServiceTxnOp", {"Verb": string, "Node": string, "Service": _SERVICE})),
        "Check": _unless_null(Struct("CheckTxnOp", {"Verb": string, "Check": CHECK})),
        "Session": _unless_null(Struct("SessionTxnOp", {"Verb": string, "Session": _SESSION})),
    },
)

ROUTES = (Route("PUT", "/v1/txn", transact),)
