"""SIGINT and SIGTERM from the first line on: what a command imports takes longer than a service manager's patience.

``lictor agent`` and ``lictor dev`` end on both, however they were started: a shell without job control has what it puts
into the background ignore SIGINT, and the first process of a container is sent only what it has a handler for. Until
they have taken the signals over, nothing has begun that would have to be ended in good order. Other commands keep what
they inherit. Only what comes before Python runs this file is the kernel's affair.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

ENDING = (signal.SIGINT, signal.SIGTERM)
LONG_RUNNING = ("agent", "dev")
STOPPED = 1
"""Of an agent: 0 would mean that it has left the cluster."""


def hear(arguments: Sequence[str]) -> None:
    """If this is a command that goes on until a signal ends it: from now on one does."""
    command = arguments[0] if arguments else ""
    if command in LONG_RUNNING:
        for number in ENDING:
            signal.signal(number, lambda number, _: end(command, number))


def end(command: str, number: int) -> None:
    """End this process, which has nothing to close yet; not by an exception, which an import may swallow."""
    words = f"lictor {command} was ended by {signal.Signals(number).name} before it had started.\n"
    os.write(2, words.encode())
    os._exit(STOPPED if command == "agent" else 128 + number)
