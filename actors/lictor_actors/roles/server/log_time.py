"""The time that a leader stamps on entries: it never runs backwards, through changes of leader and of clocks."""

from __future__ import annotations

from lictor_messages.bounds import HIGHEST


class LogTime:
    """Nanoseconds. Follows the entries that were applied, and between them the monotonic clock."""

    def __init__(self) -> None:
        self._stamp = 0
        self._heard_at = 0

    def applied(self, stamp: int, now: int) -> None:
        """An entry with this stamp was applied at monotonic ``now``."""
        if stamp > self._stamp:
            self._stamp, self._heard_at = stamp, now

    def stamp(self, now: int, wall: int) -> int:
        """What to write on an entry that is proposed now: wall time at first, elapsed time from then on."""
        if self._stamp == 0:
            return wall
        return min(self._stamp + max(now - self._heard_at, 0), HIGHEST)
