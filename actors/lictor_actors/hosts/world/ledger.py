"""A machine's journal in virtual time: one sync for everything written meanwhile, and it takes its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from lictor_actors.hosts.disks.faulty import FaultyDisk, Trouble
from lictor_actors.journal.journal import Journal, JournalFull
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.journal import JournalRecord

TRY_ROOM_EVERY_NS = 1_000_000_000
"""How often a full disk is asked for room."""

Later = Callable[[int, Callable[[], None]], object]
Written = Callable[[], None]


@dataclass(frozen=True, slots=True)
class DiskSpeed:
    """How long one sync takes."""

    sync_min_ns: int = 100_000
    sync_max_ns: int = 500_000


class _Write(NamedTuple):
    stream: str
    records: tuple[JournalRecord, ...]
    written: Written


class WorldLedger:
    """Implements ``Ledger``: what arrives while a sync is under way waits for the next one (group commit).

    Records go to the disk when their sync begins and are durable when it ends, so that a power cut in between finds
    them half written. ``failed`` is called once, when the disk refuses.
    """

    def __init__(
        self,
        disk: MemoryDisk,
        speed: DiskSpeed,
        rng: Random,
        later: Later,
        failed: Callable[[OSError], None],
        trouble: Trouble,
        full: Callable[[OSError | None], None] = lambda _: None,
    ) -> None:
        self.speed = speed
        self._journal = Journal.open(FaultyDisk(disk, trouble))
        self._trouble = trouble
        self._disk = disk
        self._rng = rng
        self._later = later
        self._failed = failed
        self._tell_full = full
        self._full: OSError | None = None
        self._told = False
        self._waiting: list[_Write] = []
        self._syncing: list[_Write] = []
        self._dead = False

    @property
    def dead(self) -> bool:
        """True once nothing is written any more: the disk has refused, or the process is gone."""
        return self._dead

    def recovered(self, stream: str) -> list[JournalRecord]:
        """What the stream holds, all of it durable."""
        return list(self._journal.recovered(stream))

    def write(self, stream: str, records: Sequence[JournalRecord], written: Written) -> None:
        """Append with the next sync, then call ``written``."""
        if self._dead:
            return
        self._waiting.append(_Write(stream, tuple(records), written))
        if not self._syncing and self._full is None:
            self._begin()

    def close_life(self, stream: str) -> None:
        """Put what the life still had waiting onto the disk, and forget its notices."""
        for write in self._waiting:
            if write.stream == stream:
                self._append(stream, write.records)
        self._waiting = [w for w in self._waiting if w.stream != stream]
        self._syncing = [w._replace(written=_nothing) if w.stream == stream else w for w in self._syncing]

    def abandon(self) -> None:
        """The process is gone: nothing more is written, and no actor is told."""
        self._dead = True

    def finish(self) -> None:
        """The process ends in good order: sync what it wrote."""
        if not self._dead:
            self._or_fail(self._journal.sync)
        self.abandon()

    def crash(self, torn: bool = True) -> None:
        """Power cut: what was not synced may be lost or torn at any byte; not ``torn``: all of it is lost."""
        self.abandon()
        self._disk.crash(self._rng, torn)

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, []
        for place, write in enumerate(waiting):
            left = self._append(write.stream, write.records)
            if left:
                self._waiting = [write._replace(records=tuple(left)), *waiting[place + 1 :]]
                break
            self._syncing.append(write)
        takes = self._rng.randint(self.speed.sync_min_ns, self.speed.sync_max_ns)
        self._later(takes + self._trouble.latency_ns(), self._synced)

    def _append(self, stream: str, records: Sequence[JournalRecord]) -> Sequence[JournalRecord]:
        """Returns what found no room."""
        if self._dead:
            return ()
        try:
            self._journal.write(stream, records)
        except JournalFull as full:
            self._wait_for_room(full)
            return full.left
        except OSError as error:
            self._fail(error)
        return ()

    def _wait_for_room(self, full: OSError) -> None:
        self._full = full
        if not self._told:
            self._told = True
            self._tell_full(full)
        self._later(TRY_ROOM_EVERY_NS, self._try_again)

    def _try_again(self) -> None:
        if self._dead:
            return
        self._full = None
        if not self._syncing:
            self._begin()
        if self._full is None:
            self._told = False
            self._tell_full(None)

    def _synced(self) -> None:
        if not self._dead:
            self._or_fail(self._journal.sync)
        if self._dead:
            return
        done, self._syncing = self._syncing, []
        if self._waiting and self._full is None:
            self._begin()
        for write in done:
            write.written()

    def _or_fail(self, do: Callable[[], None]) -> None:
        try:
            do()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._dead = True
        self._failed(error)


def _nothing() -> None:
    """The notice of a life that has ended."""
