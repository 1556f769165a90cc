"""Tables of a snapshot that belong to no family: indexes, and what the store keeps of the log itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lictor_actors.store.dedup import Dedup
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.snapshot.foreign import row_is
from lictor_actors.store.snapshot.staged import Staged
from lictor_actors.store.snapshot.tables import Table


def _index_rows(indexes: Indexes) -> Sequence[object]:
    tables = (("table", name, index) for name, index in indexes.tables.items())
    services = (("service", name, index) for name, index in indexes.services.items())
    return (*tables, *services, ("extinction", "", indexes.extinction), ("reaped", "", indexes.reaped_at))


def _load_index(indexes: Indexes, row: Any) -> None:
    kind, name, index = row[:3]
    match kind:
        case "table":
            indexes.tables[name] = index
        case "service":
            indexes.services[name] = index
        case "extinction":
            indexes.extinction = index
        case "reaped":
            indexes.reaped_at = index


def _index_fault(row: Any, index: int) -> str:
    known = row[0] in ("table", "service", "extinction", "reaped")
    return "" if known and row_is(row, str, str, int) and 0 <= row[2] <= index else "no index"


INDEXES = Table(
    "indexes", _index_rows, _load_index, ("tables", "services", "extinction", "reaped_at"), fault=_index_fault
)
DEDUP = Table("dedup", lambda dedup: dedup.rows(), Dedup.load, ("_buckets", "_now", "_last"), fault=None)
STAGED = Table(
    "staged",
    Staged.rows,
    Staged.load,
    ("id", "until", "restored", "parts", "_thaw", "_digest", "_refused"),
    fault=None,
)
