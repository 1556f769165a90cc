"""From the bytes of a snapshot to a store, a piece at a time; or only to the certainty that there would be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lictor_actors.store.errors import InvariantBroken
from lictor_actors.store.invariants import check_small_parts
from lictor_actors.store.snapshot.foreign import header_fault
from lictor_actors.store.snapshot.frames import FrameReader, Header, SnapshotRefused
from lictor_actors.store.snapshot.tables import Filed, Table

if TYPE_CHECKING:
    from lictor_actors.store.store import Store

Put = Callable[[Filed, Any], None]
"""Does something with one row of a table."""
CONTRADICTS = "the snapshot contradicts itself"
SHOWN_MOST = 200
"""Characters of what a refusal repeats."""


class Thaw:
    """Fills an empty store, which no other code may hold before ``finish`` has said that it is whole.

    ``foreign``: the snapshot comes from a client and not from another server, so more is asked of it.
    """

    def __init__(self, empty: Store, *, foreign: bool = False) -> None:
        self._store = empty
        self._foreign = foreign
        self._frames = _Frames(empty, foreign)
        self._by_row = {name: 0 for name, filed in self._frames.tables.items() if filed.table.by_row is not None}
        """Tables whose rows are looked at one by one → the index of the newest."""

    def feed(self, data: bytes) -> None:
        """The next bytes, in pieces of any size. Raises SnapshotRefused; then all is lost."""
        self._frames.feed(data, self._put)

    def finish(self) -> Store:
        """All bytes were fed: the store. Raises SnapshotRefused if they were not a whole snapshot."""
        header = self._frames.finish()
        self._store.applied, self._store.burned = header.index, header.burned
        if self._foreign:
            self._refuse_contradictions(header)
        return self._store

    def _put(self, filed: Filed, row: Any) -> None:
        filed.load(row)
        name = filed.table.name
        if name in self._by_row and row.modify_index > self._by_row[name]:
            self._by_row[name] = row.modify_index

    def _refuse_contradictions(self, header: Header) -> None:
        _refuse_contradictions(self._store)
        for name, newest in self._by_row.items():
            filed = self._frames.tables[name]
            rule = filed.table.by_row
            assert rule is not None
            if newest > self._store.indexes.table(rule.table):
                raise SnapshotRefused(f"{CONTRADICTS}: a {rule.noun} is newer than the table {rule.table}")
            if len(filed.rows()) != sum(rows for table, rows in header.tables if table == name):
                raise SnapshotRefused(f"{CONTRADICTS}: a {rule.noun} is there twice")


class Trial:
    """Refuses what a foreign Thaw would refuse as it comes, and keeps nothing: a state of any size costs a piece of
    memory. Whether rows fit one another is seen by the store that has them all."""

    def __init__(self, empty: Callable[[], Store]) -> None:
        self._empty = empty
        self._frames = _Frames(empty(), foreign=True)

    def feed(self, data: bytes) -> None:
        """See Thaw."""
        self._frames.fill(self._empty())
        self._frames.feed(data, _try)

    def finish(self) -> None:
        """See Thaw."""
        self._frames.finish()


def _try(filed: Filed, row: Any) -> None:
    if filed.table.record is None:  # only loading shows whether a tuple fits; every record does
        filed.load(row)


class _Frames:
    """Finds each row's table, and says which table's row does not fit."""

    def __init__(self, store: Store, foreign: bool) -> None:
        self._frames = FrameReader()
        self._foreign = foreign
        self.fill(store)

    def fill(self, store: Store) -> None:
        """Rows that come from now on are this store's."""
        self.tables = {filed.table.name: filed for filed in store.tables()}

    def feed(self, data: bytes, put: Put) -> None:
        for name, row, _ in self._frames.feed(data):
            filed = self._table(name)
            if self._foreign and filed.table.fault is None:
                continue
            try:
                put(filed, self._read(filed.table, row))
            except (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise _damaged(name, _why(error)) from error

    def finish(self) -> Header:
        header = self._frames.finish()
        for name, _ in header.tables:
            self._table(name)
        why = header_fault(header) if self._foreign else ""
        if why:
            raise SnapshotRefused(f"the snapshot is damaged: {why}")
        return header

    def _table(self, name: str) -> Filed:
        filed = self.tables.get(name)
        if filed is None:
            raise SnapshotRefused(f"the snapshot has a table that this version does not know: {name[:SHOWN_MOST]}")
        return filed

    def _read(self, table: Table[Any], row: Any) -> Any:
        row = table.read(row)
        header = self._frames.header
        if self._foreign and header is not None and table.fault is not None:
            why = header_fault(header) or table.fault(row, header.index)
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
        check_small_parts(store, store.families)
    except (InvariantBroken, LookupError) as broken:
        raise SnapshotRefused(f"{CONTRADICTS}: {str(broken)[:SHOWN_MOST]}") from broken
