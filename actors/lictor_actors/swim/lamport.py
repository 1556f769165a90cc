"""Lamport clocks (1978), one for events and one for queries, and what is too old to be told from a repeat."""

from __future__ import annotations

from enum import Enum

from lictor_actors.kernel.turn import Turn

FARTHEST = 2**32
"""How far above the own clock a time is believed. What comes from further away is ignored; a clock that is further away
is approached by so much with each exchange of views, which are seconds apart where they differ. One forged time can
thus hide others' events from those who heard it until the next exchange has moved all clocks up, and not for good;
and an honest clock is never so far ahead: at a thousand events a second that takes fifty days of absence."""
RING = 512
"""Lamport times remembered; what is further behind the clock is too old to be told from a repeat."""


class LamportClock:
    """The next time to use; hearing a time moves it past that time."""

    __slots__ = ("time",)

    def __init__(self) -> None:
        self.time = 1

    def tick(self) -> int:
        """A time later than every time heard so far."""
        self.time += 1
        return self.time - 1

    def witness(self, time: int) -> None:
        """A node used this time."""
        self.time = max(self.time, time + 1)

    def too_far(self, time: int, turn: Turn) -> bool:
        """True, and counted, for a time that no honest clock has come to."""
        if time <= self.time + FARTHEST:
            return False
        turn.count("gossip_ltime_too_far")
        return True

    def approach(self, time: int, turn: Turn) -> int:
        """What to believe of the clock that another node says it has."""
        return self.time + FARTHEST if self.too_far(time, turn) else time


class News(Enum):
    """How something of a Lamport time stands to what was heard before."""

    NEW = "new"
    REPEATED = "repeated"
    TOO_OLD = "too_old"


class RecentIds:
    """The ids that were heard of the last ``RING`` Lamport times."""

    __slots__ = ("_clock", "_ring")

    def __init__(self, clock: LamportClock) -> None:
        self._clock = clock
        self._ring: list[tuple[int, tuple[int, ...]]] = [(0, ())] * RING

    def take(self, ltime: int, id_: int) -> News:
        """Whether this id is new; if it is, it is remembered."""
        if ltime < self._clock.time - RING:
            return News.TOO_OLD
        held, ids = self._ring[ltime % RING]
        ids = ids if held == ltime else ()
        if id_ in ids:
            return News.REPEATED
        self._ring[ltime % RING] = (ltime, (*ids, id_))
        return News.NEW
