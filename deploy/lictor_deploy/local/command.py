"""The command that ``lictor dev -exec`` runs in its cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

END_WITHIN_S = 1.0


def run_command(
    command: str, environment: Mapping[str, str], umask: int, signals: Sequence[int], step: Callable[[float], object]
) -> int:
    """Run it until it ends or a signal comes, and call ``step`` all along; its exit status."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    variables = {**os.environ, "PATH": beside, **environment}  # so that `lictor` is found
    # A group of its own, so that what the shell has started can be ended too; at a terminal only ours may read.
    group = None if os.isatty(0) else 0
    child = subprocess.Popen(command, shell=True, env=variables, process_group=group, umask=umask)
    while child.poll() is None and not signals:
        step(0.5)
    if signals:
        end_command(child, signals[0], whole_group=group is not None)
    status = child.wait()
    killed_by = signals[0] if signals else -status
    return 128 + killed_by if status < 0 else status


def end_command(child: subprocess.Popen[bytes], number: int, *, whole_group: bool) -> None:
    """Pass the signal on, and after a second kill what is left."""

    def tell(number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number) if whole_group else child.send_signal(number)

    tell(number)
    with suppress(subprocess.TimeoutExpired):
        child.wait(END_WITHIN_S)
    tell(signal.SIGKILL)
