"""A real disk that can be made to lose what was not synced, as if the machine's power had failed.

The operating system keeps what a process wrote, however it ends. So this disk notes, while it is told to, what each
unsynced write replaced; a power cut takes those writes back, or leaves a torn part of them, and ends the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from threading import RLock

from lictor_actors.journal.disk import Disk
from lictor_actors.journal.torn import surviving


@dataclass(frozen=True, slots=True)
class _Written:
    """One change to a file, and how to take it back."""

    name: str
    offset: int
    data: bytes | None
    """None: the file was cut, or grew, to ``offset`` bytes."""
    before: bytes
    """What stood there, without the zeros at its end: preallocated room costs nothing."""
    room: int
    """How many bytes stood there."""
    size: int
    """Of the file before."""


class LosingDisk:
    """The six verbs, passed on. As long as nothing asks for it, nothing is noted."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._noting = self._lied_to = False
        self._unsynced: list[_Written] = []
        self._cut: Callable[[], None] | None = None
        # A slow disk is synced in a thread, while the loop goes on writing.
        self._lock = RLock()

    def expect_lies(self, lies: bool) -> None:
        """The disk in front of this one keeps syncs from it: note what is written from now on."""
        with self._lock:
            self._lied_to = lies
            self._noting = lies or bool(self._unsynced) or self._cut is not None

    def cut_power(self, rng: Random | None, die: Callable[[], None]) -> None:
        """From now on the power is about to fail: in the middle of the next sync, or at ``strike``.

        With ``rng`` parts of what was not synced survive, without it nothing. ``die`` must not return.
        """
        with self._lock:
            self._noting = True
            self._cut = lambda: self._lose(rng, die)

    def strike(self) -> None:
        """The power fails now, if ``cut_power`` was called."""
        with self._lock:
            if self._cut is not None:
                self._cut()

    @property
    def where(self) -> str:
        """As on the disk."""
        return self._disk.where

    # -- the six verbs -------------------------------------------------------

    def read(self, name: str, offset: int, size: int | None = None) -> bytes:
        """As on the disk."""
        return self._disk.read(name, offset, size)

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Noted if need be."""
        with self._lock:
            if self._noting:
                self._note(name, offset, bytes(data), len(data))
            self._disk.write_at(name, offset, data)

    def sync(self, name: str) -> None:
        """What was written is safe … unless the power fails right here."""
        if self._cut is not None:
            self.strike()
        self._disk.sync(name)
        if self._noting:
            with self._lock:
                self._unsynced = [change for change in self._unsynced if change.name != name]
                self.expect_lies(self._lied_to)

    def truncate(self, name: str, size: int) -> None:
        """Noted if need be."""
        with self._lock:
            if self._noting:
                self._note(name, size, None, self._disk.list().get(name, 0) - size)
            self._disk.truncate(name, size)

    def rename(self, old: str, new: str) -> None:
        """Durable at once."""
        with self._lock:
            self._disk.rename(old, new)
            kept = [change for change in self._unsynced if change.name != new]
            self._unsynced = [replace(change, name=new) if change.name == old else change for change in kept]

    def list(self) -> Mapping[str, int]:
        """As on the disk."""
        return self._disk.list()

    # -- inside --------------------------------------------------------------

    def _note(self, name: str, offset: int, data: bytes | None, room: int) -> None:
        size = self._disk.list().get(name, 0)
        room = max(0, min(room, size - offset))
        before = self._disk.read(name, offset, room).rstrip(b"\0") if room else b""
        self._unsynced.append(_Written(name, offset, data, before, room, size))

    def _lose(self, rng: Random | None, die: Callable[[], None]) -> None:
        for change in reversed(self._unsynced):
            self._disk.truncate(change.name, change.size)
            if change.room:
                self._disk.write_at(change.name, change.offset, change.before.ljust(change.room, b"\0"))
        if rng is not None:
            self._tear(rng)
        self._unsynced.clear()
        die()

    def _tear(self, rng: Random) -> None:
        for change in self._unsynced:
            for offset, data in surviving(change.offset, change.data, rng):
                if data is None:
                    self._disk.truncate(change.name, offset)
                else:
                    self._disk.write_at(change.name, offset, data)
