"""A small store with just the rows on which it depends whether a transaction fails: what happens on it is forgotten.

Whether an operation fails depends on the keys that are named, on the nodes that are named or have a named id, with
everything on them, and on the sessions that are named or on such a node: one that ends lets go of named keys. Trees
are never missed: no operation on a whole tree can fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lictor_actors.store.families.catalog.tables import Catalog, fold
from lictor_actors.store.ordered import inner
from lictor_messages.catalog import NodeRecord
from lictor_messages.txn import Operation

if TYPE_CHECKING:
    from lictor_actors.store.store import Store


def borrowed(store: Store, operations: tuple[Operation, ...]) -> Store:
    """Another store with the rows of ``store`` that these operations concern; the rows themselves are shared."""
    scratch = type(store)()
    scratch.locks.now = store.locks.now
    names = dict.fromkeys(name for operation in operations for name in _nodes(store.catalog, operation))
    for name in names:
        _lend_node(store.catalog, scratch.catalog, name)
    sessions = dict.fromkeys(session for name in names for session in store.sessions.by_node.get(name, ()))
    sessions.update(dict.fromkeys(session for operation in operations for session in _sessions(operation)))
    keys = dict.fromkeys(operation.kv.key for operation in operations if operation.kv is not None)
    for session in sessions:
        if session in store.sessions.rows:
            scratch.sessions.load(store.sessions.rows[session])
    for key in keys:
        _lend_key(store, scratch, key)
    return scratch


def _sessions(operation: Operation) -> Iterator[str]:
    if operation.kv is not None:
        yield operation.kv.session
    elif operation.session is not None:
        yield operation.session.id


def _nodes(catalog: Catalog, operation: Operation) -> Iterator[str]:
    """Folded names."""
    if operation.node is not None:
        yield from _node(catalog, operation.node.node)
    elif operation.service is not None:
        yield fold(operation.service.service.node)
    elif operation.check is not None:
        yield fold(operation.check.check.node)


def _node(catalog: Catalog, node: NodeRecord) -> Iterator[str]:
    yield fold(node.node)
    holder = catalog.node_ids.get(node.id.lower())
    if holder is not None:
        yield holder


def _lend_key(store: Store, scratch: Store, key: str) -> None:
    entry = store.kv.entries.get(key)
    if entry is not None:
        scratch.kv.load(entry)
    if key in store.locks.delays:
        scratch.locks.delays[key] = store.locks.delays[key]


def _lend_node(catalog: Catalog, scratch: Catalog, name: str) -> None:
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
