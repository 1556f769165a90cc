"""Reading a journal for a person: every record with its place, and where and why believing ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.records import UnknownKind, good_record
from lictor_actors.journal.recovery import JournalCorrupt, recover
from lictor_actors.journal.segments import HEADER_SIZE, JournalTooNew, read_header, segment_name, segment_number
from lictor_messages.journal import (
    Append,
    AppendMany,
    Cell,
    Compact,
    JournalRecord,
    SnapshotBegin,
    SnapshotChunk,
    TruncateFrom,
)


class Line(NamedTuple):
    """One record, or one thing worth saying about a segment (then without number and stream)."""

    segment: str
    offset: int
    number: int
    stream: str
    size: int
    what: str


def inspect(disk: Disk, only: str = "") -> Iterator[Line]:
    """All records of all segments, or of the segment ``only``, in their order."""
    for name in disk.list():
        number = segment_number(name)
        if number is not None and only in ("", name):
            yield from _segment(name, number, disk.read(name, 0))


def verdict(disk: Disk) -> str:
    """What a server would make of this journal."""
    try:
        found = recover(disk)
    except (JournalCorrupt, JournalTooNew) as refused:
        return f"refused: {refused}"
    if not found.segment:
        return "empty"
    place = f"{segment_name(found.segment)} at byte {found.offset}"
    if found.torn or found.later:
        return f"whole up to record {found.last}; after {place} is a torn tail, which was never promised: it is cut"
    return f"whole up to record {found.last}, {place}"


def _segment(name: str, number: int, data: bytes) -> Iterator[Line]:
    try:
        header = read_header(number, data)
    except JournalTooNew as newer:
        yield Line(name, 0, 0, "", len(data), str(newer))
        return
    if header is None:
        yield Line(name, 0, 0, "", len(data), "no header: never finished, or damaged")
        return
    size = f", {header.room} bytes" if header.room else ""
    on = f", continued in {segment_name(number + 1)}" if header.continued else ""
    yield Line(name, 0, 0, "", len(data), f"segment {number}, records from {header.first} on{size}{on}")
    if len(data) < header.room:
        yield Line(name, len(data), 0, "", 0, "cut here")
    yield from _records(name, number, data)


def _records(name: str, number: int, data: bytes) -> Iterator[Line]:
    at = HEADER_SIZE
    while True:
        try:
            located = good_record(number, data, at)
        except UnknownKind as unknown:
            yield Line(name, at, 0, "", 0, f"{unknown}: written by a newer version")
            return
        if located is None:
            break
        yield Line(name, at, located.number, located.stream, located.end - at, describe(located.record))
        at = located.end
    if data.count(0, at) != len(data) - at:
        yield Line(name, at, 0, "", len(data) - at, "no good record, and not empty: a torn tail or damage")


def describe(record: JournalRecord) -> str:
    """One record in words."""
    match record:
        case Append():
            return f"entry {record.index} of term {record.term}, {len(record.data)} bytes"
        case AppendMany():
            last, size = record.index + len(record.bodies) - 1, sum(map(len, record.bodies))
            return f"entries {record.index} to {last} of term {record.term}, {size} bytes"
        case TruncateFrom():
            return f"the log is cut from entry {record.index} on"
        case Cell():
            return f"cell {record.name}, {len(record.data)} bytes" if record.data else f"cell {record.name} removed"
        case SnapshotBegin():
            return f"snapshot of entry {record.index}, term {record.term}, begins"
        case SnapshotChunk():
            return f"snapshot, {len(record.data)} bytes from {record.offset} on"
        case Compact():
            return f"entries up to {record.upto} of term {record.term} are forgotten"
    return f"snapshot ends: {record.size} bytes, checksum {record.checksum:08x}"
