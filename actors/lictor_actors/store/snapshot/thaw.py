"""From the bytes of a snapshot to a store, a piece at a time; or only to the certainty that there would be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lictor_actors.store.errors import InvariantBroken
from lictor_actors.store.families.kv.table import KVS
from lictor_actors.store.invariants import check_without_keys
from lictor_actors.store.snapshot.foreign import LEFT_OUT, header_fault, row_fault
from lictor_actors.store.snapshot.frames import FrameReader, Header, SnapshotRefused
from lictor_actors.store.snapshot.tables import BY_NAME, Table

if TYPE_CHECKING:
    from lictor_actors.store.store import Store

Put = Callable[[Table, Any], None]
"""Does something with one row of a table."""
SHOWN_MOST = 200
"""Characters of what a refusal repeats."""


class Thaw:
    """Fills an empty store, which no other code may hold before ``finish`` has said that it is whole.

    ``foreign``: the snapshot comes from a client and not from another server, so more is asked of it.
    """

    def __init__(self, empty: Store, *, foreign: bool = False) -> None:
        self._store = empty
        self._foreign = foreign
        self._rows = _Rows(foreign)
        self._newest_key = 0

    def feed(self, data: bytes) -> None:
        """The next bytes, in pieces of any size. Raises SnapshotRefused; then all is lost."""
        self._rows.feed(data, self._put)

    def finish(self) -> Store:
        """All bytes were fed: the store. Raises SnapshotRefused if they were not a whole snapshot."""
        header = self._rows.finish()
        self._store.applied, self._store.burned = header.index, header.burned
        if self._foreign:
            self._refuse_contradictions(header)
        return self._store

    def _put(self, table: Table, row: Any) -> None:
        table.load(self._store, row)
        if table.name == "kv":
            self._newest_key = max(self._newest_key, row.modify_index)

    def _refuse_contradictions(self, header: Header) -> None:
        _refuse_contradictions(self._store)
        kv = self._store.kv
        if self._newest_key > kv.indexes.table(KVS):
            raise SnapshotRefused(f"the snapshot contradicts itself: a key is newer than the table {KVS}")
        if len(kv.entries) != sum(rows for name, rows in header.tables if name == "kv"):
            raise SnapshotRefused("the snapshot contradicts itself: a key is there twice")


class Trial:
    """Refuses what a foreign Thaw would refuse as it comes, and keeps nothing: a state of any size costs a piece of
    memory. Whether rows fit one another is seen by the store that has them all."""

    def __init__(self, empty: Callable[[], Store]) -> None:
        self._empty = empty
        self._scratch = empty()
        self._rows = _Rows(foreign=True)

    def feed(self, data: bytes) -> None:
        """See Thaw."""
        self._scratch = self._empty()
        self._rows.feed(data, self._put)

    def finish(self) -> None:
        """See Thaw."""
        self._rows.finish()

    def _put(self, table: Table, row: Any) -> None:
        if table.record is None:  # only loading shows whether a tuple fits; every record does
            table.load(self._scratch, row)


class _Rows:
    """Finds each row's table, and says which table's row does not fit."""

    def __init__(self, foreign: bool) -> None:
        self._frames = FrameReader()
        self._foreign = foreign

    def feed(self, data: bytes, put: Put) -> None:
        for name, row, _ in self._frames.feed(data):
            table = _table(name)
            if self._foreign and name in LEFT_OUT:
                continue
            try:
                put(table, self._read(table, row))
            except (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise _damaged(name, _why(error)) from error

    def finish(self) -> Header:
        header = self._frames.finish()
        for name, _ in header.tables:
            _table(name)
        why = header_fault(header) if self._foreign else ""
        if why:
            raise SnapshotRefused(f"the snapshot is damaged: {why}")
        return header

    def _read(self, table: Table, row: Any) -> Any:
        row = table.read(row)
        header = self._frames.header
        if self._foreign and header is not None:
            why = header_fault(header) or row_fault(table.name, row, header.index)
            if why:
                raise _damaged(table.name, why)
        return row


def _damaged(table: str, why: str) -> SnapshotRefused:
    return SnapshotRefused(f"the snapshot is damaged: a row of {table} does not fit: {why}")


def _why(error: Exception) -> str:
    """In a line: what is said of a row must not be as long as the row, nor nested as deeply."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{type(error).__name__}: {error}"[:SHOWN_MOST]


def _refuse_contradictions(store: Store) -> None:
    try:
        check_without_keys(store)
    except (InvariantBroken, LookupError) as broken:
        raise SnapshotRefused(f"the snapshot contradicts itself: {str(broken)[:SHOWN_MOST]}") from broken


def _table(name: str) -> Table:
    table = BY_NAME.get(name)
    if table is None:
        raise SnapshotRefused(f"the snapshot has a table that this version does not know: {name[:SHOWN_MOST]}")
    return table
