"""Where a machine's journal streams stand."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lictor_messages.journal import JournalRecord


class Shelf:
    """Streams of records, of which the last few may not be synced."""

    def __init__(self) -> None:
        self._records: list[tuple[str, JournalRecord]] = []
        self._synced = 0

    def read(self, stream: str) -> list[JournalRecord]:
        """All records of the stream, in order."""
        return [record for name, record in self._records if name == stream]

    def append(self, stream: str, records: Sequence[JournalRecord]) -> None:
        """Write without a sync."""
        self._records.extend((stream, record) for record in records)

    def sync(self) -> None:
        """From here on everything written stays."""
        self._synced = len(self._records)

    def crash(self, rng: Random) -> None:
        """Lose any tail of what was not synced."""
        del self._records[rng.randint(self._synced, len(self._records)) :]
        self._synced = len(self._records)

    def wipe(self) -> None:
        """A new disk."""
        self._records.clear()
        self._synced = 0
