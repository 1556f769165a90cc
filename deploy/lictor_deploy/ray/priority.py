"""At which priority a host runs: Ray starts its workers at a niceness of 15 (``RAY_worker_niceness``).

On a machine with other work such a host answers too late, its parent as well as gossip, and counts as failed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def run_like_parent() -> int:
    """Give this process the niceness of the one that has started it, the raylet; by how much it misses that.

    It stays as it is where only root, or a user with RLIMIT_NICE, may lower it.
    """
    wanted = os.getpriority(os.PRIO_PROCESS, os.getppid())
    try:
        for thread in _threads():
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.setpriority(os.PRIO_PROCESS, thread, wanted)
    except PermissionError:
        return os.getpriority(os.PRIO_PROCESS, 0) - wanted
    return 0


def _threads() -> list[int]:
    """On Linux each has a niceness of its own, which those that it starts inherit (setpriority(2))."""
    return [int(thread) for thread in os.listdir("/proc/self/task")] if sys.platform.startswith("linux") else [0]
