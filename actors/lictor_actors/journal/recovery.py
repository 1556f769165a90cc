"""Reading a journal back after a crash: which records to believe, where to go on, and when to refuse.

Records are believed in the order of their numbers, up to the first that is missing or damaged. What comes after it
is one of two things:

- **a torn tail**: writes that were under way when the power failed. They reach the disk in any order, so good
  records may lie behind a bad one. No actor was told that they are durable; they are cut.
- **corruption**: a good record behind the damage says that the damaged place was durable when it was written
  (``synced``), or a segment was begun behind it, which happens only once the one before is durable. Someone may have
  been told; it is said aloud and nothing is touched.

A file that was removed or cut short leaves nothing behind it. It shows because of what was durable before anything
was written to it: a segment is ``due``, whole and at its reserved size, once the one before says ``continued`` (for
the first segment: once the file ``node-has-journal`` exists). One that is not due was perhaps never finished; it
holds no records and is begun again.

Damage to the very last batch at full length, with nothing written after its sync, cannot be told from a torn tail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.liveness import Liveness
from lictor_actors.journal.records import MAGIC, PlacedRecord, UnknownKind, good_record
from lictor_actors.journal.segments import (
    BEGUN,
    HEADER_SIZE,
    JournalTooNew,
    SegmentHeader,
    read_header,
    segment_name,
    segment_number,
)
from lictor_messages.journal import Cell, JournalRecord

OWN = "journal"
"""The journal's own stream."""
OLDEST = "oldest"
"""Cell of that stream: segments before this one hold nothing that is needed."""


class JournalCorrupt(RuntimeError):
    """What was durable is damaged, cut or missing: ``name`` at ``offset``. Never repaired by cutting.

    A server must not go on with what is left: it may have voted, or acknowledged an entry, in the part that is lost.
    """

    def __init__(self, where: str, name: str, offset: int, what: str) -> None:
        place = f"{where}/{name}" if where and name else where or name
        directory = where or "DIRECTORY"
        super().__init__(
            f"{place} {what}. Look at it with `lictor debug journal {directory}`; put back what was only moved. Else, "
            f"one server of several: `lictor operator set-aside -data-dir={directory}`, then start it: it fetches "
            f"everything from the others, as a new server. A lone server or an agent: `lictor operator accept-loss "
            f"-data-dir={directory}` keeps what can be read; or set it aside, and `lictor snapshot restore`"
        )
        self.name = name
        self.offset = offset


@dataclass(slots=True)
class Recovery:
    """What a scan found: the records to believe, and the place where the next one goes."""

    streams: dict[str, list[JournalRecord]] = field(default_factory=dict)
    liveness: Liveness = field(default_factory=Liveness)
    begun: bool = False
    """True if the first segment was marked as durable."""
    first_segment: int = 0
    """The oldest segment, 0 if there is none."""
    last: int = 0
    """Number of the last record believed."""
    segment: int = 0
    """The segment that ``last`` is in, 0 if there is none."""
    room: int = 0
    """What was reserved for it, 0 if an older version wrote it."""
    offset: int = 0
    torn: bool = False
    """True if something lies behind: it has to be cut before anything is written."""
    later: list[int] = field(default_factory=list)
    """Segments behind ``segment``: begun when the power failed, and begun again when their turn comes."""
    previous_marked: bool = False
    """True if the segment before ``segment`` says that it is continued."""


def recover(disk: Disk) -> Recovery:
    """Read all segments. Raises JournalCorrupt, JournalTooNew, OSError."""
    files = disk.list()
    numbers = sorted(n for n in map(segment_number, files) if n is not None)
    found = Recovery(begun=BEGUN in files)
    due = found.begun or bool(numbers and numbers[0] > 1)
    if due and not numbers:
        raise JournalCorrupt(disk.where, "", 0, f"has lost all files of its journal: {BEGUN} says that there was one")
    for place, number in enumerate(numbers):
        data = disk.read(segment_name(number), 0)
        header = read_header(number, data)
        if due:
            _refuse_cut(disk, found, number, header, len(data))
        if header is None or len(data) < header.room or not _follows(number, header, found):
            found.later = numbers[place:]
            break
        _read_segment(number, header, data, found)
        found.previous_marked, due = due, header.continued
    else:
        if due:
            raise _missing(disk, found.segment)
    _refuse_corruption(disk, found)
    _refuse_lost_beginning(disk, found)
    return found


def readable(disk: Disk) -> Recovery:
    """What can be read up to the first place that is damaged, cut or missing; nothing is refused.

    For an operator that accepts the loss, of a node on which no other relies. Raises JournalTooNew, OSError.
    """
    found = Recovery()
    for number in sorted(n for n in map(segment_number, disk.list()) if n is not None):
        data = disk.read(segment_name(number), 0)
        header = read_header(number, data)
        if header is None or not _follows(number, header, found):
            break
        _read_segment(number, header, data, found)
    return found


