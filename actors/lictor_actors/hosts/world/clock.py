"""Virtual time: one heap of things to come."""

from __future__ import annotations

import heapq
from collections.abc import Callable

KEPT_MOST = 10_000
"""Things that were called off and lie in the heap, if they are not more than half of it."""


class Timer:
    """Something to come that can be called off."""

    __slots__ = ("_agenda", "call")

    def __init__(self, call: Callable[[], None], agenda: Agenda) -> None:
        self.call: Callable[[], None] | None = call
        self._agenda = agenda

    def cancel(self) -> None:
        """Forget it; harmless if it has fired."""
        if self.call is not None:
            self.call = None
            self._agenda.called_off += 1


class Agenda:
    """What comes next, ordered by (time, sequence): what was asked for first comes first."""

    def __init__(self) -> None:
        self.now = 0
        """Nanoseconds since the world began."""
        self._heap: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self.called_off = 0
        """How many of those in the heap will not happen."""

    def after(self, delay: int, call: Callable[[], None]) -> Timer:
        """Call ``delay`` nanoseconds from now."""
        if self.called_off > KEPT_MOST and self.called_off > len(self._heap) // 2:
            self._clear_out()
        timer = Timer(call, self)
        self._sequence += 1
        heapq.heappush(self._heap, (self.now + (delay if delay > 0 else 0), self._sequence, timer))
        return timer

    def step(self, until: int) -> bool:
        """Move to the next thing to come and do it; False if there is none up to ``until``."""
        heap = self._heap
        while heap and heap[0][0] <= until:
            when, _, timer = heapq.heappop(heap)
            call = timer.call
            if call is not None:
                self.now = when
                timer.call = None
                call()
                return True
            self.called_off -= 1
        return False

    def _clear_out(self) -> None:
        """What was called off would lie there until its time: of a suspicion, for a minute and a half."""
        self._heap[:] = [entry for entry in self._heap if entry[2].call is not None]
        heapq.heapify(self._heap)
        self.called_off = 0
