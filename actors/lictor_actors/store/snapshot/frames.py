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
        self._rest = bytearray()
        self._check = 0
        self._left: list[tuple[str, int]] = []
        """Tables with the number of their rows that are still to come, the next table last."""

    def feed(self, data: bytes) -> Iterator[tuple[str, Any, int]]:
        """(table, row, its bytes) for every row that is now complete."""
        self._rest += data
        if self.header is None:
            self._take_header()
        at = 0
        while self._left and (end := self._end(at)):
            table = self._next_table()
            row = self._rest[at + LENGTH.size : end]
            at = end
            yield table, _unpacked(row, f"a row of {table}"), len(row)
        self._take(at)
        if self.header is not None and not self._left:
            self._take_trailer()

    def finish(self) -> Header:
        """All bytes were fed: the header, if they were a whole snapshot."""
        if self.header is None or not self.done:
            raise SnapshotRefused("the snapshot is cut short")
        return self.header

    def _take_header(self) -> None:
        if not MARK.startswith(self._rest[: len(MARK)]):
            raise SnapshotRefused("this is no snapshot of a Lictor store")
        end = self._end(len(MARK))
        if end:
            self.header = _header(self._rest[len(MARK) + LENGTH.size : end])
            self._left = [table for table in reversed(self.header.tables) if table[1]]
            self._take(end)

    def _take_trailer(self) -> None:
        end = 0 if self.done else self._end(0)
        if end:
            if self._rest[LENGTH.size : end] != LENGTH.pack(self._check):
                raise SnapshotRefused("the snapshot is damaged: its checksum does not match")
            self.done = True
            del self._rest[:end]
        if self.done and self._rest:
            raise SnapshotRefused("the snapshot goes on after its end")

    def _end(self, at: int) -> int:
        """Where the frame at this place ends, 0 if it is not complete."""
        start = at + LENGTH.size
        if len(self._rest) < start:
            return 0
        (length,) = LENGTH.unpack_from(self._rest, at)
        if length > FRAME_MOST:
            raise SnapshotRefused(f"the snapshot is damaged: a row of {length} bytes")
        end: int = start + length
        return end if end <= len(self._rest) else 0

    def _take(self, size: int) -> None:
        """So many bytes have been read: the checksum covers them."""
        self._check = zlib.crc32(self._rest[:size], self._check)
        del self._rest[:size]

    def _next_table(self) -> str:
        name, rows = self._left.pop()
        if rows > 1:
            self._left.append((name, rows - 1))
        return name


def _header(content: bytearray) -> Header:
    fields = _unpacked(content, "its header")
    try:
        found = _number(fields["format"])
        if found == FORMAT:
            tables = tuple((_name(name), _number(rows)) for name, rows in fields["tables"])
            return Header(_number(fields["index"]), _number(fields["burned"]), tables)
    except (TypeError, KeyError, ValueError) as error:
        raise SnapshotRefused(f"the snapshot is damaged: its header does not fit: {error!r}") from error
    raise SnapshotRefused(f"the snapshot has format {found}, this version reads {FORMAT}")


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("a number that is none")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a name that is none")
    return value


def _unpacked(content: bytearray, what: str) -> Any:
    try:
        return ormsgpack.unpackb(content)
    except ValueError as error:
        raise SnapshotRefused(f"the snapshot is damaged: {what} cannot be read: {error}") from error
