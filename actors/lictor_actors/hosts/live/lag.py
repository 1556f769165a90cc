"""Watches how late the loop is: an actor that probes others must know when its own process was slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY_S = 1.0
WORTH_TELLING_S = 0.1


class LagWatch:
    """Calls ``lagged`` with the seconds that the loop was late, when they are worth telling."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lagged: Callable[[float], None]) -> None:
        self._loop = loop
        self._lagged = lagged

    def start(self) -> None:
        """From now on."""
        due = self._loop.time() + EVERY_S
        self._timer = self._loop.call_at(due, self._measure, due)

    def stop(self) -> None:
        """No more."""
        self._timer.cancel()

    def _measure(self, due: float) -> None:
        lag = self._loop.time() - due
        if lag > WORTH_TELLING_S:
            self._lagged(lag)
        self.start()
