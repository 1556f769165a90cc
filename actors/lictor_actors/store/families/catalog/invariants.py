"""What must hold between nodes, services, checks and what they are found by."""

from __future__ import annotations

from lictor_actors.store.families.catalog.tables import CHECKS, NODES, SERVICES, CatalogTables, fold
from lictor_actors.store.invariants import check_rows, holds


def check_catalog(catalog: CatalogTables) -> None:
    """Raises InvariantBroken with the first contradiction found."""
    _check_nodes(catalog)
    _check_services(catalog)
    _check_checks(catalog)
    _check_service_indexes(catalog)


def _check_nodes(catalog: CatalogTables) -> None:
    check_rows(NODES, catalog.nodes.values(), catalog.indexes.table(NODES))
    ids = {node.id.lower(): name for name, node in catalog.nodes.items() if node.id}
    holds(ids == dict(catalog.node_ids), "the index of node ids differs from the nodes")


def _check_services(catalog: CatalogTables) -> None:
    rows = [row for services in catalog.services.values() for row in services.values()]
    check_rows(SERVICES, rows, catalog.indexes.table(SERVICES))
    by_name = [row for instances in catalog.instances.values() for row in instances.values()]
    holds(len(rows) == len(by_name), "services by node and by name differ in number")
    for row in rows:
        holds(fold(row.node) in catalog.nodes, f"service {row.id} is on {row.node}, which is unknown")
        holds(
            catalog.instances.get(fold(row.service), {}).get((fold(row.node), fold(row.id))) is row,
            f"service {row.id} on {row.node} is not found by its name",
        )


def _check_checks(catalog: CatalogTables) -> None:
    rows = [row for checks in catalog.checks.values() for row in checks.values()]
    check_rows(CHECKS, rows, catalog.indexes.table(CHECKS))
    holds(len(rows) == sum(map(len, catalog.bearing.values())), "checks by node and by bearing differ in number")
    for row in rows:
        name, service_id = fold(row.node), fold(row.service_id)
        holds(name in catalog.nodes, f"check {row.check_id} is on {row.node}, which is unknown")
        known = not service_id or service_id in catalog.services.get(name, {})
        holds(known, f"check {row.check_id} is of {row.service_id}, which {row.node} does not have")
        holds(row in catalog.bearing[name, service_id], f"check {row.check_id} does not bear on anything")


def _check_service_indexes(catalog: CatalogTables) -> None:
    indexes = catalog.indexes
    holds(indexes.services.keys() == catalog.instances.keys(), "services with an index and with instances differ")
    for service, instances in catalog.instances.items():
        for name, service_id in instances:
            newest = max(
                catalog.nodes[name].modify_index,
                instances[name, service_id].modify_index,
                *(check.modify_index for check in catalog.checks_of(name, service_id)),
            )
            holds(newest <= indexes.services[service], f"the index of {service} is behind a row of {name}")
