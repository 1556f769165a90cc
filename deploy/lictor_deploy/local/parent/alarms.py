"""What the parent of a local cluster has to do later: it has no event loop, so its steps ask what is due."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from itertools import count


class Alarms:
    """A heap of calls."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call when so much time has passed."""
        heapq.heappush(self._heap, (self._clock() + seconds, next(self._numbers), call))

    def due_in(self, at_most: float) -> float:
        """Seconds until the next call, but at most so many."""
        return max(0.0, min(at_most, self._heap[0][0] - self._clock())) if self._heap else at_most

    def ring(self) -> None:
        """Call what is due."""
        while self._heap and self._heap[0][0] <= self._clock():
            heapq.heappop(self._heap)[2]()
