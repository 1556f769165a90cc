"""Virtual time: one heap of things to come."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Timer:
    """Something to come that can be called off."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Forget it; harmless if it has fired."""
        self.call = None


class Agenda:
    """What comes next, ordered by (time, sequence): what was asked for first comes first."""

    def __init__(self) -> None:
        self.now = 0
        """Nanoseconds since the world began."""
        self._heap: list[tuple[int, int, Timer]] = []
        self._sequence = 0

    def after(self, delay: int, call: Callable[[], None]) -> Timer:
        """Call ``delay`` nanoseconds from now."""
        timer = Timer(call)
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
        return False
