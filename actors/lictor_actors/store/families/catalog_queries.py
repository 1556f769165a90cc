"""The catalog's queries: what each answers, at which index, and what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from lictor_actors.consul.json_rows import JsonRow, check_json, instance_json, node_json, placement_json, service_json
from lictor_actors.store.families.catalog import CHECKS, NODES, SERVICES, Catalog, fold
from lictor_actors.store.filter.apply import keeps
from lictor_actors.store.indexes import Scope
from lictor_messages.answers import Query
from lictor_messages.base import Record
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    Instance,
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceChecks,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Nodes,
    NodeServices,
    Placement,
    ServiceHealth,
    ServiceNodes,
    ServiceRecord,
    Services,
    ServiceTags,
)
from lictor_messages.kv import GetKey, ListKeyNames, ListKeys
from lictor_messages.queries import GetPreparedQuery, ListPreparedQueries
from lictor_messages.sessions import GetSession, ListNodeSessions, ListSessions

R = TypeVar("R", bound=Record)
Meta = tuple[tuple[str, str], ...]


# answers


def list_nodes(catalog: Catalog, query: ListNodes) -> Nodes:
    """/v1/catalog/nodes."""
    nodes = (node for node in catalog.nodes.values() if _meta_fits(node, query.node_meta))
    return Nodes(index=index_of(catalog, query), nodes=_filtered("Node", query.filter, node_json, nodes))


def list_services(catalog: Catalog, query: ListServices) -> Services:
    """/v1/catalog/services: names in order, each with the union of its instances' tags in order."""
    fits = keeps("ServiceNode", query.filter) if query.filter else None
    tags: dict[str, dict[str, None]] = {}
    for name in sorted(catalog.instances):
        for service in catalog.instances[name].values():
            node = catalog.nodes[fold(service.node)]
            if not _meta_fits(node, query.node_meta):
                continue
            if fits is not None and not fits(placement_json(Placement(node=node, service=service))):
                continue
            tags.setdefault(service.service, {}).update(dict.fromkeys(service.tags))
    rows = tuple(ServiceTags(service=name, tags=tuple(sorted(tags[name]))) for name in sorted(tags))
    return Services(index=index_of(catalog, query), services=rows)


def list_service_nodes(catalog: Catalog, query: ListServiceNodes) -> ServiceNodes:
    """/v1/catalog/service/:service."""
    placements = (
        Placement(node=node, service=service)
        for node, service in _instances(catalog, query.service, query.tags, query.node_meta)
    )
    rows = _filtered("ServiceNode", query.filter, placement_json, placements)
    return ServiceNodes(index=index_of(catalog, query), placements=rows)


def list_service_health(catalog: Catalog, query: ListServiceHealth) -> ServiceHealth:
    """/v1/health/service/:service; ``passing`` leaves out instances with any check that is not passing."""
    instances: list[Instance] = []
    for node, service in _instances(catalog, query.service, query.tags, query.node_meta):
        checks = catalog.checks_of(fold(service.node), fold(service.id))
        if query.passing and any(check.status != "passing" for check in checks):
            continue
        instances.append(Instance(node=node, service=service, checks=checks))
    rows = _filtered("CheckServiceNode", query.filter, instance_json, instances)
    return ServiceHealth(index=index_of(catalog, query), instances=rows)


def list_node_services(catalog: Catalog, query: ListNodeServices) -> NodeServices:
    """/v1/catalog/node/:node; a node that is not there is an answer too."""
    index = index_of(catalog, query)
    node = catalog.find_node(query.node)
    if node is None:
        if query.filter:
            keeps("NodeService", query.filter)
        return NodeServices(index=index, node=None)
    services = catalog.services.get(fold(node.node), {}).values()
    return NodeServices(index=index, node=node, services=_filtered("NodeService", query.filter, service_json, services))


def list_node_checks(catalog: Catalog, query: ListNodeChecks) -> Checks:
    """/v1/health/node/:node: the node's checks and those of its services, in order of their ids."""
    return _checks(catalog, query, catalog.checks.get(fold(query.node), {}).values())


def list_service_checks(catalog: Catalog, query: ListServiceChecks) -> Checks:
    """/v1/health/checks/:service: the service's own checks, not its nodes'."""
    checks = (
        check
        for service in catalog.instances_of(query.service)
        for check in catalog.bearing.get((fold(service.node), fold(service.id)), ())
    )
    return _checks(catalog, query, checks)


def list_checks_in_state(catalog: Catalog, query: ListChecksInState) -> Checks:
    """/v1/health/state/:state; a state that does not exist has no checks."""
    checks = (check for check in catalog.all_checks() if query.state in (ANY, check.status))
    return _checks(catalog, query, checks)


ANY = "any"


def _checks(
    catalog: Catalog,
    query: ListNodeChecks | ListServiceChecks | ListChecksInState,
    checks: Iterable[CheckRecord],
) -> Checks:
    if query.node_meta:
        checks = (check for check in checks if _meta_fits(catalog.nodes[fold(check.node)], query.node_meta))
    rows = _filtered("HealthCheck", query.filter, check_json, checks)
    return Checks(index=index_of(catalog, query), checks=rows)


