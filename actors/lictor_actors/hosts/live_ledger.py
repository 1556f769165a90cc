"""The journal of a live node: everything written in one tick shares one sync (group commit)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.journal import Journal
from lictor_messages.journal import JournalRecord

ON_LOOP_MAX_S = 0.0005
"""Syncs stay on the loop while they take less than this: a thread costs more than a fast disk."""
SLOW_SYNC_S = 0.1


class LiveLedger:
    """One node's journal on a real disk."""

    def __init__(
        self,
        disk: Disk,
        loop: asyncio.AbstractEventLoop,
        dirty: Callable[[LiveLedger], None],
        failed: Callable[[OSError], None],
        count: Callable[[str], None],
    ) -> None:
        self._disk = disk
        self._loop = loop
        self._dirty = dirty
        self._failed = failed
        self._count = count
        self._journal = Journal.open(disk)
        self._waiting: list[Callable[[], None]] = []
        self._syncing: asyncio.Future[float] | None = None
        self._usual_s = 0.0
        self._stale = False
        self._broken = False

    def recovered(self, stream: str) -> list[JournalRecord]:
        """The stream as it stands on disk."""
        if self._stale:
            # The journal that is opened next does not know what this one has yet to sync.
            self._journal.sync()
            self._journal = Journal.open(self._disk)
            self._stale = False
        return list(self._journal.recovered(stream))

    def write(self, stream: str, records: Sequence[JournalRecord], written: Callable[[], None]) -> None:
        """Append; ``written`` is called after the sync that covers it."""
        if self._append(stream, records):
            self._waiting.append(written)
            self._dirty(self)

    def write_unsynced(self, stream: str, records: Sequence[JournalRecord]) -> None:
        """Append and leave the rest to the kernel."""
        self._append(stream, records)

    def close_life(self, stream: str) -> None:
        """The next life reads the journal afresh; the old life's notices find nobody."""
        self._stale = True

    def flush(self) -> None:
        """Sync what this tick wrote, on the loop if the disk is quick, else in a thread."""
        if not self._waiting or self._syncing is not None or self._broken:
            return
        waiting, self._waiting = self._waiting, []
        if self._usual_s < ON_LOOP_MAX_S:
            try:
                took = self._sync()
            except OSError as error:
                self._break(error)
                return
            self._synced(took, waiting)
            return
        self._syncing = self._loop.run_in_executor(None, self._sync)
        self._syncing.add_done_callback(lambda future: self._synced_in_thread(future, waiting))

    async def close(self) -> None:
        """Finish the sync that is under way and leave the files as they are."""
        if self._syncing is not None:
            await asyncio.wait([self._syncing])
        if not self._broken:
            self._journal.sync()

    def _append(self, stream: str, records: Sequence[JournalRecord]) -> bool:
        if self._broken:
            return False
        try:
            self._journal.write(stream, records)
        except OSError as error:
            self._break(error)
            return False
        return True

    def _sync(self) -> float:
        started = time.perf_counter()
        self._journal.sync()
        return time.perf_counter() - started

    def _synced_in_thread(self, future: asyncio.Future[float], waiting: list[Callable[[], None]]) -> None:
        self._syncing = None
        error = future.exception()
        if isinstance(error, OSError):
            self._break(error)
            return
        self._synced(future.result(), waiting)
        if self._waiting:
            self._dirty(self)

    def _synced(self, took: float, waiting: list[Callable[[], None]]) -> None:
        self._usual_s += (took - self._usual_s) / 8
        if took > SLOW_SYNC_S:
            self._count("slow_syncs")
        for written in waiting:
            written()

    def _break(self, error: OSError) -> None:
        # A failed sync is never tried again: what the kernel dropped it would report as written.
        self._broken = True
        self._failed(error)
