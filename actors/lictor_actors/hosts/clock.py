"""A node's own idea of what time it is: faults make it wrong, in the world and on live nodes alike."""

from __future__ import annotations

from collections.abc import Iterable

from lictor_messages.faults import ClockRule

MILLION = 1_000_000


class NodeClock:
    """One node's clocks. Skew and jump touch the wall clock, drift touches both, nothing moves ``now`` back.

    ``time`` is the true time behind the clock: the world's, or the machine's monotonic clock.
    """

    __slots__ = ("_base", "_ppm", "_since", "_skew", "_wall")

    def __init__(self, monotonic: int = 0, wall: int = 0) -> None:
        self._since = 0
        self._base = monotonic
        self._wall = wall - monotonic
        self._skew = 0
        self._ppm = 0

    def now(self, time: int) -> int:
        """The monotonic clock at this time."""
        elapsed = time - self._since
        return self._base + elapsed + (elapsed * self._ppm // MILLION if self._ppm else 0)

    def wall(self, time: int) -> int:
        """The wall clock at this time."""
        return self.now(time) + self._wall + self._skew

    def true_delay(self, delay: int) -> int:
        """How long it truly takes until this clock has advanced by ``delay``."""
        return delay if not self._ppm else -(-delay * MILLION // (MILLION + self._ppm))

    def obey(self, rules: Iterable[ClockRule], time: int) -> None:
        """These rules and no others are in force: they add up, and what drift has gained so far stays."""
        mine = list(rules)
        self._skew = sum(rule.skew_ns for rule in mine)
        ppm = sum(rule.drift_ppm for rule in mine)
        if ppm != self._ppm:
            self.drift(ppm, time)

    def jump(self, by: int) -> None:
        """Move the wall clock by this many nanoseconds, for good."""
        self._wall += by

    def stand_still(self, for_ns: int) -> None:
        """The machine was suspended for so long, and nothing on it ran: its monotonic clock stood still meanwhile, as
        Linux's does, and the wall clock went on."""
        self._base -= for_ns
        self._wall += for_ns

    def drift(self, ppm: int, time: int) -> None:
        """From now on run fast (or slow) by this many millionths; timers already set keep their true time."""
        self._base, self._since, self._ppm = self.now(time), time, ppm

    def reboot(self, monotonic: int, time: int) -> None:
        """A machine that comes back starts its monotonic clock anew; the wall clock goes on."""
        self._wall += self.now(time) - monotonic
        self._base, self._since = monotonic, time
