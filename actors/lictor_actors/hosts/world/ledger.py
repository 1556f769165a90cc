"""A machine's journal in virtual time: one sync for everything written meanwhile, and it takes its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from lictor_messages.journal import JournalRecord

from lictor_actors.hosts.world.shelf import Shelf

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
    """Implements ``Ledger``: what arrives while a sync is under way waits for the next one (group commit)."""

    def __init__(self, shelf: Shelf, speed: DiskSpeed, rng: Random, later: Later) -> None:
        self._shelf = shelf
        self._speed = speed
        self._rng = rng
        self._later = later
        self._waiting: list[_Write] = []
        self._syncing: list[_Write] = []
        self._dead = False

    def recovered(self, stream: str) -> list[JournalRecord]:
        """What the stream holds."""
        return self._shelf.read(stream)

    def write(self, stream: str, records: Sequence[JournalRecord], written: Written) -> None:
        """Append with the next sync, then call ``written``."""
        self._waiting.append(_Write(stream, tuple(records), written))
        if not self._syncing:
            self._begin()

    def write_unsynced(self, stream: str, records: Sequence[JournalRecord]) -> None:
        """Append; a later sync takes it along."""
        self._shelf.append(stream, records)

    def close_life(self, stream: str) -> None:
        """Put what the life still had waiting onto the disk, and forget its notices."""
        if self._dead:
            return
        for write in self._waiting:
            if write.stream == stream:
                self._shelf.append(stream, write.records)
        self._shelf.sync()
        self._waiting = [w for w in self._waiting if w.stream != stream]
        self._syncing = [w._replace(written=_nothing) if w.stream == stream else w for w in self._syncing]

    def crash(self) -> None:
        """Power cut: what was not synced may be lost from any byte on."""
        self._dead = True
        self._shelf.crash(self._rng)

    def _begin(self) -> None:
        self._syncing, self._waiting = self._waiting, []
        for write in self._syncing:
            self._shelf.append(write.stream, write.records)
        self._later(self._rng.randint(self._speed.sync_min_ns, self._speed.sync_max_ns), self._synced)

    def _synced(self) -> None:
        if self._dead:
            return
        self._shelf.sync()
        done, self._syncing = self._syncing, []
        if self._waiting:
            self._begin()
        for write in done:
            write.written()


def _nothing() -> None:
    """The notice of a life that has ended."""
