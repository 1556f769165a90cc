"""Answers as Consul's JSON, byte for byte as its handlers write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from lictor_actors.consul.json_rows import (
    JsonRow,
    check_json,
    entry_json,
    failure_json,
    node_json,
    placement_json,
    query_json,
    result_json,
    service_json,
    session_json,
)
from lictor_messages.answers import Answer, Query
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    Instance,
    ListNodeServices,
    NodeRecord,
    Nodes,
    NodeServices,
    ServiceHealth,
    ServiceNodes,
    Services,
)
from lictor_messages.kv import Entries, KeyNames, ListKeyNames
from lictor_messages.queries import ExplainPreparedQuery, GetPreparedQuery, PreparedQueries, QueryExecuted
from lictor_messages.sessions import Sessions
from lictor_messages.txn import Transacted

R = TypeVar("R", NodeRecord, CheckRecord)


def shape(query: Query, answer: Answer) -> Any:
    """The JSON value of an answer that was found, before it becomes bytes."""
    return _SHAPES[type(answer)](query, answer)


def render(query: Query, answer: Answer) -> tuple[bytes, bool]:
    """The body of this answer and whether there is one: False is Consul's 404 without a body (a KV miss)."""
    body = _SHAPES[type(answer)](query, answer)
    return (b"", False) if body is _MISSING else (to_json(body), True)


def to_json(value: object) -> bytes:
    """Minified JSON; like Go's encoder it escapes what a browser could take for markup."""
    data = orjson.dumps(value)
    for char, escaped in _MARKUP:
        if char in data:
            data = data.replace(char, escaped)
    return data


_MARKUP = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)

_MISSING = object()


def _entries(_: Query, answer: Entries) -> object:
    return [entry_json(entry) for entry in answer.entries] or _MISSING


def _key_names(query: Query, answer: KeyNames) -> object:
    """No keys under a prefix is a miss; no keys at all is an empty list."""
    root = isinstance(query, ListKeyNames) and not query.prefix
    return answer.keys if answer.keys or root else _MISSING


def _nodes(_: Query, answer: Nodes) -> object:
    return [node_json(node) for node in answer.nodes]


def _services(_: Query, answer: Services) -> object:
    return {row.service: row.tags for row in answer.services}


def _service_nodes(_: Query, answer: ServiceNodes) -> object:
    return [placement_json(placement) for placement in answer.placements]


def _node_services(query: Query, answer: NodeServices) -> object:
    node = node_json(answer.node) if answer.node is not None else None
    if isinstance(query, ListNodeServices) and query.as_list:
        return {"Node": node, "Services": [service_json(service) for service in answer.services]}
    if node is None:
        return None
    return {"Node": node, "Services": {service.id: service_json(service) for service in answer.services}}


def _checks(_: Query, answer: Checks) -> object:
    return [check_json(check) for check in answer.checks]


def _service_health(_: Query, answer: ServiceHealth) -> object:
    return _instances(answer.instances)


def _instances(instances: tuple[Instance, ...]) -> object:
    """Instances of one node share its record and its checks: their rows are made once."""
    made: dict[int, JsonRow] = {}

    def once(record: R, as_row: Callable[[R], JsonRow]) -> JsonRow:
        row = made.get(id(record))
        if row is None:
            row = made[id(record)] = as_row(record)
        return row

    return [
        {
            "Node": once(instance.node, node_json),
            "Service": service_json(instance.service),
            "Checks": [once(check, check_json) for check in instance.checks],
        }
        for instance in instances
    ]


def _sessions(_: Query, answer: Sessions) -> object:
    return [session_json(session) for session in answer.sessions]


def _queries(query: Query, answer: PreparedQueries) -> object:
    rows = [query_json(row) for row in answer.queries]
    if isinstance(query, ExplainPreparedQuery):
        return {"Query": rows[0]} if rows else _MISSING
    return _MISSING if isinstance(query, GetPreparedQuery) and not rows else rows


def _executed(_: Query, answer: QueryExecuted) -> object:
    if not answer.found:
        return _MISSING
    return {
        "Service": answer.service,
        "Nodes": _instances(answer.instances),
        "DNS": {"TTL": answer.dns_ttl},
        "Datacenter": answer.datacenter,
        "Failovers": answer.failovers,
    }


def _transacted(_: Query, answer: Transacted) -> object:
    if answer.failures:
        return {"Results": None, "Errors": [failure_json(failure) for failure in answer.failures]}
    return {"Results": [result_json(result) for result in answer.results], "Errors": None}


_SHAPES: dict[type[Answer], Callable[[Query, Any], object]] = {
    Entries: _entries,
    KeyNames: _key_names,
    ServiceHealth: _service_health,
    ServiceNodes: _service_nodes,
    Nodes: _nodes,
    Services: _services,
    NodeServices: _node_services,
    Checks: _checks,
    Sessions: _sessions,
    PreparedQueries: _queries,
    QueryExecuted: _executed,
    Transacted: _transacted,
}
