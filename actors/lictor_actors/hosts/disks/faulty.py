"""A disk that does what fault rules say, in front of one that does not: the same live and in the world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from errno import EIO, ENOSPC
from random import Random

from lictor_actors.journal.disk import Disk
from lictor_messages.faults import DiskRule


class Trouble:
    """The disk rules in force for one node; it outlives the disk and the process."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._rules: tuple[DiskRule, ...] = ()
        self.lied = False
        """True once a sync was kept from the disk: after a power cut, files may lack what they promise."""

    def set_rules(self, rules: Iterable[DiskRule]) -> None:
        """These are in force from now on, and no others."""
        self._rules = tuple(rules)

    @property
    def fails(self) -> bool:
        """True while writes may be refused."""
        return any(rule.effect in ("full", "error") for rule in self._rules)

    @property
    def lies(self) -> bool:
        """True while syncs are kept from the disk."""
        return any(rule.effect == "lie" for rule in self._rules)

    def hit(self, effect: str) -> bool:
        """Draw whether some rule with this effect strikes now."""
        return any(rule.effect == effect and self._draw(rule) for rule in self._rules)

    def latency_ns(self) -> int:
        """How much longer this sync takes; several slow rules add up."""
        return sum(rule.latency_ns for rule in self._rules if rule.effect == "slow" and self._draw(rule))

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _draw(self, rule: DiskRule) -> bool:
        return rule.probability >= 1.0 or self._rng.random() < rule.probability


class FaultyDisk:
    """The six verbs, spoilt. ``wait`` lets a slow sync take its nanoseconds; None: the ledger sees to that."""

    def __init__(self, disk: Disk, trouble: Trouble, wait: Callable[[int], None] | None = None) -> None:
        self._disk = disk
        self._trouble = trouble
        self._wait = wait

    @property
    def where(self) -> str:
        """As on the disk."""
        return self._disk.where

    def read(self, name: str, offset: int, size: int | None = None) -> bytes:
        """Reading is never spoilt: what a bit flip did is in the file itself."""
        return self._disk.read(name, offset, size)

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Fails on a bad disk; on a full one if the file would grow."""
        if self._trouble:
            self._refuse(name, offset + len(data))
        self._disk.write_at(name, offset, data)

    def sync(self, name: str) -> None:
        """Fails on a bad disk, takes long on a slow one, does nothing on one that lies."""
        if self._trouble:
            if self._trouble.hit("error"):
                raise OSError(EIO, "cannot sync: injected", name)
            if self._wait is not None:
                self._wait(self._trouble.latency_ns())
            if self._trouble.hit("lie"):
                self._trouble.lied = True
                return
        self._disk.sync(name)

    def truncate(self, name: str, size: int) -> None:
        """Fails on a bad disk; on a full one if the file would grow."""
        if self._trouble:
            self._refuse(name, size)
        self._disk.truncate(name, size)

    def rename(self, old: str, new: str) -> None:
        """Needs no room."""
        self._disk.rename(old, new)

    def list(self) -> Mapping[str, int]:
        """All files with their sizes."""
        return self._disk.list()

    def _refuse(self, name: str, end: int) -> None:
        if self._trouble.hit("error"):
            raise OSError(EIO, "cannot write: injected", name)
        if self._trouble.hit("full") and end > self._disk.list().get(name, 0):
            raise OSError(ENOSPC, "cannot write: the disk is full (injected)", name)
