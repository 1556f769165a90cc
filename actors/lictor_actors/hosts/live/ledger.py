"""The journal of a live node: everything written in one tick shares one sync (group commit)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.journal import Journal, JournalFull
from lictor_actors.kernel.life import NOT_SAMPLED, Samples
from lictor_messages.journal import JournalRecord

ON_LOOP_MAX_S = 0.004
"""Syncs stay on the loop while they usually take less than this: a thread costs more, mostly waits for the GIL."""
TRY_LOOP_EVERY = 64
"""So many syncs in a thread, then one on the loop again: only there is the disk itself measured."""
TRY_LOOP_BELOW_S = 0.01
"""But not while even a sync in a thread takes longer than this."""
SLOW_SYNC_S = 0.1
TRY_ROOM_EVERY_S = 1.0
"""How often a full disk is asked for room."""


class LiveLedger:
    """One node's journal on a real disk."""

    def __init__(
        self,
        disk: Disk,
        loop: asyncio.AbstractEventLoop,
        dirty: Callable[[LiveLedger], None],
        failed: Callable[[OSError], None],
        count: Callable[[str], None],
        full: Callable[[OSError | None], None] = lambda _: None,
        samples: Samples = NOT_SAMPLED,
    ) -> None:
        self._disk = disk
        self._loop = loop
        self._dirty = dirty
        self._failed = failed
        self._count = count
        self._samples = samples
        self._tell_full = full
        """Called when the disk is full, and with None when it has room again."""
        self._full: OSError | None = None
        self._told = False
        self._journal = Journal.open(disk)
        self._unwritten: dict[str, list[JournalRecord]] = {}
        """What this tick wrote, by stream: one write to the disk for all of it."""
        self._waiting: dict[str, Callable[[], None]] = {}
        """By stream: the last write of a stream covers those before it."""
        self._syncing: asyncio.Future[float] | None = None
        self._usual_s = self._usual_in_thread_s = 0.0
        self._in_thread = 0
        self._stale = False
        self._broken = False

    def recovered(self, stream: str) -> list[JournalRecord]:
        """The stream as it stands on disk."""
        if self._stale:
            self._hand_over()
            self._unwritten.pop(stream, None)  # of a full disk: no actor was promised that
            # The journal that is opened next does not know what this one has yet to sync.
            self._journal.sync()
            self._journal = Journal.open(self._disk)
            self._stale = False
        return list(self._journal.recovered(stream))

    def write(self, stream: str, records: Sequence[JournalRecord], written: Callable[[], None]) -> None:
        """Append at the end of the tick; ``written`` is called after the sync that covers it."""
        if not self._broken:
            self._waiting[stream] = written
            self._unwritten.setdefault(stream, []).extend(records)
            self._dirty(self)

    def close_life(self, stream: str) -> None:
        """The next life reads the journal afresh; the old life's notices are dropped."""
        self._stale = True

    def flush(self) -> None:
        """Write and sync what this tick brought, on the loop if the disk is quick, else in a thread."""
        self._hand_over()
        if not self._waiting or self._syncing is not None or self._broken or self._full is not None:
            return
        waiting, self._waiting = self._waiting, {}
        if self._quick():
            try:
                took = self._sync()
            except OSError as error:
                self._break(error)
                return
            self._in_thread = 0
            # A single stall says little about the disk.
            self._usual_s += (min(took, 2 * ON_LOOP_MAX_S) - self._usual_s) / 8
            self._synced(took, waiting)
            return
        self._in_thread += 1
        self._syncing = self._loop.run_in_executor(None, self._sync)
        self._syncing.add_done_callback(lambda future: self._synced_in_thread(future, waiting))

    @property
    def broken(self) -> bool:
        """True once the disk has refused: nothing is written any more."""
        return self._broken

    def reopen(self) -> None:
        """Fault healed: the disk takes writes again; what the last life had not synced is on it, or gone."""
        self._journal = Journal.open(self._disk)
        self._waiting.clear()
        self._full = None
        self._told = self._broken = self._stale = False

    async def close(self) -> None:
        """Finish the sync that is under way and leave the files as they are."""
        if self._syncing is not None:
            await asyncio.wait([self._syncing])
        self._hand_over()
        if not self._broken:
            self._journal.sync()

    def _hand_over(self) -> None:
        if self._full is not None:
            return
        unwritten, self._unwritten = self._unwritten, {}
        while unwritten:
            stream = next(iter(unwritten))
            try:
                self._journal.write(stream, unwritten.pop(stream))
            except JournalFull as full:
                self._unwritten = {stream: list(full.left), **unwritten}
                self._wait_for_room(full)
                return
            except OSError as error:
                self._break(error)
                return

    def _wait_for_room(self, full: OSError) -> None:
        """Nothing is torn, so everything goes on once there is room: until then nothing is reported as durable."""
        self._full = full
        if not self._told:
            self._told = True
            self._count("disk_full")
            self._tell_full(full)
        self._loop.call_later(TRY_ROOM_EVERY_S, self._try_again)

    def _try_again(self) -> None:
        if self._broken:
            return
        self._full = None
        self._hand_over()
        if self._full is None:
            self._told = False
            self._tell_full(None)
            self._dirty(self)

    def _quick(self) -> bool:
        if self._usual_s < ON_LOOP_MAX_S:
            return True
        return self._usual_in_thread_s < TRY_LOOP_BELOW_S and self._in_thread % TRY_LOOP_EVERY == TRY_LOOP_EVERY - 1

    def _sync(self) -> float:
        started = time.perf_counter()
        self._journal.sync()
        return time.perf_counter() - started

    def _synced_in_thread(self, future: asyncio.Future[float], waiting: dict[str, Callable[[], None]]) -> None:
        self._syncing = None
        error = future.exception()
        if isinstance(error, OSError):
            self._break(error)
            return
        took = future.result()
        self._usual_in_thread_s += (took - self._usual_in_thread_s) / 8
        self._synced(took, waiting)
        if self._waiting:
            self._dirty(self)

    def _synced(self, took: float, waiting: dict[str, Callable[[], None]]) -> None:
        self._samples["lictor.fsync_seconds"].append(took)
        if took > SLOW_SYNC_S:
            self._count("slow_syncs")
        for written in waiting.values():
            written()

    def _break(self, error: OSError) -> None:
        # A failed sync is never tried again: what the kernel dropped it would report as written.
        self._broken = True
        self._failed(error)
