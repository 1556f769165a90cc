"""The journal of one node: written in order, synced in batches, read back after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from errno import EDQUOT, ENOSPC

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.liveness import Liveness
from lictor_actors.journal.records import packed
from lictor_actors.journal.recovery import OLDEST, OWN, Recovery, recover
from lictor_actors.journal.segments import (
    BEGUN,
    CONTINUED,
    CONTINUED_AT,
    HEADER_SIZE,
    SPARE,
    pack_header,
    segment_name,
)
from lictor_messages.journal import Cell, Compact, JournalRecord

NO_ROOM = (ENOSPC, EDQUOT)
SEGMENT_BYTES = 16 * 1024 * 1024
FIRST_SEGMENT_BYTES = 256 * 1024
"""Each segment is twice as large as the one before, up to SEGMENT_BYTES: an agent writes little and reserves little."""


class JournalFailed(OSError):
    """A write or sync failed before. What is on disk is unknown, and a second sync may lie, so nothing goes on."""


class JournalFull(OSError):
    """The disk has no room for another segment. Nothing is torn: ``left`` can be written again when there is room."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.errno, cause.strerror, cause.filename)
        self.left: Sequence[JournalRecord] = ()
        """The records that were not written; those before them were."""


class Journal:
    """Streams of records in one sequence of segments.

    ``write`` belongs to one thread. ``sync`` may run in another one meanwhile: it covers what was written before it
    began. Only the last segment ever has unsynced bytes, since a full one is synced before the next begins.

    Segments that hold nothing that is needed any more are dropped by a later ``write``, once everything that makes
    them superfluous is durable.
    """

    def __init__(self, disk: Disk, segment_bytes: int) -> None:
        self._disk = disk
        self._segment_bytes = segment_bytes
        self._recovered: dict[str, list[JournalRecord]] | None = None
        self._outdated: dict[str, None] = {}
        """Streams that were written since they were read."""
        self._liveness = Liveness()
        self._oldest = 1
        """The first segment that is still on the disk."""
        self._doomed: tuple[int, int] | None = None
        """(segment, number): what is older than the segment goes once record ``number`` is durable."""
        self._begun = False
        """True once the first segment is marked as durable."""
        self._segment = 0
        self._offset = 0
        self._room = 0
        self._written = 0
        self._synced = 0
        self._failure: OSError | None = None

    @classmethod
    def open(cls, disk: Disk, segment_bytes: int = SEGMENT_BYTES) -> Journal:
        """Read the journal, cut a torn tail, make the rest durable.

        Raises JournalCorrupt (nothing was touched), JournalTooNew, OSError.
        """
        journal = cls(disk, segment_bytes)
        journal._open()
        return journal

    @property
    def written(self) -> int:
        """Number of the last record written."""
        return self._written

    @property
    def synced(self) -> int:
        """Number up to which every record is durable."""
        return self._synced

    def recovered(self, stream: str) -> list[JournalRecord]:
        """The stream as a crash at this moment would leave it at best: all durable, ready to be replayed."""
        if self._recovered is None or stream in self._outdated:
            self.sync()
            self._recovered = recover(self._disk).streams
            self._outdated.clear()
        return self._recovered.get(stream, [])

    def forget(self) -> None:
        """Free what ``recovered`` returned; it is read again from the disk if it is asked for again."""
        self._recovered = None

    def write(self, stream: str, records: Sequence[JournalRecord]) -> None:
        """Add records to a stream; durable after the next ``sync``.

        Raises JournalFull, which may pass; any other OSError, and JournalFailed from then on.
        """
        self._outdated[stream] = None
        self._guard()
        try:
            self._drop_doomed()
            self._write(stream, records)
        except JournalFull:
            raise
        except OSError as e:
            self._failure = e
            raise

    def sync(self) -> None:
        """Make everything written so far durable. Raises OSError, and JournalFailed from then on: never retried."""
        self._guard()
        upto, segment = self._written, self._segment  # in this order: a new segment may begin in between
        if upto == self._synced:
            return
        try:
            self._disk.sync(segment_name(segment))
        except OSError as e:
            self._failure = e
            raise
        self._synced = max(self._synced, upto)

    def _guard(self) -> None:
        if self._failure:
            raise JournalFailed(self._failure.errno, f"the journal failed before: {self._failure}") from self._failure

    def _open(self) -> None:
        found = recover(self._disk)
        self._recovered = found.streams
        self._written = self._synced = found.last
        self._liveness = found.liveness
        self._oldest = found.first_segment or 1
        self._begun = found.begun
        self._segment, self._offset = found.segment, found.offset
        if found.segment:
            self._resume(segment_name(found.segment), found)

    def _resume(self, name: str, found: Recovery) -> None:
        """What was read may still be in the operating system's memory only: sync before it is relied on."""
        # An older version did not note the size: the first write begins a segment that says it.
        self._room = self._disk.list()[name] if found.room else found.offset
        if found.torn:
            # Overwritten rather than cut: a crash must find the file at its size, and not the old tail again.
            tail = self._disk.read(name, found.offset).rstrip(b"\0")
            self._disk.write_at(name, found.offset, bytes(len(tail)))
        self._disk.sync(name)
        if found.segment > found.first_segment:
            self._mark_continued(found.segment - 1, marked=found.previous_marked)
        with suppress(JournalFull):  # the first segment is long durable; the next roll marks it
            self._mark_begun()

    def _write(self, stream: str, records: Sequence[JournalRecord]) -> None:
        before = self._segment
        self._append(stream, records)
        if self._segment != before or any(isinstance(record, Compact) for record in records):
            with suppress(JournalFull):  # nothing can be dropped now; the next segment is the next occasion
                self._doom()

    def _append(self, stream: str, records: Sequence[JournalRecord]) -> None:
        batch: list[bytes] = []
        start = offset = self._offset
        for number, record in enumerate(records):
            data = self._pack(offset, len(batch), stream, record)
            if offset + len(data) > self._room:
                self._put(start, batch)
                try:
                    self._roll(len(data))
                except JournalFull as full:
                    full.left = records[number:]
                    raise
                batch, start = [], self._offset
                data = self._pack(start, 0, stream, record)
                offset = start
            batch.append(data)
            self._liveness.saw(self._segment, stream, record)
            offset += len(data)
        self._put(start, batch)

    def _pack(self, offset: int, ahead: int, stream: str, record: JournalRecord) -> bytes:
        return packed(self._segment, offset, self._written + ahead + 1, self._synced, stream, record)

    def _put(self, start: int, batch: list[bytes]) -> None:
        if batch:
            data = b"".join(batch)
            self._disk.write_at(segment_name(self._segment), start, data)
            self._offset = start + len(data)
            self._written += len(batch)

    def _doom(self) -> None:
        """Look for segments that nothing needs; first write the cells again that stand nowhere else."""
        self._drop_doomed()
        needed = self._liveness.first_needed(self._segment)
        if needed <= self._oldest:
            return
        for stream, cell in self._liveness.cells_before(needed):
            if stream != OWN:
                self._append(stream, [cell])
        self._append(OWN, [Cell(name=OLDEST, data=needed.to_bytes(8, "big"))])
        self._doomed = needed, self._written

    def _drop_doomed(self) -> None:
        """Oldest first, so that a crash in between leaves a suffix. One spare name takes them all: the next ends it."""
        if self._doomed is None or self._doomed[1] > self._synced:
            return
        (needed, _), self._doomed = self._doomed, None
        while self._oldest < needed:
            self._disk.rename(segment_name(self._oldest), SPARE)
            self._oldest += 1
        self._disk.truncate(SPARE, 0)
        self._liveness.dropped_before(needed)

    def _roll(self, size: int) -> None:
        """Begin the next segment, large enough for one record of this size.

        The mark that makes it due is the last step: until then recovery takes it for one that was never finished.
        """
        if self._segment:
            self._mark_begun()  # if there was no room for it when the journal of an older version was opened
            self._disk.sync(segment_name(self._segment))
            self._synced = self._written
        number = self._segment + 1
        usual = min(self._segment_bytes, FIRST_SEGMENT_BYTES << min(self._segment, 16))
        room = self._reserve(segment_name(number), usual, HEADER_SIZE + size)
        self._disk.write_at(segment_name(number), 0, pack_header(number, self._written + 1, room))
        self._disk.sync(segment_name(number))
        if self._segment:
            self._mark_continued(self._segment)
        else:
            self._mark_begun()
        self._segment, self._offset, self._room = number, HEADER_SIZE, room

    def _mark_continued(self, number: int, *, marked: bool = False) -> None:
        """The next segment is durable, and may not be missing from now on."""
        if not marked:
            self._disk.write_at(segment_name(number), CONTINUED_AT, CONTINUED)
        self._disk.sync(segment_name(number))

    def _mark_begun(self) -> None:
        """The first segment is durable, and may not be missing from now on."""
        if self._begun:
            return
        try:
            self._disk.truncate(BEGUN, 0)
            self._disk.sync(BEGUN)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise JournalFull(error) from error
        self._begun = True

    def _reserve(self, name: str, usual: int, least: int) -> int:
        """Make the file; its size, which a disk that is nearly full makes smaller than usual."""
        room, least = max(usual, least), max(min(usual, FIRST_SEGMENT_BYTES), least)
        while (full := self._refusal(name, room)) is not None:
            if room == least:
                raise JournalFull(full) from full
            room = max(room // 2, least)
        return room

    def _refusal(self, name: str, room: int) -> OSError | None:
        """What the disk says if it has not so much room; None once it is reserved."""
        try:
            self._disk.truncate(name, room)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            with suppress(OSError):
                self._disk.truncate(name, 0)  # others need the room too
            return error
        return None
