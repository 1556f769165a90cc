"""Snapshots: the whole store as bytes, taken without stopping the world and put back in one step.

::

    picture = freeze(store)                              one cheap turn; the store may change from then on
    data, cursor = encode(picture, START, 256 * 1024)     a slice; again with ``cursor`` until it is None
    store = thaw(slices)                                 a new store, or SnapshotRefused; nothing else changes

    into = Thaw(Store())                                 the same over several turns: feed each slice, then finish
    server.store.become(into.finish())                   whoever holds the old store sees the new state

Slices depend on nothing but the picture, the cursor and the size that is asked for: one that was lost is asked for
again. What is in a snapshot is said by each family (``Table``), how it looks as bytes in ``frames``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lictor_actors.store.snapshot.frames import (
    FrameReader,
    Header,
    SnapshotRefused,
    pack_header,
    pack_row,
    pack_trailer,
)
from lictor_actors.store.snapshot.thaw import Thaw
from lictor_actors.store.store import Store

__all__ = ["START", "Cursor", "Header", "Picture", "SnapshotRefused", "Thaw", "encode", "freeze", "survey", "thaw"]


class Picture(NamedTuple):
    """The rows of a store at one moment; immutable, since every row is."""

    header: Header
    tables: tuple[Sequence[object], ...]


class Cursor(NamedTuple):
    """Where a slice begins: the number of its first row, and the checksum of all bytes before it."""

    row: int
    check: int


START = Cursor(0, 0)


def freeze(store: Store) -> Picture:
    """The store as it is now: pointers are copied, rows are not."""
    tables = store.tables()
    rows = tuple(filed.rows() for filed in tables)
    sizes = tuple((filed.table.name, len(of_table)) for filed, of_table in zip(tables, rows, strict=True))
    return Picture(Header(store.applied, store.burned, sizes), rows)


def encode(picture: Picture, cursor: Cursor, most_bytes: int) -> tuple[bytes, Cursor | None]:
    """The slice at ``cursor`` and the cursor of the next one, None after the last.

    A slice ends with the row that brings it to ``most_bytes`` or above, so each brings at least one row further.
    """
    frames = [pack_header(picture.header)] if cursor.row == 0 else []
    size, row = sum(map(len, frames)), cursor.row
    rows = _rows_from(picture, cursor.row)
    for frame in map(pack_row, rows):
        frames.append(frame)
        size, row = size + len(frame), row + 1
        if size >= most_bytes:
            break
    data = b"".join(frames)
    check = zlib.crc32(data, cursor.check)
    if row < sum(map(len, picture.tables)):
        return data, Cursor(row, check)
    return data + pack_trailer(check), None


def thaw(slices: Iterable[bytes]) -> Store:
    """A new store from all slices in order. Raises SnapshotRefused."""
    into = Thaw(Store())
    for data in slices:
        into.feed(data)
    return into.finish()


class TableSurvey(NamedTuple):
    """How much of a snapshot is this table's."""

    name: str
    rows: int
    bytes: int


def survey(data: bytes) -> tuple[Header, tuple[TableSurvey, ...]]:
    """What a snapshot holds, unknown tables too. Raises SnapshotRefused."""
    reader = FrameReader()
    sizes: dict[str, int] = {}
    for table, _, size in reader.feed(data):
        sizes[table] = sizes.get(table, 0) + size
    header = reader.finish()
    return header, tuple(TableSurvey(name, rows, sizes.get(name, 0)) for name, rows in header.tables)


def _rows_from(picture: Picture, row: int) -> Iterator[object]:
    for rows in picture.tables:
        yield from map(rows.__getitem__, range(row, len(rows)))  # islice would walk all rows before it, at every slice
        row = max(0, row - len(rows))
