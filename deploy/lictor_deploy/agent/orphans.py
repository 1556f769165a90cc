"""Process 1 of a container inherits the children that others left behind, and reaps those that have ended."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

SWEEP_S = 10.0
"""A child of the agent's own is reaped at once by what started it, long before it is seen twice here."""


async def reap_orphans() -> None:
    """Look every SWEEP_S seconds, without end."""
    seen: frozenset[int] = frozenset()
    while True:
        await asyncio.sleep(SWEEP_S)
        seen = sweep(seen)


def sweep(seen: frozenset[int]) -> frozenset[int]:
    """Reap the ended children that were there at the last sweep; those that are there now."""
    ended = ended_children()
    for pid in ended & seen:
        with suppress(ChildProcessError):  # what started it has reaped it in this moment
            os.waitpid(pid, os.WNOHANG)
    return ended - seen


def ended_children() -> frozenset[int]:
    """Process ids of the children that have ended and are not reaped."""
    import psutil

    found = set()
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if child.status() == psutil.STATUS_ZOMBIE:
                found.add(child.pid)
    return frozenset(found)
