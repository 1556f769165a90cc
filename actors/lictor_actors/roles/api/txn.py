"""/v1/txn: up to 128 operations on keys, nodes, services, checks and sessions, all or none."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.decode import BadBody, list_of, mismatch, parse_json
from lictor_actors.consul.structs.catalog import NODE
from lictor_actors.consul.structs.txn import KEY_OPERATION, TXN_OP
from lictor_actors.consul.uuids import as_made
from lictor_actors.roles.api.catalog_writes import check_record, service_record
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import JSON, HttpQuestion, prettied, query_headers, query_meta
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.store.families import every
from lictor_actors.store.render import shape, to_json
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
from lictor_messages.web import HttpAnswered, too_large


def transact(request: HttpRequest) -> HttpQuestion:
    """Through the log if anything is written, else from the state of one moment."""
    limit, size = request.options.txn_max_req_len, len(request.body)
    if size > limit:
        raise HttpError(413, too_large(size, limit, "txn_max_req_len"))
    operations = _operations(request)
    if all(map(every.FAMILIES.verbs.reads_only, operations)):
        return HttpQuestion(ReadTransaction(operations=operations, **read_options(request, rendered=False)), _read)
    check_datacenter(request)
    return HttpQuestion(Transact(operations=operations), _written, safe=False)


def _written(answer: Transacted, request: HttpRequest) -> HttpAnswered:
    return _answer(answer, request, {}, ())


def _read(answer: Transacted, request: HttpRequest) -> HttpAnswered:
    return _answer(answer, request, query_meta(answer), query_headers(answer)[1:])


def _answer(
    answer: Transacted, request: HttpRequest, meta: dict[str, Any], headers: tuple[tuple[str, str], ...]
) -> HttpAnswered:
    body = prettied(to_json({**shape(_NO_QUERY, answer), **meta}), request)
    return HttpAnswered(status=409 if answer.failures else 200, headers=JSON + headers, body=body)


_NO_QUERY = ReadTransaction(operations=())
"""The shape of an outcome does not depend on what was asked."""


def _operations(request: HttpRequest) -> tuple[Operation, ...]:
    try:
        given = _all_operations(parse_json(request.body))
        if len(given) > OPERATIONS_MOST:
            raise HttpError(413, f"Transaction contains too many operations ({len(given)} > {OPERATIONS_MOST})")
        return tuple(_operation(one, request) for one in given if any(part is not None for part in one.values()))
    except BadBody as error:
        raise HttpError(400, f"Failed to parse body: {error}") from error


def _all_operations(body: Any) -> Any:
    if body is not None and not isinstance(body, list):
        raise mismatch(body, "", "api.TxnOps")
    return _OPERATIONS(body, "")


_OPERATIONS = list_of(TXN_OP, "api.TxnOp")


def _operation(given: dict[str, Any], request: HttpRequest) -> Operation:
    """Of several families Consul takes the first and ignores the rest."""
    family = next((name for name in TXN_OP.kinds if given.get(name) is not None), "")
    op = given.get(family, {})
    verb = op.get("Verb", "")
    match family:
        case "KV":
            return Operation(kv=_key(op, request))
        case "Node":
            return Operation(node=NodeOperation(verb=verb, node=_node(op.get("Node", {}), request)))
        case "Service":
            service = service_record(op.get("Service", {}), op.get("Node", ""))
            return Operation(service=ServiceOperation(verb=verb, service=service))
        case "Check":
            return Operation(check=CheckOperation(verb=verb, check=check_record(op.get("Check", {}))))
        case "Session":
            session = as_made(op.get("Session", {}).get("ID", ""))
            return Operation(session=SessionOperation(verb=verb, id=session))
    return Operation()


def _key(given: dict[str, Any], request: HttpRequest) -> KeyOperation:
    op = KEY_OPERATION.record(given, session=as_made(given.get("Session", "")))
    limit = request.options.kv_max_value_size
    if len(op.value) > limit:
        raise HttpError(413, f'Value for key "{op.key}" is too large ({len(op.value)} > {limit} bytes)')
    return op


def _node(given: dict[str, Any], request: HttpRequest) -> NodeRecord:
    return NODE.record(given, datacenter=given.get("Datacenter") or request.options.dc, create_index=0)


ROUTES = (Route("PUT", "/v1/txn", transact),)
