"""The catalog's queries and what each answers. All raise QueryRefused for a bad filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.catalog import CHECK, HEALTH, NODE, PLACEMENT, SERVICE
from lictor_actors.store.families.catalog import indexes
from lictor_actors.store.families.catalog.mesh import in_mesh
from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_actors.store.filter.apply import keeps
from lictor_messages.addresses import usual
from lictor_messages.base import Record
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    FindServicesAt,
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

R = TypeVar("R", bound=Record)
Meta = tuple[tuple[str, str], ...]


def list_nodes(catalog: CatalogTables, query: ListNodes) -> Nodes:
    """/v1/catalog/nodes."""
    nodes = (node for node in catalog.nodes.values() if _meta_fits(node, query.node_meta))
    rows = _filtered(NODE, query.filter, nodes)
    return Nodes(index=indexes.nodes(catalog, query), nodes=nearest(catalog, query.near, rows, lambda row: row.node))


def list_services(catalog: CatalogTables, query: ListServices) -> Services:
    """/v1/catalog/services: names in order, each with the union of its instances' tags in order."""
    fits = keeps(PLACEMENT, query.filter) if query.filter else None
    tags: dict[str, dict[str, None]] = {}
    for name in sorted(catalog.instances):
        for service in catalog.instances[name].values():
            node = catalog.nodes[fold(service.node)]
            if not _meta_fits(node, query.node_meta):
                continue
            if fits is not None and not fits(PLACEMENT.row(Placement(node=node, service=service))):
                continue
            tags.setdefault(service.service, {}).update(dict.fromkeys(service.tags))
    rows = tuple(ServiceTags(service=name, tags=tuple(sorted(tags[name]))) for name in sorted(tags))
    return Services(index=indexes.services(catalog, query), services=rows)


def list_service_nodes(catalog: CatalogTables, query: ListServiceNodes) -> ServiceNodes:
    """/v1/catalog/service/:service."""
    placements = (Placement(node=node, service=service) for node, service in _instances(catalog, query))
    rows = _filtered(PLACEMENT, query.filter, placements)
    rows = nearest(catalog, query.near, rows, lambda row: row.node.node)
    return ServiceNodes(index=indexes.service_nodes(catalog, query), placements=rows)


def find_services_at(catalog: CatalogTables, query: FindServicesAt) -> ServiceNodes:
    """For DNS: what is at an address."""
    placements = (
        Placement(node=catalog.nodes[node], service=service)
        for instances in catalog.instances.values()
        for (node, _), service in instances.items()
        if service.address and usual(service.address) == query.address
    )
    return ServiceNodes(index=indexes.services_at(catalog, query), placements=tuple(placements))


def list_service_health(catalog: CatalogTables, query: ListServiceHealth) -> ServiceHealth:
    """/v1/health/service/:service; ``passing`` leaves out instances with any check that is not passing."""
    instances: list[Instance] = []
    for node, service in _instances(catalog, query):
        checks = catalog.checks_of(fold(service.node), fold(service.id))
        if query.passing and any(check.status != "passing" for check in checks):
            continue
        instances.append(Instance(node=node, service=service, checks=checks))
    rows = _filtered(HEALTH, query.filter, instances)
    rows = nearest(catalog, query.near, rows, lambda row: row.node.node)
    return ServiceHealth(index=indexes.service_health(catalog, query), instances=rows)


def list_node_services(catalog: CatalogTables, query: ListNodeServices) -> NodeServices:
    """/v1/catalog/node/:node; a node that is not there is an answer too."""
    index = indexes.node_services(catalog, query)
    node = catalog.find_node(query.node)
    if node is None:
        if query.filter:
            keeps(SERVICE, query.filter)
        return NodeServices(index=index, node=None)
    services = catalog.services.get(fold(node.node), {}).values()
    return NodeServices(index=index, node=node, services=_filtered(SERVICE, query.filter, services))


def list_node_checks(catalog: CatalogTables, query: ListNodeChecks) -> Checks:
    """/v1/health/node/:node: the node's checks and those of its services, in order of their ids."""
    return _checks(catalog, query, indexes.checks, catalog.checks.get(fold(query.node), {}).values())


def list_service_checks(catalog: CatalogTables, query: ListServiceChecks) -> Checks:
    """/v1/health/checks/:service: the service's own checks, not its nodes'."""
    checks = (
        check
        for service in catalog.instances_of(query.service)
        for check in catalog.bearing.get((fold(service.node), fold(service.id)), ())
    )
    return _checks(catalog, query, indexes.service_checks, checks)


def list_checks_in_state(catalog: CatalogTables, query: ListChecksInState) -> Checks:
    """/v1/health/state/:state; a state that does not exist has no checks."""
    checks = (check for check in catalog.all_checks() if query.state in (ANY, check.status))
    return _checks(catalog, query, indexes.checks, checks)


ANY = "any"


def _checks(
    catalog: CatalogTables,
    query: ListNodeChecks | ListServiceChecks | ListChecksInState,
    index: indexes.Index,
    checks: Iterable[CheckRecord],
) -> Checks:
    if query.node_meta:
        checks = (check for check in checks if _meta_fits(catalog.nodes[fold(check.node)], query.node_meta))
    rows = nearest(catalog, query.near, _filtered(CHECK, query.filter, checks), lambda row: row.node)
    return Checks(index=index(catalog, query), checks=rows)


def nearest(catalog: CatalogTables, near: str, rows: tuple[R, ...], node_of: Callable[[R], str]) -> tuple[R, ...]:
    """The rows by how far their nodes are from ``near``, equal ones as they come; as they are with ""."""
    if not near or len(rows) < 2:
        return rows
    distance = catalog.distance_from(near)
    return tuple(sorted(rows, key=lambda row: distance(node_of(row))))


def _instances(
    catalog: CatalogTables, query: ListServiceNodes | ListServiceHealth
) -> Iterable[tuple[NodeRecord, ServiceRecord]]:
    wanted = tuple(tag.lower() for tag in query.tags)
    for instance in in_mesh(catalog, query.service) if query.connect else catalog.instances_of(query.service):
        node = catalog.nodes[fold(instance.node)]
        if (not wanted or _tagged(instance, wanted)) and _meta_fits(node, query.node_meta):
            yield node, instance


def _tagged(service: ServiceRecord, wanted: tuple[str, ...]) -> bool:
    has = frozenset(tag.lower() for tag in service.tags)
    return all(tag in has for tag in wanted)


def _meta_fits(node: NodeRecord, wanted: Meta) -> bool:
    return all(node.meta.get(key) == value for key, value in wanted)


def _filtered(struct: Struct[R], expression: str, records: Iterable[R]) -> tuple[R, ...]:
    if not expression:
        return tuple(records)
    fits = keeps(struct, expression)
    return tuple(record for record in records if fits(struct.row(record)))