def _instances(
    catalog: Catalog, service: str, tags: tuple[str, ...], node_meta: Meta
) -> Iterable[tuple[NodeRecord, ServiceRecord]]:
    wanted = tuple(tag.lower() for tag in tags)
    for instance in catalog.instances_of(service):
        node = catalog.nodes[fold(instance.node)]
        if (not wanted or _tagged(instance, wanted)) and _meta_fits(node, node_meta):
            yield node, instance


def _tagged(service: ServiceRecord, wanted: tuple[str, ...]) -> bool:
    has = frozenset(tag.lower() for tag in service.tags)
    return all(tag in has for tag in wanted)


def _meta_fits(node: NodeRecord, wanted: Meta) -> bool:
    return all(node.meta.get(key) == value for key, value in wanted)


def _filtered(row_type: str, expression: str, as_row: Callable[[R], JsonRow], records: Iterable[R]) -> tuple[R, ...]:
    if not expression:
        return tuple(records)
    fits = keeps(row_type, expression)
    return tuple(record for record in records if fits(as_row(record)))


ANSWERS: Mapping[type[Any], Callable[[Catalog, Any], Any]] = {
    ListServiceHealth: list_service_health,
    ListServiceNodes: list_service_nodes,
    ListNodes: list_nodes,
    ListServices: list_services,
    ListNodeServices: list_node_services,
    ListNodeChecks: list_node_checks,
    ListServiceChecks: list_service_checks,
    ListChecksInState: list_checks_in_state,
}
"""Query → its answer. Raises QueryRefused for a bad filter."""


# indexes


def index_of(catalog: Catalog, query: Any) -> int:
    """The index that the answer to this query reports, at least 1; found without building the answer."""
    return max(1, _INDEXES[type(query)](catalog, query))


def _service_index(*tables: str) -> Callable[[Catalog, Any], int]:
    return lambda catalog, query: catalog.indexes.service(fold(query.service), *tables)


def _table_index(*tables: str, with_meta: tuple[str, ...] = ()) -> Callable[[Catalog, Any], int]:
    """The tables' index; a query that looks at nodes' meta also depends on ``with_meta``."""
    return lambda catalog, query: catalog.indexes.table(*tables, *(with_meta if _looks_at_nodes(query) else ()))


def _looks_at_nodes(query: Any) -> bool:
    return bool(query.node_meta or (query.filter and isinstance(query, ListServices)))


_INDEXES: Mapping[type[Any], Callable[[Catalog, Any], int]] = {
    ListServiceHealth: _service_index(NODES, SERVICES, CHECKS),
    ListServiceNodes: _service_index(NODES, SERVICES),
    ListServiceChecks: _service_index(NODES, SERVICES, CHECKS),
    ListNodes: _table_index(NODES),
    ListServices: _table_index(SERVICES, with_meta=(NODES,)),
    ListNodeServices: _table_index(NODES, SERVICES),
    ListNodeChecks: _table_index(CHECKS, with_meta=(NODES,)),
    ListChecksInState: _table_index(CHECKS, with_meta=(NODES,)),
}


# scopes


def may_block(query: Query) -> bool:
    """Whether there is anything for this query to wait for: some, such as running a prepared query, never block."""
    return type(query) in _SCOPES


def scopes_of(query: Any) -> tuple[Scope, ...]:
    """What has to be touched before the answer to this query can change."""
    return _SCOPES[type(query)](query)


def _service_scope(query: Any) -> tuple[Scope, ...]:
    return (("service", fold(query.service)),)


def _with_nodes(query: Any, scope: Scope) -> tuple[Scope, ...]:
    return (scope, ("table", NODES)) if _looks_at_nodes(query) else (scope,)


_SCOPES: Mapping[type[Any], Callable[[Any], tuple[Scope, ...]]] = {
    ListServiceHealth: _service_scope,
    ListServiceNodes: _service_scope,
    ListServiceChecks: _service_scope,
    ListNodes: lambda query: (("table", NODES),),
    ListServices: lambda query: _with_nodes(query, ("table", SERVICES)),
    ListNodeServices: lambda query: (("node", fold(query.node)), ("id prefix", query.node.lower())),
    ListNodeChecks: lambda query: _with_nodes(query, ("checks of", fold(query.node))),
    ListChecksInState: lambda query: _with_nodes(
        query, ("table", CHECKS) if query.state == ANY else ("state", query.state)
    ),
    GetKey: lambda query: (("key", query.key),),
    ListKeys: lambda query: (("key prefix", query.prefix),),
    ListKeyNames: lambda query: (("key prefix", query.prefix),),
    GetSession: lambda query: (("session", query.id),),
    ListNodeSessions: lambda query: (("sessions of", fold(query.node)),),
    ListSessions: lambda query: (("table", "sessions"),),
    GetPreparedQuery: lambda query: (("query", query.id),),
    ListPreparedQueries: lambda query: (("table", "prepared-queries"),),
}