def _refuse_cut(disk: Disk, found: Recovery, number: int, header: SegmentHeader | None, size: int) -> None:
    """Raise unless this segment is what the mark before it promises."""
    if found.segment and number != found.segment + 1:
        raise _missing(disk, found.segment)
    if header is None:
        before = segment_name(found.segment) if found.segment else BEGUN if number == 1 else "its name"
        what = f"has no good header, and {before} says that it was durable: it was cut or overwritten"
        raise JournalCorrupt(disk.where, segment_name(number), 0, what)
    if size < header.room:
        raise _cut(disk, number, header, size)
    if found.segment and header.first <= found.last:
        what = f"begins with record {header.first}, and {segment_name(found.segment)} ends with record {found.last}"
        raise JournalCorrupt(disk.where, segment_name(number), 0, what)


def _cut(disk: Disk, number: int, header: SegmentHeader, size: int) -> JournalCorrupt:
    what = f"was cut: {header.room} bytes were reserved, and {size} are left"
    return JournalCorrupt(disk.where, segment_name(number), size, what)


def _missing(disk: Disk, last: int) -> JournalCorrupt:
    return JournalCorrupt(disk.where, segment_name(last + 1), 0, f"is missing: {segment_name(last)} is continued in it")


def _follows(number: int, header: SegmentHeader, found: Recovery) -> bool:
    return not found.segment or (header.first == found.last + 1 and number == found.segment + 1)


def _read_segment(number: int, header: SegmentHeader, data: bytes, found: Recovery) -> None:
    """Add the segment's records."""
    if not found.segment:
        found.last, found.first_segment = header.first - 1, number
    end = HEADER_SIZE
    while (located := _good(number, data, end)) and located.number == found.last + 1:
        found.streams.setdefault(located.stream, []).append(located.record)
        found.liveness.saw(number, located.stream, located.record)
        found.last, end = located.number, located.end
    found.segment, found.room, found.offset = number, header.room, end
    found.torn = not _is_zero(data, end)


def _refuse_corruption(disk: Disk, found: Recovery) -> None:
    """Raise if anything good behind the end proves that something there had been durable."""
    lost = found.last + 1
    places = [(found.segment, found.offset)] if found.torn else []
    for number, start in [*places, *((later, 0) for later in found.later)]:
        data = disk.read(segment_name(number), 0)
        header = read_header(number, data)
        if header is None and data[HEADER_SIZE:].strip(b"\0"):
            raise _damaged(disk, found, number, f"the header of {segment_name(number)} was durable before what follows")
        if header is not None and header.first > lost:
            raise _damaged(disk, found, number, f"record {lost} was durable before {segment_name(number)} was begun")
        for offset, located in _good_records(number, data, start):
            if header is not None and len(data) < header.room:
                raise _cut(disk, number, header, len(data))
            # A segment's header is synced before its first record is written.
            if header is None or located.synced >= lost:
                here = f"{segment_name(number)}:{offset}"
                why = f"record {lost} was durable before record {located.number} was written ({here})"
                raise _damaged(disk, found, number, why)


def _refuse_lost_beginning(disk: Disk, found: Recovery) -> None:
    """Older segments go only when what is left says, durably, that nothing needs them."""
    if found.first_segment <= 1:
        return
    first = segment_name(found.first_segment)
    if not found.streams:
        why = "nothing of it can be read, and the segments before it were dropped"
        raise _damaged(disk, found, found.first_segment, why)
    header = read_header(found.first_segment, disk.read(first, 0, HEADER_SIZE))
    said = [cell.data for cell in found.streams.get(OWN, ()) if isinstance(cell, Cell) and cell.name == OLDEST]
    oldest = int.from_bytes(said[-1], "big") if said else 1
    # An older version dropped segments without a word; only its own can be left then.
    if oldest < found.first_segment and (said or (header is not None and header.room)):
        missing = segment_name(found.first_segment - 1)
        raise JournalCorrupt(disk.where, missing, 0, f"is missing: nothing in {first} and after it says that it may be")


def _damaged(disk: Disk, found: Recovery, number: int, why: str) -> JournalCorrupt:
    name = segment_name(found.segment or number)
    return JournalCorrupt(disk.where, name, found.offset, f"is damaged at byte {found.offset}: {why}")


def _good_records(number: int, data: bytes, start: int) -> Iterator[tuple[int, PlacedRecord]]:
    offset = data.find(MAGIC, start)
    while offset >= 0:
        located = _good(number, data, offset)
        if located:
            yield offset, located
        offset = data.find(MAGIC, located.end if located else offset + 1)


def _good(number: int, data: bytes, offset: int) -> PlacedRecord | None:
    try:
        return good_record(number, data, offset)
    except UnknownKind as e:
        raise JournalTooNew(f"{segment_name(number)} at byte {offset}: {e}") from e


def _is_zero(data: bytes, start: int) -> bool:
    return data.count(0, start) == len(data) - start
