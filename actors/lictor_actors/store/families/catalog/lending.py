"""The rows of the catalog on which it depends whether a transaction fails: named nodes, with everything on them."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_actors.store.ordered import inner
from lictor_messages.catalog import NodeRecord
from lictor_messages.txn import Operation


def lend_nodes(catalog: CatalogTables, scratch: CatalogTables, operations: tuple[Operation, ...]) -> None:
    """Rows are shared, tables are not."""
    for name in concerned(catalog, operations):
        _lend(catalog, scratch, name)


def concerned(catalog: CatalogTables, operations: tuple[Operation, ...]) -> tuple[str, ...]:
    """The nodes that are named or have a named id, folded, each once."""
    return tuple(dict.fromkeys(name for operation in operations for name in _named(catalog, operation)))


def _named(catalog: CatalogTables, operation: Operation) -> Iterator[str]:
    if operation.node is not None:
        yield from _node(catalog, operation.node.node)
    elif operation.service is not None:
        yield fold(operation.service.service.node)
    elif operation.check is not None:
        yield fold(operation.check.check.node)


def _node(catalog: CatalogTables, node: NodeRecord) -> Iterator[str]:
    yield fold(node.node)
    holder = catalog.node_ids.get(node.id.lower())
    if holder is not None:
        yield holder


def _lend(catalog: CatalogTables, scratch: CatalogTables, name: str) -> None:
    node = catalog.nodes.get(name)
    if node is None:
        return
    scratch.nodes[name] = node
    if node.id:
        scratch.node_ids[node.id.lower()] = name
    services, checks = catalog.services.get(name, {}), catalog.checks.get(name, {})
    if services:
        scratch.services[name] = services.copy()
    if checks:
        scratch.checks[name] = checks.copy()
    for service in services.values():
        inner(scratch.instances, fold(service.service))[name, fold(service.id)] = service
        scratch.indexes.services[fold(service.service)] = catalog.indexes.services[fold(service.service)]
    for service_id in ("", *services):
        if (name, service_id) in catalog.bearing:
            scratch.bearing[name, service_id] = catalog.bearing[name, service_id]
