"""What a service manager is told of the agent: that it serves, reads its files again, is about to end.

Source: sd_notify(3). Nothing is said where $NOTIFY_SOCKET is not set.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable

from lictor_messages.reload import DefinitionsRead, ReadDefinitions

READY, STOPPING = "READY=1", "STOPPING=1"
Read = Callable[[ReadDefinitions], Awaitable[DefinitionsRead]]


def tell(*lines: str) -> None:
    """Send these lines. A manager that does not take them is warned of, and no reason to stop."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.sendto("\n".join(lines).encode(), f"\0{path[1:]}" if path.startswith("@") else path)
    except OSError as error:
        logging.getLogger("lictor").warning("agent: the service manager at %s does not listen: %s", path, error)


def told(read: Read) -> Read:
    """The same job; the manager is told when it begins and when it is done."""

    async def telling(job: ReadDefinitions) -> DefinitionsRead:
        tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            return await read(job)
        finally:
            tell(READY)

    return telling
