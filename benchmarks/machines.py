"""Machines on one: each has namespaces of its own for network, mounts and processes, and a cable to a common bridge.

So addresses are real, a cable can be pulled, and a machine that dies takes every process on it along.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

NETWORK = "10.77.0"
ALONE = ("unshare", "-n", "-m", "-p", "-f", "--mount-proc", "sleep", "infinity")
WITHIN_S = 30.0
"""How long what a reader would look at again may take to come true: an election, a check, a start."""
Seen = TypeVar("Seen")


def may_make_machines(*tools: str) -> bool:
    """Whether this user may make network namespaces with links between them, and has these tools beside."""
    if os.geteuid() or not all(map(shutil.which, ("ip", "nsenter", "unshare", *tools))):
        return False
    return subprocess.run(["unshare", "-n", "-m", "true"], check=False, capture_output=True).returncode == 0


def until(look: Callable[[], Seen], within_s: float = WITHIN_S) -> Seen:
    """What ``look`` returns as soon as that is true. Raises AssertionError if it is not in time."""
    never, end = threading.Event(), time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < end, f"still {seen!r} after {within_s:g} s"
        never.wait(0.2)
    return seen


class Machine:
    """Runs from its construction until ``kill``. ``number``, the last part of its address, no other there has."""

    def __init__(self, bridge: str, number: int, set_up: str = "") -> None:
        self.ip = f"{NETWORK}.{number}"
        self._cable = f"{bridge}{number}"
        self._holder = subprocess.Popen(ALONE, stderr=subprocess.DEVNULL)
        self._first = _child_of(self._holder.pid)
        try:
            self._connect(bridge, set_up)
        except BaseException:
            self.kill()
            raise

    def _connect(self, bridge: str, set_up: str) -> None:
        ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", str(self._first))
        ip("link", "set", self._cable, "master", bridge, "up")
        plugged = f"ip link set lo up; ip addr add {self.ip}/24 dev eth0; ip link set eth0 up\n"
        made = self.run(plugged + set_up)
        assert made.returncode == 0, made.stderr

    def run(self, script: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Type this into a shell there."""
        inside = [*self._inside, "sh", "-ec", script]
        env = with_python(environment or {})
        return subprocess.run(inside, env=env, capture_output=True, text=True, check=False, timeout=60)

    def begin(self, command: list[str], output: IO[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start this there, in the background."""
        env = with_python(environment)
        return subprocess.Popen([*self._inside, *command], env=env, stdout=output, stderr=output, text=True)

    def cut(self) -> None:
        """Pull the cable: nothing leaves and nothing arrives, and every process goes on."""
        ip("link", "set", self._cable, "down")

    def heal(self) -> None:
        """Plug the cable in again."""
        ip("link", "set", self._cable, "up")

    def kill(self) -> None:
        """Take the power away: every process there ends at once. What it wrote to a disk of ours stays."""
        os.kill(self._first, signal.SIGKILL)  # the first process of its namespace: the others end with it
        self._holder.wait()
        # The cable may be gone already: it goes with the namespace at its other end, some time after that one.
        subprocess.run(["ip", "link", "del", self._cable], check=False, capture_output=True)

    @property
    def _inside(self) -> list[str]:
        return ["nsenter", "-t", str(self._first), "-n", "-m", "-p"]


@contextmanager
def bridge(name: str, number: int = 0) -> Iterator[None]:
    """What the machines' cables lead to; with ``number`` this process is on that network as well."""
    ip("link", "add", name, "type", "bridge")
    try:
        if number:
            ip("addr", "add", f"{NETWORK}.{number}/24", "dev", name)
        ip("link", "set", name, "up")
        yield
    finally:
        ip("link", "del", name)


def ip(*words: str) -> None:
    """The command of this name. Raises CalledProcessError."""
    subprocess.run(["ip", *words], check=True, capture_output=True)


def with_python(environment: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with these changes, and with the commands of our Python first in its path."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **environment}


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return int(until(lambda: children.read_text().split())[0])
