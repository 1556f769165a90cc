"""Keys and values, as the store holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lictor_actors.store.families.kv import guards, hiding
from lictor_actors.store.families.kv.admission import refuse_delete, refuse_put
from lictor_actors.store.families.kv.shapes import SHAPES
from lictor_actors.store.families.kv.table import KVS, TOMBSTONES, KeyTable
from lictor_actors.store.families.kv.tombstones import reap
from lictor_actors.store.families.kv.transactions import READS, WRITES, cannot_fail, lend_keys, on_key
from lictor_actors.store.family import Family, Operations, Read, SliceRule, Write
from lictor_actors.store.guard import unguarded
from lictor_actors.store.indexes import Scope
from lictor_actors.store.invariants import check_rows, holds
from lictor_actors.store.snapshot.foreign import INDEX_MOST, row_is, stamps_fault
from lictor_actors.store.snapshot.tables import ByRow, Table, values
from lictor_messages.bounds import UINT64_MAX
from lictor_messages.kv import (
    DeleteKey,
    Entries,
    Entry,
    GetKey,
    KeyNames,
    ListKeyNames,
    ListKeys,
    PutKey,
    ReapTombstones,
)


def _prefix_scope(query: ListKeys | ListKeyNames) -> tuple[Scope, ...]:
    return (("key prefix", query.prefix),)


def _load_tombstone(kv: KeyTable, row: tuple[str, int]) -> None:
    kv.tombstones[row[0]] = row[1]


def _entry_fault(entry: Entry, index: int) -> str:
    if why := stamps_fault(entry, index):
        return why
    if not entry.key:
        return "it has no key"
    if not 0 <= entry.flags <= UINT64_MAX:
        return f"its flags are {entry.flags}"
    return "" if 0 <= entry.lock_index <= INDEX_MOST else f"it was locked {entry.lock_index} times"


def _tombstone_fault(row: Any, index: int) -> str:
    return "" if row_is(row, str, int) and 0 <= row[1] <= index else "no tombstone"


def _state(kv: KeyTable) -> Iterator[object]:
    yield from kv.entries.values()
    yield list(kv.tombstones.items())


def _check_tombstones(kv: KeyTable) -> None:
    for key, index in kv.tombstones.items():
        holds(index <= kv.indexes.table(TOMBSTONES), f"tombstone of {key} is newer than its table")
        holds(key not in kv.entries, f"{key} has an entry and a tombstone")


def entry_weight(entry: Entry) -> int:
    """Bytes of its JSON, about."""
    return 150 + len(entry.key) + len(entry.value) * 4 // 3


KV = Family(
    name="kv",
    make=lambda parts: KeyTable(parts.indexes),
    writes=(
        Write(PutKey, KeyTable.put_or_lock, guards.put, refuse_put),
        Write(DeleteKey, KeyTable.delete, guards.delete, refuse_delete),
        Write(ReapTombstones, reap, unguarded, leaders_own=True),
    ),
    reads=(
        Read(GetKey, KeyTable.get, KeyTable.key_version, lambda query: (("key", query.key),), guards.get),
        Read(ListKeys, KeyTable.list, KeyTable.list_version, _prefix_scope, guards.list_under),
        Read(
            ListKeyNames,
            KeyTable.names,
            KeyTable.list_version,
            _prefix_scope,
            guards.list_under,
            in_full=hiding.every_name,
        ),
    ),
    tables=(
        Table(
            "kv",
            lambda kv: values(kv.entries),
            KeyTable.load,
            covers=("entries", "held"),
            fault=_entry_fault,
            record=Entry,
            by_row=ByRow(KVS, "key"),
        ),
        Table(
            "tombstones",
            lambda kv: tuple(dict.items(kv.tombstones)),
            _load_tombstone,
            covers=("tombstones",),
            fault=_tombstone_fault,
        ),
    ),
    state=_state,
    check=_check_tombstones,
    check_large=lambda kv: check_rows(KVS, kv.entries.values(), kv.indexes.tables.get(KVS, 0)),
    operations=(Operations("kv", on_key, guards.operation, tuple(WRITES), tuple(READS), cannot_fail),),
    lend=lend_keys,
    shapes=SHAPES,
    hides={Entries: hiding.entries, KeyNames: hiding.names},
    cuts=(SliceRule(Entries, "entries", entry_weight), SliceRule(KeyNames, "keys", lambda name: len(name) + 3)),
)
