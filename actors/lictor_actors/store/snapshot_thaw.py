"""From the bytes of a snapshot to a store, a piece at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from lictor_actors.store.snapshot_frames import FrameReader, SnapshotRefused
from lictor_actors.store.snapshot_tables import BY_NAME

if TYPE_CHECKING:
    from lictor_actors.store.store import Store


class Thaw:
    """Fills an empty store; nobody else may hold it before ``finish`` has said that it is whole."""

    def __init__(self, empty: Store) -> None:
        self._store = empty
        self._frames = FrameReader()

    def feed(self, data: bytes) -> None:
        """The next bytes, in pieces of any size. Raises SnapshotRefused; then all is lost."""
        for name, row, _ in self._frames.feed(data):
            table = BY_NAME.get(name)
            if table is None:
                raise SnapshotRefused(f"the snapshot has a table that this version does not know: {name}")
            try:
                table.load(self._store, row)
            except (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise SnapshotRefused(f"the snapshot is damaged: a row of {name} does not fit: {error!r}") from error

    def finish(self) -> Store:
        """All bytes were fed: the store. Raises SnapshotRefused if they were not a whole snapshot."""
        header = self._frames.finish()
        unknown = [name for name, _ in header.tables if name not in BY_NAME]
        if unknown:
            raise SnapshotRefused(f"the snapshot has a table that this version does not know: {unknown[0]}")
        self._store.applied, self._store.burned = header.index, header.burned
        return self._store
