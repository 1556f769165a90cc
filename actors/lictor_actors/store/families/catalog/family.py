"""Nodes, services and checks, as the store holds them."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.store.families.catalog import guards, hiding, indexes, queries, scopes, usage, weights
from lictor_actors.store.families.catalog import transactions as txn
from lictor_actors.store.families.catalog.admission import refuse_register
from lictor_actors.store.families.catalog.invariants import check_catalog
from lictor_actors.store.families.catalog.lending import lend_nodes
from lictor_actors.store.families.catalog.registration import deregister, register
from lictor_actors.store.families.catalog.shapes import SHAPES
from lictor_actors.store.families.catalog.tables import CatalogTables
from lictor_actors.store.family import Family, Operations, Read, SliceRule, Write, never_blocks
from lictor_actors.store.guard import Need, constant
from lictor_actors.store.snapshot.foreign import stamps_fault
from lictor_actors.store.snapshot.tables import Table, inner_values, values
from lictor_messages import catalog as m
from lictor_messages.usage import CountUsage


def _state(catalog: CatalogTables) -> Iterator[object]:
    yield from catalog.nodes.values()
    for name in catalog.nodes:
        yield list(catalog.services.get(name, {}).values())
        yield list(catalog.checks.get(name, {}).values())


_every_node = constant(guards.ANY_NODE)
_every_service = constant(guards.ANY_SERVICE)
_every_node_and_service = constant(guards.ANY_NODE, guards.ANY_SERVICE)

CATALOG = Family(
    name="catalog",
    make=lambda parts: CatalogTables(parts.indexes),
    writes=(
        Write(m.Register, register, guards.register, refuse_register),
        Write(m.Deregister, deregister, guards.deregister),
    ),
    reads=(
        Read(m.ListNodes, queries.list_nodes, indexes.nodes, scopes.nodes, _every_node),
        Read(m.ListServices, queries.list_services, indexes.services, scopes.services, _every_service),
        Read(
            m.ListNodeServices,
            queries.list_node_services,
            indexes.node_services,
            scopes.node_services,
            _every_node_and_service,
        ),
        Read(
            m.ListServiceNodes,
            queries.list_service_nodes,
            indexes.service_nodes,
            scopes.instances,
            guards.of_instances,
        ),
        Read(CountUsage, usage.count, indexes.usage, scopes.usage, constant(Need("operator", "read")), rendered=False),
        Read(m.FindServicesAt, queries.find_services_at, indexes.services_at, never_blocks, _every_node_and_service),
        Read(
            m.ListServiceHealth,
            queries.list_service_health,
            indexes.service_health,
            scopes.instances,
            guards.of_instances,
        ),
        Read(
            m.ListServiceChecks,
            queries.list_service_checks,
            indexes.service_checks,
            scopes.service,
            guards.of_service,
        ),
        Read(m.ListNodeChecks, queries.list_node_checks, indexes.checks, scopes.node_checks, guards.of_node),
        Read(
            m.ListChecksInState,
            queries.list_checks_in_state,
            indexes.checks,
            scopes.checks_in_state,
            _every_node_and_service,
        ),
    ),
    tables=(
        Table(
            "nodes",
            lambda it: values(it.nodes),
            CatalogTables.load_node,
            ("nodes", "node_ids"),
            stamps_fault,
            m.NodeRecord,
        ),
        Table(
            "services",
            lambda it: inner_values(it.services),
            CatalogTables.load_service,
            ("services", "instances"),
            stamps_fault,
            m.ServiceRecord,
        ),
        Table(
            "checks",
            lambda it: inner_values(it.checks),
            CatalogTables.load_check,
            ("checks", "bearing"),
            stamps_fault,
            m.CheckRecord,
        ),
    ),
    state=_state,
    check=check_catalog,
    operations=(
        Operations("node", txn.on_node, guards.node_operation, txn.WRITES, txn.READS),
        Operations("service", txn.on_service, guards.service_operation, txn.WRITES, txn.READS),
        Operations("check", txn.on_check, guards.check_operation, txn.WRITES, txn.READS),
    ),
    lend=lend_nodes,
    shapes=SHAPES,
    hides={
        m.Nodes: hiding.nodes,
        m.Services: hiding.services,
        m.ServiceNodes: hiding.placements,
        m.NodeServices: hiding.node_services,
        m.Checks: hiding.checks,
        m.ServiceHealth: hiding.health,
    },
    names={"node": hiding.node_name, "service": hiding.service_name, "check": hiding.checked_name},
    cuts=(
        SliceRule(m.Nodes, "nodes", weights.node_weight),
        SliceRule(m.Services, "services", weights.tags_weight),
        SliceRule(m.ServiceNodes, "placements", weights.placement_weight),
        SliceRule(m.ServiceHealth, "instances", weights.instance_weight),
        SliceRule(m.Checks, "checks", weights.check_weight),
        SliceRule(m.NodeServices, "services", weights.service_weight, brackets=False),
    ),
)
