"""A snapshot on its way in: its parts come as log entries, and are read as they come.

Reading each part when it is applied keeps turns short: what is left for the last command is to put the new store in
place. The parts themselves stay too, because a server may join, or restart from a snapshot of its own, in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lictor_actors.store.snapshot.frames import SnapshotRefused
from lictor_actors.store.snapshot.thaw import Thaw
from lictor_messages.answers import Written
from lictor_messages.refusals import Refused
from lictor_messages.snapshots import RestoreStaged, StageRestore

if TYPE_CHECKING:
    from lictor_actors.store.store import Store

KEPT_NS = 600_000_000_000
"""Log time after which parts whose sender has gone silent are dropped."""


class Staged:
    """At most one snapshot at a time: who begins another one takes its place."""

    def __init__(self, empty: Callable[[], Store]) -> None:
        self.id = ""
        self.until = 0
        """Log time, in nanoseconds, after which the parts are dropped."""
        self.parts: list[bytes] = []
        self.restored = ""
        """The restore that was done last: asked for again, it is done already."""
        self._empty = empty
        self._now = 0
        self._thaw: Thaw | None = None
        self._digest = hashlib.sha256()
        self._refused = ""

    def __bool__(self) -> bool:
        return bool(self.id)

    def expire(self, at_ns: int) -> None:
        """An entry of this log time is about to be applied."""
        self._now = at_ns
        if self.id and at_ns > self.until:
            self.clear()

    def stage(self, command: StageRestore, index: int) -> Written | Refused:
        """Keep one part; repeats are fine."""
        if command.part == 0 and command.id != self.id:
            self.clear()
            self.id = command.id
        if command.id != self.id or command.part > len(self.parts):
            return _invalid("another restore took its place")
        self.until = self._now + KEPT_NS
        if command.part == len(self.parts):
            self._take(command.data)
        return Written(index=index)

    def thawed(self, command: RestoreStaged) -> Store | Refused:
        """The whole store, if everything fits; nothing stays staged."""
        try:
            return self._finished(command)
        except SnapshotRefused as refused:
            return _invalid(str(refused))
        finally:
            self.clear()

    def is_done(self, command: RestoreStaged) -> bool:
        """True for the repeat of a restore whose answer was lost."""
        return bool(command.id) and command.id == self.restored

    def clear(self) -> None:
        """Nothing is staged."""
        self.id, self.until, self.parts, self._refused = "", 0, [], ""
        self._thaw, self._digest = None, hashlib.sha256()

    def digest(self) -> str:
        """SHA-256 of the parts so far."""
        return self._digest.hexdigest()

    def _finished(self, command: RestoreStaged) -> Store:
        if command.id != self.id or command.parts != len(self.parts) or self._thaw is None:
            raise SnapshotRefused("another restore took its place")
        if self._refused:
            raise SnapshotRefused(self._refused)
        if command.digest != self.digest():
            raise SnapshotRefused("what was staged is not what was sent")
        return self._thaw.finish()

    def _take(self, data: bytes) -> None:
        self.parts.append(data)
        self._digest.update(data)
        if self._thaw is None:
            self._thaw = Thaw(self._empty(), foreign=True)
        if not self._refused:
            try:
                self._thaw.feed(data)
            except SnapshotRefused as refused:
                self._refused = str(refused)

    # -- in a snapshot --------------------------------------------------------

    def rows(self) -> Sequence[object]:
        """What is known of the last restores, and then the parts."""
        return ((self.id, self.until, self.restored), *self.parts)

    def load(self, row: Any) -> None:
        """Put back one row."""
        if isinstance(row, bytes):
            self._take(row)
        else:
            self.id, self.until, self.restored = row[:3]


def _invalid(why: str) -> Refused:
    return Refused(code="Invalid", text=f"failed to restore snapshot: {why}")
