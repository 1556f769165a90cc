"""Virtual time: one heap of things to come, and each node's own idea of what time it is."""

from __future__ import annotations

import heapq
from collections.abc import Callable

MILLION = 1_000_000


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


class NodeClock:
    """One node's clocks. Skew and jump touch the wall clock, drift touches both, nothing moves ``now`` back."""

    __slots__ = ("_base", "_ppm", "_since", "_wall")

    def __init__(self, monotonic: int, wall: int) -> None:
        self._since = 0
        self._base = monotonic
        self._wall = wall - monotonic
        self._ppm = 0

    def now(self, time: int) -> int:
        """The monotonic clock at the world's ``time``."""
        elapsed = time - self._since
        return self._base + elapsed + (elapsed * self._ppm // MILLION if self._ppm else 0)

    def wall(self, time: int) -> int:
        """The wall clock at the world's ``time``."""
        return self.now(time) + self._wall

    def true_delay(self, delay: int) -> int:
        """How long the world waits while this clock advances by ``delay``."""
        return delay if not self._ppm else -(-delay * MILLION // (MILLION + self._ppm))

    def skew(self, by: int) -> None:
        """Move the wall clock by this many nanoseconds."""
        self._wall += by

    def drift(self, ppm: int, time: int) -> None:
        """From now on run fast (or slow) by this many millionths; timers already set keep their true time."""
        self._base, self._since, self._ppm = self.now(time), time, ppm

    def reboot(self, monotonic: int, time: int) -> None:
        """A machine that comes back starts its monotonic clock anew; the wall clock goes on."""
        self._wall += self.now(time) - monotonic
        self._base, self._since = monotonic, time
