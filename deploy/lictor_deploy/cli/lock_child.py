"""The child of ``lictor lock`` and all that it has started: signalled, and ended, together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence

from lictor_deploy.words.sentence import Failure

KILL_AFTER_S = 5.0
"""Between SIGTERM and SIGKILL for a child whose lock was lost."""
LOOK_EVERY_S = 0.02


class Child:
    """A process in a group of its own, unless it reads the terminal, which only the terminal's own group may do."""

    def __init__(self, command: Sequence[str], *, stdin: bool) -> None:
        source, self._apart = (None, False) if stdin else (subprocess.DEVNULL, True)
        environment = {**os.environ, "CONSUL_LOCK_HELD": "true"}
        group = 0 if self._apart else None
        try:
            self._process = subprocess.Popen(command, env=environment, stdin=source, process_group=group)
        except OSError as error:
            raise Failure(f"Failed to run child process: {command[0]}: {error.strerror}") from None

    def wait(self) -> int:
        """Until it ends; its exit status."""
        return self._process.wait()

    def signal(self, number: int) -> bool:
        """Signal all of it; False if nobody is left. 0 only looks."""
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
