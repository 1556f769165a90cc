"""Lines of the process's log on their way to an HTTP client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from lictor_actors.hosts.live.log_lines import ConsulFormat, Follower, JsonFormat
from lictor_messages.web import LogTail

LINES_MOST = 512
"""Lines that wait for their turn of the loop; Consul's buffer has as many."""
Take = Callable[[bytes], bool]
"""Takes a line; False if the client reads too slowly to get it."""


class LogFollower(Follower):
    """Never waits for its client: what it cannot hand over it counts, and says how much with the next line."""

    def __init__(self, tail: LogTail, take: Take) -> None:
        super().__init__(tail.level)
        self.setFormatter(JsonFormat() if tail.json_lines else ConsulFormat())
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._waiting = 0
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """From any thread, and from within the connection's own turn."""
        if self._waiting >= LINES_MOST:
            self._left_out += 1
            return
        self._waiting += 1
        self._loop.call_soon_threadsafe(self._hand_over, self.format(record))

    def _hand_over(self, line: str) -> None:
        self._waiting -= 1
        if self._left_out:
            line = f"{self._left_out} lines are left out: they came faster than they were read\n{line}"
        if self._take(f"{line}\n".encode()):
            self._left_out = 0
        else:
            self._left_out += 1
