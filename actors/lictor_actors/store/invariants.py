"""What must hold between the tables and their indexes after every command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lictor_actors.store.errors import InvariantBroken
from lictor_actors.store.families.catalog.tables import CHECKS, NODES, SERVICES, Catalog, fold
from lictor_actors.store.families.kv.table import KVS, TOMBSTONES, KeyTable
from lictor_actors.store.families.queries.table import QUERIES
from lictor_actors.store.families.sessions.table import SESSIONS, SessionTable
from lictor_messages.catalog import CheckRecord, NodeRecord, ServiceRecord
from lictor_messages.kv import Entry
from lictor_messages.queries import PreparedQuery
from lictor_messages.sessions import SessionRecord

if TYPE_CHECKING:
    from lictor_actors.store.store import Store


def check_store(store: Store) -> None:
    """Raises InvariantBroken with the first contradiction found."""
    _check_keys(store.kv)
    _check_nodes(store.catalog)
    _check_services(store.catalog)
    _check_checks(store.catalog)
    _check_service_indexes(store.catalog)
    _check_sessions(store.sessions)
    _check_locks(store)
    _check_queries(store)
    newest = max(store.indexes.tables.values(), default=0)
    _holds(newest <= store.applied, f"a table is at {newest}, ahead of the log at {store.applied}")


def check_without_keys(store: Store) -> None:
    """The same without a look at every key: for a store whose keys were looked at one by one as they came."""
    _check_nodes(store.catalog)
    _check_services(store.catalog)
    _check_checks(store.catalog)
    _check_service_indexes(store.catalog)
    _check_sessions(store.sessions)
    _check_queries(store)
    _check_tombstones(store.kv)
    for session in store.kv.held:
        _holds(session in store.sessions.rows, f"keys are locked by {session}, which is no more")


def _check_keys(kv: KeyTable) -> None:
    _check_table(KVS, kv.entries.values(), kv.indexes.tables.get(KVS, 0))
    _check_tombstones(kv)


def _check_tombstones(kv: KeyTable) -> None:
    for key, index in kv.tombstones.items():
        _holds(index <= kv.indexes.table(TOMBSTONES), f"tombstone of {key} is newer than its table")
        _holds(key not in kv.entries, f"{key} has an entry and a tombstone")


def _check_nodes(catalog: Catalog) -> None:
    _check_table(NODES, catalog.nodes.values(), catalog.indexes.table(NODES))
    ids = {node.id.lower(): name for name, node in catalog.nodes.items() if node.id}
    _holds(ids == dict(catalog.node_ids), "the index of node ids differs from the nodes")


def _check_services(catalog: Catalog) -> None:
    rows = [row for services in catalog.services.values() for row in services.values()]
    _check_table(SERVICES, rows, catalog.indexes.table(SERVICES))
    by_name = [row for instances in catalog.instances.values() for row in instances.values()]
    _holds(len(rows) == len(by_name), "services by node and by name differ in number")
    for row in rows:
        _holds(fold(row.node) in catalog.nodes, f"service {row.id} is on {row.node}, which is unknown")
        _holds(
            catalog.instances.get(fold(row.service), {}).get((fold(row.node), fold(row.id))) is row,
            f"service {row.id} on {row.node} is not found by its name",
        )


def _check_checks(catalog: Catalog) -> None:
    rows = [row for checks in catalog.checks.values() for row in checks.values()]
    _check_table(CHECKS, rows, catalog.indexes.table(CHECKS))
    _holds(len(rows) == sum(map(len, catalog.bearing.values())), "checks by node and by bearing differ in number")
    for row in rows:
        name, service_id = fold(row.node), fold(row.service_id)
        _holds(name in catalog.nodes, f"check {row.check_id} is on {row.node}, which is unknown")
        known = not service_id or service_id in catalog.services.get(name, {})
        _holds(known, f"check {row.check_id} is of {row.service_id}, which {row.node} does not have")
        _holds(row in catalog.bearing[name, service_id], f"check {row.check_id} does not bear on anything")


def _check_service_indexes(catalog: Catalog) -> None:
    indexes = catalog.indexes
    _holds(indexes.services.keys() == catalog.instances.keys(), "services with an index and with instances differ")
    for service, instances in catalog.instances.items():
        for name, service_id in instances:
            newest = max(
                catalog.nodes[name].modify_index,
                instances[name, service_id].modify_index,
                *(check.modify_index for check in catalog.checks_of(name, service_id)),
            )
            _holds(newest <= indexes.services[service], f"the index of {service} is behind a row of {name}")


def _check_sessions(sessions: SessionTable) -> None:
    _check_table(SESSIONS, sessions, sessions.indexes.table(SESSIONS))
    by_node = sum(map(len, sessions.by_node.values()))
    _holds(by_node == len(sessions.rows), "sessions by node and by id differ in number")
    for session in sessions:
        _holds(session.id in sessions.by_node[fold(session.node)], f"session {session.id} is not found by its node")
        _holds(fold(session.node) in sessions.catalog.nodes, f"session {session.id} is on {session.node}: unknown")
        for check_id in (*session.node_checks, *session.service_checks):
            check = sessions.catalog.check(session.node, check_id)
            alive = check is not None and check.status != "critical"
            _holds(alive, f"session {session.id} outlived its check {check_id}")


def _check_locks(store: Store) -> None:
    held = {(entry.session, entry.key) for entry in store.kv.entries.values() if entry.session}
    _holds(
        held == {(session, key) for session, keys in store.kv.held.items() for key in keys},
        "locked keys and the index of them differ",
    )
    for session, key in sorted(held):
        _holds(session in store.sessions.rows, f"{key} is locked by {session}, which is no more")
        _holds(store.kv.entries[key].lock_index > 0, f"{key} is locked, but was never acquired")


def _check_queries(store: Store) -> None:
    queries = store.queries
    _check_table(QUERIES, queries, queries.indexes.table(QUERIES))
    names = {fold(query.name): query.id for query in queries if query.name}
    _holds(names == queries.by_name, "prepared queries and the index of their names differ")
    for query in queries:
        known = not query.session or query.session in store.sessions.rows
        _holds(known, f"prepared query {query.id} outlived its session {query.session}")


_Row = NodeRecord | ServiceRecord | CheckRecord | Entry | SessionRecord | PreparedQuery


def _check_table(table: str, rows: Iterable[_Row], index: int) -> None:
    for row in rows:
        if not 0 < row.create_index <= row.modify_index <= index:  # the text of each row would cost far more
            raise InvariantBroken(f"{table} is at {index}, but holds {row!r}")


def _holds(condition: bool, otherwise: str) -> None:
    if not condition:
        raise InvariantBroken(otherwise)
