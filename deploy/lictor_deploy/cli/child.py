"""The child of ``lictor lock`` or ``watch`` and all that it has started: signalled, and ended, together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO

from lictor_deploy.words.sentence import Failure

KILL_AFTER_S = 5.0
"""Between SIGTERM and SIGKILL for a child whose lock was lost."""
LOOK_EVERY_S = 0.02
SHELL = "/bin/sh"
DIED_OF = 128
"""Added to the number of a signal, as shells tell it."""


class Child:
    """A process in a group of its own, unless it reads the terminal, which only the terminal's own group may do.

    ``reads`` is its standard input, None for that of this process; ``variables`` are added to its environment.
    """

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], reads: IO[bytes] | int | None) -> None:
        self._apart = reads is not None
        group = 0 if self._apart else None
        try:
            self._process = subprocess.Popen(command, env={**os.environ, **variables}, stdin=reads, process_group=group)
        except OSError as error:
            raise Failure(f"Failed to run child process: {command[0]}: {error.strerror}") from None

    def wait(self) -> int:
        """Until it ends; its exit status, negative for a signal."""
        return self._process.wait()

    def signal(self, number: int) -> bool:
        """Signal all of it; False if none of it is left. 0 only looks."""
        if not self._apart:
            self._process.send_signal(number)
            return self._process.poll() is None
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """Ask all of it to end, and make it end if it does not."""
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + KILL_AFTER_S
        while self.signal(0) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        self.signal(signal.SIGKILL)


def command_of(words: Sequence[str], *, shell: bool) -> Sequence[str]:
    """The words as they stand, or as a line for $SHELL, which Consul takes before /bin/sh."""
    return [os.environ.get("SHELL") or SHELL, "-c", " ".join(words)] if shell else words
