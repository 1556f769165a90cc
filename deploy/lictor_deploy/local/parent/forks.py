"""Processes that are forked from the parent, so that they share what it has imported.

The parent must stay able to fork at any time, so nothing in it starts a thread or opens an nng socket. A process ends
by itself when its channel to the parent closes, so the parent's death takes all of them along.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable

from lictor_deploy.local.json_lines import JsonLines
from lictor_deploy.local.parent.launcher import Launched

Work = Callable[[str, socket.socket], int]
"""What a process does: its name and its end of the channel; returns the exit code."""

STDERR = 2


class Forks:
    """Implements ``Launcher``."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.disown: Callable[[], None] = lambda: None
        """What a child does first: close what belongs to the parent."""

    def launch(self, name: str) -> Launched:
        """See ``Launcher``."""
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            ours.close()
            self._live(name, theirs)
        theirs.close()
        return Launched(pid, JsonLines(ours))

    def kill(self, name: str, pid: int) -> None:
        """See ``Launcher``."""
        os.kill(pid, signal.SIGKILL)

    def ended(self, name: str, pid: int) -> int | None:
        """See ``Launcher``."""
        found, status = os.waitpid(pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if found else None

    def await_end(self, name: str, pid: int) -> None:
        """See ``Launcher``."""
        os.waitpid(pid, 0)

    def _live(self, name: str, theirs: socket.socket) -> None:
        """The child: let go of what belongs to the parent, work, never return."""
        status = 1
        try:
            self.disown()
            faulthandler.enable(STDERR)  # until the process has a log of its own
            status = self._work(name, theirs)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
