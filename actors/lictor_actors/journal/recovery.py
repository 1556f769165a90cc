"""Reading a journal back after a crash: which records to believe, where to go on, and when to refuse.

Records are believed in the order of their numbers, up to the first that is missing or damaged. What comes after it
is one of two things:

- **a torn tail**: writes that were under way when the power failed. They reach the disk in any order, so good
  records may lie behind a bad one. Nobody was told that they are durable; they are cut.
- **corruption**: a good record behind the damage says that the damaged place was durable when it was written
  (``synced``), or a segment was begun behind it, which happens only once the one before is durable. Someone may have
  been told; it is said aloud and nothing is touched.

Damage to the very last batch, with nothing written after its sync, cannot be told from a torn tail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.liveness import Liveness
from lictor_actors.journal.records import MAGIC, Located, UnknownKind, good_record
from lictor_actors.journal.segments import HEADER_SIZE, JournalTooNew, first_record, segment_name, segment_number
from lictor_messages.journal import JournalRecord


class JournalCorrupt(RuntimeError):
    """Records that were durable are damaged: ``name`` at ``offset``. Never repaired by cutting.

    A server must not go on with what is left: it may have voted, or acknowledged an entry, in the part that is lost.
    """

    def __init__(self, name: str, offset: int, why: str) -> None:
        super().__init__(
            f"{name} is damaged at byte {offset}: {why}. Look at it with `lictor debug journal`; "
            "to get the node back, empty its data directory: as a new server it fetches everything from the others"
        )
        self.name = name
        self.offset = offset


@dataclass(slots=True)
class Recovery:
    """What a scan found: the records to believe, and the place where the next one goes."""

    streams: dict[str, list[JournalRecord]] = field(default_factory=dict)
    liveness: Liveness = field(default_factory=Liveness)
    first_segment: int = 0
    """The oldest segment, 0 if there is none."""
    last: int = 0
    """Number of the last record believed."""
    segment: int = 0
    """The segment that ``last`` is in, 0 if there is none."""
    offset: int = 0
    torn: bool = False
    """True if something lies behind: it has to be cut before anything is written."""
    later: list[int] = field(default_factory=list)
    """Segments behind ``segment``: begun when the power failed, and begun again when their turn comes."""


def recover(disk: Disk) -> Recovery:
    """Read all segments. Raises JournalCorrupt, JournalTooNew, OSError."""
    numbers = sorted(n for n in map(segment_number, disk.list()) if n is not None)
    found = Recovery()
    for place, number in enumerate(numbers):
        data = disk.read(segment_name(number), 0)
        end = _read_segment(number, data, found)
        if end is None:
            found.later = numbers[place:]
            break
        found.segment, found.offset = number, end
        if place + 1 < len(numbers) and _is_full(disk, numbers[place + 1], found.last + 1):
            continue
        found.torn = not _is_zero(data, end)
        found.later = numbers[place + 1 :]
        break
    _refuse_corruption(disk, found)
    if numbers and numbers[0] > 1 and not found.streams:
        # Older segments go only when this one holds, durably, what is still needed of them.
        raise _corrupt(found, numbers[0], "nothing of it can be read, and the segments before it were dropped")
    return found


def _read_segment(number: int, data: bytes, found: Recovery) -> int | None:
    """Add the segment's records; returns where they end, None if the segment does not follow what came before."""
    first = first_record(number, data)
    if first is None or (found.segment and (first != found.last + 1 or number != found.segment + 1)):
        return None
    if not found.segment:
        found.last, found.first_segment = first - 1, number
    end = HEADER_SIZE
    while (located := _good(number, data, end)) and located.number == found.last + 1:
        found.streams.setdefault(located.stream, []).append(located.record)
        found.liveness.saw(number, located.stream, located.record)
        found.last, end = located.number, located.end
    return end


def _is_full(disk: Disk, following: int, expected: int) -> bool:
    """True if the next segment goes on where this one ended."""
    return first_record(following, disk.read(segment_name(following), 0, HEADER_SIZE)) == expected


def _refuse_corruption(disk: Disk, found: Recovery) -> None:
    """Raise if anything good behind the end proves that something there had been durable."""
    lost = found.last + 1
    places = [(found.segment, found.offset)] if found.torn else []
    for number, start in [*places, *((later, 0) for later in found.later)]:
        data = disk.read(segment_name(number), 0)
        first = first_record(number, data)
        if first is None and data[HEADER_SIZE:].strip(b"\0"):
            raise _corrupt(found, number, f"the header of {segment_name(number)} was durable before what follows it")
        if first is not None and first > lost:
            raise _corrupt(found, number, f"record {lost} was durable before {segment_name(number)} was begun")
        for offset, located in _good_records(number, data, start):
            # A segment's header is synced before its first record is written.
            if first is None or located.synced >= lost:
                here = f"{segment_name(number)}:{offset}"
                why = f"record {lost} was durable before record {located.number} was written ({here})"
                raise _corrupt(found, number, why)


def _corrupt(found: Recovery, number: int, why: str) -> JournalCorrupt:
    return JournalCorrupt(segment_name(found.segment or number), found.offset, why)


def _good_records(number: int, data: bytes, start: int) -> Iterator[tuple[int, Located]]:
    offset = data.find(MAGIC, start)
    while offset >= 0:
        located = _good(number, data, offset)
        if located:
            yield offset, located
        offset = data.find(MAGIC, located.end if located else offset + 1)


def _good(number: int, data: bytes, offset: int) -> Located | None:
    try:
        return good_record(number, data, offset)
    except UnknownKind as e:
        raise JournalTooNew(f"{segment_name(number)} at byte {offset}: {e}") from e


def _is_zero(data: bytes, start: int) -> bool:
    return data.count(0, start) == len(data) - start
