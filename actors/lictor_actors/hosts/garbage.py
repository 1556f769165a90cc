"""Python's collector, kept from looking again and again at what lives for ever.

A store of a million records takes 164 ms to look through, and no server may stop for so long. What has lived through
one collection is therefore set aside (``gc.freeze``): the next one looks only at what came since. Nothing that is set
aside is kept alive by that; only a cycle that becomes garbage later stays, and records form none.
"""

from __future__ import annotations

import asyncio
import gc

EVERY_S = 10.0
YOUNG, MIDDLE, OLD = 20_000, 20, 1_000_000
"""Thresholds of the three generations: of the old one ``GarbageWatch`` takes care."""


class GarbageWatch:
    """Collects and sets aside now and then, while it is started."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def start(self) -> None:
        """From now on, for this process."""
        gc.set_threshold(YOUNG, MIDDLE, OLD)
        self._timer = self._loop.call_later(EVERY_S, self._collect)

    def stop(self) -> None:
        """No further collections here."""
        self._timer.cancel()

    def _collect(self) -> None:
        gc.collect()
        gc.freeze()
        self._timer = self._loop.call_later(EVERY_S, self._collect)
