"""Python's collector, kept from looking again and again at what lives for ever.

A store of a million records takes 164 ms to look through, and no server may stop for so long. What has lived through
one collection is therefore set aside (``gc.freeze``): the next one looks only at what came since. Nothing that is set
aside is kept alive by that; only a cycle that becomes garbage later stays, and records form none.

What Python frees the C library keeps in its heap, in holes between what lives on: after a busy time 10 to 60 MiB. It is
asked to give that back once the process has little to do, because that takes some milliseconds.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

EVERY_S = 10.0
IDLE_S = 0.5
"""A process that has used less processor time between two looks is idle."""
MIDDLE_GENERATION = 1
YOUNG, MIDDLE, OLD = 20_000, 20, 1_000_000
"""Thresholds of the three generations: of the old one ``GarbageWatch`` takes care."""


@contextmanager
def put_off() -> Iterator[None]:
    """No collections until a ``GarbageWatch`` is started, or until the end: what is imported stays anyway, and to look
    through it again and again takes a tenth of the time in which it is imported."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class GarbageWatch:
    """Collects and sets aside now and then, while it is started."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._spent = 0.0
        self._busy = True
        """Since memory was given back last."""

    def start(self) -> None:
        """From now on, for this process."""
        gc.set_threshold(YOUNG, MIDDLE, OLD)
        if not gc.isenabled():  # all that was made since ``put_off`` would be looked through at once
            gc.freeze()
            gc.enable()
        self._timer = self._loop.call_later(EVERY_S, self._collect)

    def stop(self) -> None:
        """No further collections here."""
        self._timer.cancel()

    def _collect(self) -> None:
        gc.collect(MIDDLE_GENERATION)  # the old one has lived through that already: while a thousand nodes
        gc.freeze()  # start, to look through all of it again would hold up their probes for a second
        self._trim_if_idle(time.process_time())
        self._timer = self._loop.call_later(EVERY_S, self._collect)

    def _trim_if_idle(self, spent: float) -> None:
        """``spent``: seconds of processor time so far."""
        used, self._spent = spent - self._spent, spent
        if used >= IDLE_S:
            self._busy = True
        elif self._busy:
            self._busy = False
            give_back()


def give_back() -> None:
    """Free memory back to the system, where the C library can do that: glibc can."""
    import ctypes  # takes longer than all else here, and a process that starts is in a hurry

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return
    trim(0)
