"""When calls run out of time: one timer serves them all."""

from __future__ import annotations

from typing import Protocol

from lictor_actors.kernel.turn import Turn
from lictor_messages.doorways import DeadlinesDue

BUCKET_NS = 250_000_000


class Watched(Protocol):
    """What has a deadline."""

    number: int
    deadline: int
    bucket: dict[int, None]
    """Where ``Deadlines`` has put its number: dropping it takes no search."""


class Deadlines:
    """Calls by the quarter of a second in which they run out.

    Nearly every call is answered long before, so adding and dropping must cost next to nothing; being late by a
    quarter of a second is no harm after seven seconds.
    """

    __slots__ = ("_alarm", "_buckets")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[int, None]] = {}
        self._alarm = 0
        """When the timer goes off, 0 if it is not set."""

    def add(self, call: Watched, turn: Turn) -> None:
        """Watch the call's deadline."""
        bucket = -(-call.deadline // BUCKET_NS)
        numbers = self._buckets.get(bucket)
        if numbers is None:
            numbers = self._buckets[bucket] = {}
        numbers[call.number] = None
        call.bucket = numbers
        if not self._alarm or bucket * BUCKET_NS < self._alarm:
            self._set_alarm(bucket, turn)

    def drop(self, call: Watched) -> None:
        """The call has ended."""
        call.bucket.pop(call.number, None)

    def put_off(self, call: Watched, until: int, turn: Turn) -> None:
        """Give the call time at least until then."""
        self.drop(call)
        call.deadline = max(call.deadline, until)
        self.add(call, turn)

    def due(self, turn: Turn) -> list[int]:
        """The timer has gone off: numbers of the calls whose time is over, oldest first; they are watched no more."""
        self._alarm = 0
        over = sorted(bucket for bucket in self._buckets if bucket * BUCKET_NS <= turn.now)
        return [number for bucket in over for number in self._buckets.pop(bucket)]

    def look_again(self, turn: Turn) -> None:
        """Set the timer for the earliest that is left."""
        self._buckets = {bucket: numbers for bucket, numbers in self._buckets.items() if numbers}
        # What has been added meanwhile has set it for itself, and others are due long before.
        bucket = min(self._buckets, default=0)
        if bucket and (not self._alarm or bucket * BUCKET_NS < self._alarm):
            self._set_alarm(bucket, turn)

    def _set_alarm(self, bucket: int, turn: Turn) -> None:
        self._alarm = bucket * BUCKET_NS
        turn.set_timer("deadlines", self._alarm - turn.now, DeadlinesDue())
