"""From the bytes of a snapshot to a store, a piece at a time; or only to the certainty that there would be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lictor_actors.store.snapshot_frames import FrameReader, Header, SnapshotRefused
from lictor_actors.store.snapshot_tables import BY_NAME, Table

if TYPE_CHECKING:
    from lictor_actors.store.store import Store

Put = Callable[[Table, Any], None]
"""Does something with one row of a table."""


class Thaw:
    """Fills an empty store; nobody else may hold it before ``finish`` has said that it is whole."""

    def __init__(self, empty: Store) -> None:
        self._store = empty
        self._rows = _Rows()

    def feed(self, data: bytes) -> None:
        """The next bytes, in pieces of any size. Raises SnapshotRefused; then all is lost."""
        self._rows.feed(data, self._put)

    def finish(self) -> Store:
        """All bytes were fed: the store. Raises SnapshotRefused if they were not a whole snapshot."""
        header = self._rows.finish()
        self._store.applied, self._store.burned = header.index, header.burned
        return self._store

    def _put(self, table: Table, row: Any) -> None:
        table.load(self._store, table.read(row))


class Trial:
    """Refuses what a Thaw would refuse, and keeps nothing: a state of any size costs a piece of memory."""

    def __init__(self, empty: Callable[[], Store]) -> None:
        self._empty = empty
        self._scratch = empty()
        self._rows = _Rows()

    def feed(self, data: bytes) -> None:
        """See Thaw."""
        self._scratch = self._empty()
        self._rows.feed(data, self._put)

    def finish(self) -> None:
        """See Thaw."""
        self._rows.finish()

    def _put(self, table: Table, row: Any) -> None:
        row = table.read(row)
        if table.record is None:  # only loading shows whether a tuple fits; every record does
            table.load(self._scratch, row)


class _Rows:
    """Finds each row's table, and says which table's row does not fit."""

    def __init__(self) -> None:
        self._frames = FrameReader()

    def feed(self, data: bytes, put: Put) -> None:
        for name, row, _ in self._frames.feed(data):
            table = _table(name)
            try:
                put(table, row)
            except (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise SnapshotRefused(f"the snapshot is damaged: a row of {name} does not fit: {error!r}") from error

    def finish(self) -> Header:
        header = self._frames.finish()
        for name, _ in header.tables:
            _table(name)
        return header


def _table(name: str) -> Table:
    table = BY_NAME.get(name)
    if table is None:
        raise SnapshotRefused(f"the snapshot has a table that this version does not know: {name}")
    return table
