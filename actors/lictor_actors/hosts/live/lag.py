"""Watches how far a process is behind: an actor that probes others must know when its own process was slow.

Its mail waits in two places: in the sockets, while the loop is late for its timers, and in the run queue, while others'
mail is before it. Under load the second is much longer, for a tick is short: the loop is never late by more than that,
and still an answer may lie unread for seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY_S = 1.0
WORTH_TELLING_S = 0.1

BehindAll = Callable[[Callable[[], None]], None]
"""Has a function called once all mail that waits now has been taken."""


class LagWatch:
    """Calls ``lagged`` with the seconds that the process was behind, when they are worth telling."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        behind_all: BehindAll,
        lagged: Callable[[float], None],
        measured: Callable[[float], None] = lambda _: None,
    ) -> None:
        """``measured`` is told each time."""
        self._loop = loop
        self._measured = measured
        self._behind_all = behind_all
        self._lagged = lagged
        self._due = 0.0

    def start(self) -> None:
        """From now on."""
        self._due = self._loop.time() + EVERY_S
        self._timer = self._loop.call_at(self._due, self._behind_all, self._measure)

    def stop(self) -> None:
        """No more."""
        self._timer.cancel()

    def _measure(self) -> None:
        lag = self._loop.time() - self._due
        self._measured(lag)
        if lag > WORTH_TELLING_S:
            self._lagged(lag)
        self.start()
