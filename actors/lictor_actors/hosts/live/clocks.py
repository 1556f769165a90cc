"""The machine's clocks as each node of a process reads them: the same for all, until a fault makes one wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from lictor_actors.hosts.clock import NodeClock
from lictor_messages.faults import ClockRule

SLEEPLESS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, as macOS's monotonic clock does and Linux's does not. A leader that slept for an
hour would otherwise wake up with the rest of its lease, and answer reads by it."""


machine_ns: Callable[[], int] = partial(time.clock_gettime_ns, SLEEPLESS)
"""The machine's monotonic clock. No function of Python's: it is read in every turn."""


class LiveClocks:
    """Nodes whose clock was never wrong are not even known here."""

    def __init__(self) -> None:
        self._wrong: dict[str, NodeClock] = {}

    def now(self, node: str) -> int:
        """The node's monotonic clock in nanoseconds."""
        clock = self._wrong.get(node)
        return machine_ns() if clock is None else clock.now(machine_ns())

    def wall(self, node: str) -> int:
        """The node's wall clock: the machine's, and what faults have made of it."""
        clock = self._wrong.get(node)
        if clock is None:
            return time.time_ns()
        now = machine_ns()
        return time.time_ns() + clock.wall(now) - now

    def true_delay(self, node: str, delay: int) -> int:
        """How long it truly takes until the node's clock has advanced by ``delay``."""
        clock = self._wrong.get(node)
        return delay if clock is None else clock.true_delay(delay)

    def set_rules(self, rules: Sequence[ClockRule]) -> None:
        """These rules and no others are in force."""
        now = machine_ns()
        for rule in rules:
            self._wrong.setdefault(rule.node, NodeClock())
        for name, clock in self._wrong.items():
            # A clock that is right again stays here: what drift has gained does not go away.
            clock.obey((rule for rule in rules if rule.node == name), now)

    def jump(self, node: str, by: int) -> None:
        """Move the node's wall clock by this many nanoseconds, for as long as this process lives."""
        self._wrong.setdefault(node, NodeClock()).jump(by)
