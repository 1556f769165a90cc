"""A snapshot as bytes: a mark, a header, one frame per row, a checksum.

::

    snapshot = "LICTSNAP"  header  row*  trailer          each of the last three a frame: length (4 bytes), content
    header   = msgpack {format, index, burned, tables: [[name, rows], …]}
    row      = msgpack of one row, table after table in the order of the header
    trailer  = CRC-32 of everything before it (4 bytes)

Lengths and the checksum are big-endian. Rows are maps or arrays to which fields may be added: readers ignore those
that they do not know. A new table needs no new format; a reader that does not know it refuses the snapshot by name.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ormsgpack

MARK = b"LICTSNAP"
FORMAT = 1
LENGTH = struct.Struct(">I")
FRAME_MOST = 64 * 1024 * 1024
"""Bytes of the longest row that is believed: a damaged length must not make a reader wait for gigabytes."""


class SnapshotRefused(Exception):
    """These bytes are no snapshot that can be restored; the text says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a snapshot says of itself before its rows."""

    index: int
    """Index of the last write in it, as clients see it."""
    burned: int
    """How far that is ahead of the log: see ``Store.burned``."""
    tables: tuple[tuple[str, int], ...]
    """Names and numbers of rows, in the order in which the rows follow."""


def pack_header(header: Header) -> bytes:
    """The beginning of a snapshot."""
    fields = {"format": FORMAT, "index": header.index, "burned": header.burned, "tables": header.tables}
    return MARK + framed(ormsgpack.packb(fields))


def pack_row(row: object) -> bytes:
    """One row."""
    return framed(ormsgpack.packb(row, option=ormsgpack.OPT_SERIALIZE_PYDANTIC))


def pack_trailer(check: int) -> bytes:
    """The end of a snapshot whose other bytes have this CRC-32."""
    return framed(LENGTH.pack(check))


def framed(content: bytes) -> bytes:
    """Content with its length in front."""
    return LENGTH.pack(len(content)) + content


class FrameReader:
    """Takes the bytes of a snapshot in pieces of any size and gives rows back; raises SnapshotRefused."""

    def __init__(self) -> None:
        self.header: Header | None = None
        self.done = False
        """The checksum was read, and it is right."""
        self._rest = b""
        self._check = 0
        self._left: list[tuple[str, int]] = []

    def feed(self, data: bytes) -> Iterator[tuple[str, Any, int]]:
        """(table, row, its bytes) for every row that is now complete."""
        data = self._rest + data
        at = 0
        while (frame := self._frame(data, at)) is not None:
            start, end = frame
            if self._took_ends(data, at, start, end):
                at = end
                continue
            self._check = zlib.crc32(data[at:end], self._check)
            table = self._next_table()
            at = end
            yield table, _unpacked(data[start:end], f"a row of {table}"), end - start
        self._rest = data[at:]

    def finish(self) -> Header:
        """All bytes were fed: the header, if they were a whole snapshot."""
        if self.header is None or not self.done:
            raise SnapshotRefused("the snapshot is cut short")
        return self.header

    def _frame(self, data: bytes, at: int) -> tuple[int, int] | None:
        """Where the content of the next frame begins and ends, None if it is not complete."""
        if self.done and at < len(data):
            raise SnapshotRefused("the snapshot goes on after its end")
        start = at + LENGTH.size + (0 if self.header else len(MARK))
        if self.header is None and not MARK.startswith(data[: len(MARK)]):
            raise SnapshotRefused("this is no snapshot of a Lictor store")
        if len(data) < start:
            return None
        (length,) = LENGTH.unpack_from(data, start - LENGTH.size)
        if length > FRAME_MOST:
            raise SnapshotRefused(f"the snapshot is damaged: a row of {length} bytes")
        return (start, start + length) if start + length <= len(data) else None

    def _took_ends(self, data: bytes, at: int, start: int, end: int) -> bool:
        """The header and the trailer are read here."""
        if self.header is None:
            self._check = zlib.crc32(data[at:end])
            self.header = _header(data[start:end])
            self._left = [table for table in reversed(self.header.tables) if table[1]]
            return True
        if self._left:
            return False
        if data[start:end] != LENGTH.pack(self._check):
            raise SnapshotRefused("the snapshot is damaged: its checksum does not match")
        self.done = True
        return True

    def _next_table(self) -> str:
        name, rows = self._left.pop()
        if rows > 1:
            self._left.append((name, rows - 1))
        return name


def _header(content: bytes) -> Header:
    fields = _unpacked(content, "its header")
    try:
        found = fields["format"]
        if found == FORMAT:
            tables = tuple((str(name), int(rows)) for name, rows in fields["tables"])
            return Header(int(fields["index"]), int(fields["burned"]), tables)
    except (TypeError, KeyError, ValueError) as error:
        raise SnapshotRefused(f"the snapshot is damaged: its header does not fit: {error!r}") from error
    raise SnapshotRefused(f"the snapshot has format {found}, this version reads {FORMAT}")


def _unpacked(content: bytes, what: str) -> Any:
    try:
        return ormsgpack.unpackb(content)
    except ValueError as error:
        raise SnapshotRefused(f"the snapshot is damaged: {what} cannot be read: {error}") from error
