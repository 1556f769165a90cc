"""Which segments are still needed: those that hold anything a replay could not do without.

Segments go in their order, oldest first, so what stays is always a suffix of the journal. A segment may go when it
holds no log entry that its stream has not compacted, and lies before the beginning of its stream's last whole
snapshot. The cells in it are few and small: those still in force are written again before it goes.
"""

from __future__ import annotations

from lictor_messages.journal import Append, AppendMany, Cell, Compact, JournalRecord, SnapshotBegin, SnapshotEnd


class _Stream:
    """What one stream needs."""

    __slots__ = ("begun", "cells", "compacted", "highest", "snapshot")

    def __init__(self) -> None:
        self.compacted = 0
        self.highest: dict[int, int] = {}
        """Segment → the highest index of an entry in it."""
        self.begun = 0
        """Segment in which the snapshot that is not whole yet begins, 0 for none."""
        self.snapshot = 0
        """Segment in which the last whole snapshot begins, 0 for none."""
        self.cells: dict[str, tuple[int, Cell]] = {}
        """Name → segment and value; only those in force."""

    def saw(self, segment: int, record: JournalRecord) -> None:
        match record:
            case Append():
                self._entry(segment, record.index)
            case AppendMany():
                self._entry(segment, record.index + len(record.bodies) - 1)
            case Cell(data=b""):
                self.cells.pop(record.name, None)
            case Cell():
                self.cells[record.name] = (segment, record)
            case SnapshotBegin():
                self.begun = segment
            case SnapshotEnd():
                self.snapshot, self.begun = self.begun, 0
            case Compact():
                self.compacted = max(self.compacted, record.upto)

    def _entry(self, segment: int, index: int) -> None:
        self.highest[segment] = max(index, self.highest.get(segment, 0))

    def first_needed(self, end: int) -> int:
        log = min((segment for segment, index in self.highest.items() if index > self.compacted), default=end)
        return min(log, *(segment for segment in (self.snapshot, self.begun, end) if segment))


class Liveness:
    """Kept up to date with every record that is read or written."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}

    def saw(self, segment: int, stream: str, record: JournalRecord) -> None:
        """This record stands in this segment."""
        known = self._streams.get(stream)
        if known is None:
            known = self._streams[stream] = _Stream()
        known.saw(segment, record)

    def first_needed(self, current: int) -> int:
        """The oldest segment that has to stay; ``current`` always does."""
        return min((stream.first_needed(current) for stream in self._streams.values()), default=current)

    def cells_before(self, segment: int) -> list[tuple[str, Cell]]:
        """Cells in force, with their streams, that stand in older segments than this one."""
        return [
            (name, cell)
            for name, stream in self._streams.items()
            for place, cell in stream.cells.values()
            if place < segment
        ]

    def dropped_before(self, segment: int) -> None:
        """Older segments than this one are gone."""
        for stream in self._streams.values():
            stream.highest = {place: index for place, index in stream.highest.items() if place >= segment}
