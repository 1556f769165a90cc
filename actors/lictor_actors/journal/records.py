"""How a record lies on disk, and how to tell a good one from anything else.

    magic 4 · checksum 4 · length 4 · kind 1 · stream's length 1 · 0 0 · number 8 · synced 8 · term 8 · index 8
    stream's name · data

The checksum covers everything after it and begins with the segment's number and the record's offset, so a record
is good only in its own place: bytes of another segment, or a journal stored as a value inside a record, are not.
``number`` counts all records of the journal without a gap. ``synced`` is the number up to which everything was
durable when the record was written; with it recovery can tell loss of acknowledged data from a torn tail.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

from lictor_messages.journal import (
    Append,
    AppendMany,
    Cell,
    Compact,
    JournalRecord,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
    TruncateFrom,
)

MAGIC = b"LjR\x01"
HEADER = struct.Struct(">4sIIBB2xQQQQ")
_CHECKED_FROM = 8
_PLACE = struct.Struct(">QQ")
_CHECKSUM = struct.Struct(">I")
_NAME = struct.Struct(">H")
_LENGTH = struct.Struct(">I")

_SNAPSHOT = struct.Struct(">QQI")

_APPEND, _TRUNCATE_FROM, _CELL, _COMPACT, _SNAPSHOT_BEGIN, _SNAPSHOT_CHUNK, _SNAPSHOT_END, _APPEND_MANY = range(1, 9)


class PlacedRecord(NamedTuple):
    """A good record of a segment, not yet taken apart; the next one would begin at ``end``."""

    number: int
    synced: int
    stream: str
    record: JournalRecord
    end: int


def packed(segment: int, offset: int, number: int, synced: int, stream: str, record: JournalRecord) -> bytes:
    """The bytes of a record at its place."""
    kind, term, index, data = _fields(record)
    name = stream.encode()
    head = HEADER.pack(MAGIC, 0, len(name) + len(data), kind, len(name), number, synced, term, index)
    checked = head[_CHECKED_FROM:] + name + data
    return MAGIC + _CHECKSUM.pack(_checksum(segment, offset, checked)) + checked


def good_record(segment: int, data: bytes, offset: int) -> PlacedRecord | None:
    """The record at ``offset`` of this segment's bytes, None if there is none or it is damaged."""
    if data[offset : offset + 4] != MAGIC or offset + HEADER.size > len(data):
        return None
    _, checksum, length, kind, name_length, number, synced, term, index = HEADER.unpack_from(data, offset)
    end = offset + HEADER.size + length
    if end > len(data) or name_length > length:
        return None
    if _checksum(segment, offset, data[offset + _CHECKED_FROM : end]) != checksum:
        return None
    body = offset + HEADER.size + name_length
    stream = data[offset + HEADER.size : body].decode()
    return PlacedRecord(number, synced, stream, _record(kind, term, index, data[body:end]), end)


class UnknownKind(ValueError):
    """A good record of a kind that this version does not know."""


def _checksum(segment: int, offset: int, checked: bytes) -> int:
    return crc32(checked, crc32(_PLACE.pack(segment, offset)))


def _fields(record: JournalRecord) -> tuple[int, int, int, bytes]:
    match record:
        case Append():
            return _APPEND, record.term, record.index, record.data
        case AppendMany():
            return _APPEND_MANY, record.term, record.index, b"".join([_LENGTH.pack(len(b)) + b for b in record.bodies])
        case TruncateFrom():
            return _TRUNCATE_FROM, 0, record.index, b""
        case Cell():
            name = record.name.encode()
            return _CELL, 0, 0, _NAME.pack(len(name)) + name + record.data
        case Compact():
            return _COMPACT, record.term, record.upto, b""
        case SnapshotBegin():
            about = _SNAPSHOT.pack(record.configuration_index, record.size, record.checksum)
            return _SNAPSHOT_BEGIN, record.term, record.index, about + record.configuration
        case SnapshotChunk():
            return _SNAPSHOT_CHUNK, 0, record.offset, record.data
        case SnapshotEnd():
            return _SNAPSHOT_END, record.checksum, record.size, b""


def _record(kind: int, term: int, index: int, data: bytes) -> JournalRecord:
    read = _READERS.get(kind)
    if read is None:
        raise UnknownKind(f"record kind {kind}")
    return read(term, index, data)


def _cell(_: int, __: int, data: bytes) -> Cell:
    start = _NAME.size + _NAME.unpack_from(data)[0]
    return Cell(name=data[_NAME.size : start].decode(), data=data[start:])


def _begin(term: int, index: int, data: bytes) -> SnapshotBegin:
    configuration_index, size, checksum = _SNAPSHOT.unpack_from(data)
    return SnapshotBegin(
        index=index,
        term=term,
        configuration_index=configuration_index,
        configuration=data[_SNAPSHOT.size :],
        size=size,
        checksum=checksum,
    )


def _append_many(term: int, index: int, data: bytes) -> AppendMany:
    bodies, at = [], 0
    while at < len(data):
        end = at + _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
        bodies.append(data[at + _LENGTH.size : end])
        at = end
    return AppendMany(index=index, term=term, bodies=tuple(bodies))


_READERS: dict[int, Callable[[int, int, bytes], JournalRecord]] = {
    _APPEND: lambda term, index, data: Append(index=index, term=term, data=data),
    _APPEND_MANY: _append_many,
    _TRUNCATE_FROM: lambda _, index, __: TruncateFrom(index=index),
    _CELL: _cell,
    _COMPACT: lambda term, index, _: Compact(upto=index, term=term),
    _SNAPSHOT_BEGIN: _begin,
    _SNAPSHOT_CHUNK: lambda _, offset, data: SnapshotChunk(offset=offset, data=data),
    _SNAPSHOT_END: lambda checksum, size, _: SnapshotEnd(size=size, checksum=checksum),
}
