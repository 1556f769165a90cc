"""What of a store goes into a snapshot, table by table.

Who adds a table to the store adds a line to TABLES: how to copy the pointers to its rows in one cheap turn, and how
to put one row back, with everything by which it is found. A test fails for as long as an attribute of the store is in
no line's ``covers``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from lictor_actors.store.families.catalog.tables import fold
from lictor_actors.store.ordered import inner
from lictor_actors.store.rows import lean
from lictor_messages.autopilot import AutopilotConfiguration
from lictor_messages.base import Record, read
from lictor_messages.catalog import CheckRecord, NodeRecord, ServiceRecord
from lictor_messages.kv import Entry
from lictor_messages.queries import PreparedQuery
from lictor_messages.sessions import SessionRecord

if TYPE_CHECKING:
    from lictor_actors.store.store import Store


class Table(NamedTuple):
    """One table of a snapshot. Rows are frozen records, or tuples that are made for the occasion."""

    name: str
    rows: Callable[[Store], Sequence[object]]
    """Pointers to all rows, in any order that every replica agrees on."""
    load: Callable[[Store, Any], None]
    """Puts back one row as ``read`` gives it."""
    covers: tuple[str, ...]
    """Attributes of the store that ``load`` fills."""
    record: type[Record] | None = None
    """What rows are; None for tuples."""

    def read(self, row: Any) -> Any:
        """A row as msgpack gives it, where a tuple is a list: the record, once it is known to be one."""
        return row if self.record is None else lean(read(self.record, row))


def _values(table: dict[Any, Any]) -> tuple[Any, ...]:
    return tuple(dict.values(table))  # an Ordered would look every key up, ten times as slow


def _inner_values(tables: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(map(dict.values, tables.values())))


def _entries(store: Store) -> Sequence[object]:
    return _values(store.kv.entries)


def _load_entry(store: Store, entry: Entry) -> None:
    store.kv.load(entry)


def _tombstones(store: Store) -> Sequence[object]:
    return tuple(dict.items(store.kv.tombstones))


def _load_tombstone(store: Store, row: Any) -> None:
    store.kv.tombstones[row[0]] = row[1]


def _nodes(store: Store) -> Sequence[object]:
    return _values(store.catalog.nodes)


def _load_node(store: Store, node: NodeRecord) -> None:
    store.catalog.nodes[fold(node.node)] = node
    if node.id:
        store.catalog.node_ids[node.id.lower()] = fold(node.node)


def _services(store: Store) -> Sequence[object]:
    return _inner_values(store.catalog.services)


def _load_service(store: Store, service: ServiceRecord) -> None:
    name, service_id = fold(service.node), fold(service.id)
    inner(store.catalog.services, name)[service_id] = service
    inner(store.catalog.instances, fold(service.service))[name, service_id] = service


def _checks(store: Store) -> Sequence[object]:
    return _inner_values(store.catalog.checks)


def _load_check(store: Store, check: CheckRecord) -> None:
    name, bearing = fold(check.node), store.catalog.bearing
    on = name, fold(check.service_id)
    inner(store.catalog.checks, name)[fold(check.check_id)] = check
    bearing[on] = tuple(sorted((*bearing.get(on, ()), check), key=lambda c: fold(c.check_id)))


def _index_rows(store: Store) -> Sequence[object]:
    indexes = store.indexes
    tables = (("table", name, index) for name, index in indexes.tables.items())
    services = (("service", name, index) for name, index in indexes.services.items())
    return (*tables, *services, ("extinction", "", indexes.extinction), ("reaped", "", store.kv.reaped_at))


def _load_index(store: Store, row: Any) -> None:
    kind, name, index = row[:3]
    match kind:
        case "table":
            store.indexes.tables[name] = index
        case "service":
            store.indexes.services[name] = index
        case "extinction":
            store.indexes.extinction = index
        case "reaped":
            store.kv.reaped_at = index


def _sessions(store: Store) -> Sequence[object]:
    return _values(store.sessions.rows)


def _load_session(store: Store, session: SessionRecord) -> None:
    store.sessions.load(session)


def _lock_delays(store: Store) -> Sequence[object]:
    return tuple(store.locks)


def _load_lock_delay(store: Store, row: Any) -> None:
    key, lost, delay = row[:3]
    store.locks.delays[key] = (lost, delay)


def _queries(store: Store) -> Sequence[object]:
    return _values(store.queries.rows)


def _load_query(store: Store, query: PreparedQuery) -> None:
    store.queries.load(query)


def _autopilot(store: Store) -> Sequence[object]:
    return tuple(store.autopilot)


def _load_autopilot(store: Store, row: AutopilotConfiguration) -> None:
    store.autopilot.row = row


def _remembered(store: Store) -> Sequence[object]:
    return store.dedup.rows()


def _load_remembered(store: Store, row: Any) -> None:
    store.dedup.load(row)


def _staged(store: Store) -> Sequence[object]:
    return store.staged.rows()


def _load_staged(store: Store, row: Any) -> None:
    store.staged.load(row)


TABLES: tuple[Table, ...] = (
    Table(
        "indexes",
        _index_rows,
        _load_index,
        ("indexes.tables", "indexes.services", "indexes.extinction", "kv.reaped_at"),
    ),
    Table("kv", _entries, _load_entry, ("kv.entries", "kv.held"), Entry),
    Table("tombstones", _tombstones, _load_tombstone, ("kv.tombstones",)),
    Table("nodes", _nodes, _load_node, ("catalog.nodes", "catalog.node_ids"), NodeRecord),
    Table("services", _services, _load_service, ("catalog.services", "catalog.instances"), ServiceRecord),
    Table("checks", _checks, _load_check, ("catalog.checks", "catalog.bearing"), CheckRecord),
    Table(
        "sessions", _sessions, _load_session, ("sessions.rows", "sessions.by_node", "sessions.by_check"), SessionRecord
    ),
    Table("lock-delays", _lock_delays, _load_lock_delay, ("locks.delays",)),
    Table(
        "queries",
        _queries,
        _load_query,
        ("queries.rows", "queries.by_name", "queries.templates", "queries.by_session"),
        PreparedQuery,
    ),
    Table("autopilot", _autopilot, _load_autopilot, ("autopilot.row",), AutopilotConfiguration),
    Table("dedup", _remembered, _load_remembered, ("dedup._buckets", "dedup._now", "dedup._last")),
    Table(
        "staged",
        _staged,
        _load_staged,
        tuple(f"staged.{name}" for name in ("id", "until", "restored", "parts", "_thaw", "_digest", "_refused")),
    ),
)
BY_NAME = {table.name: table for table in TABLES}
