"""What a host has to say to its parent, kept until the parent calls."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from lictor_actors.hosts.ray.lease import ANSWER_EVERY_S, Lease
from lictor_deploy.local.json_lines import Said

KEPT_MOST = 20_000
"""Messages that wait while no parent calls; more are counted and left out."""

log = logging.getLogger("lictor")


class Outlet:
    """Answers the calls of one parent."""

    def __init__(self) -> None:
        self.lease = Lease(time.monotonic())
        self._waiting: list[Said] = []
        self._left_out = 0
        self._some = asyncio.Event()

    def say(self, message: Said) -> None:
        """To be heard with the next answer."""
        if len(self._waiting) < KEPT_MOST:
            self._waiting.append(message)
        else:
            self._left_out += 1
        self._some.set()

    async def answer(self, confirmed: int) -> tuple[int, list[Said]]:
        """The number of this answer, and what there is to say; waits for a moment if that is nothing."""
        self.lease.confirmed(confirmed)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._some.wait(), ANSWER_EVERY_S)
        said, self._waiting = self._waiting, []
        self._some.clear()
        if self._left_out:
            log.warning("%d messages to the parent were left out: it had not called for long", self._left_out)
            self._left_out = 0
        return self.lease.answer(time.monotonic()), said
