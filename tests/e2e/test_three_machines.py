"""docs/three-machines.md, followed to the letter: each machine is a namespace with a network and files of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "three-machines.md"
STEP = re.compile(r"^On (s\d):\n\n```sh\n(.*?)```", re.MULTILINE | re.DOTALL)
BRIDGE = "lictor-doc"
SET_UP = """
ip link set lo up && ip addr add 10.77.0.{number}/24 dev eth0 && ip link set eth0 up
mkdir -p /run/machine && mount -t tmpfs none /run/machine
mkdir /run/machine/etc /run/machine/lib /run/machine/tmp
mount --bind /run/machine/lib /var/lib
cp -r /etc/. /run/machine/etc && mount --bind /run/machine/etc /etc
"""
WITHIN_S = 30.0
"""How long what a reader would look at again may take to come true: an election, a check, a start."""


def _may() -> bool:
    """Whether this user may make network namespaces with links between them."""
    if os.geteuid() or not all(map(shutil.which, ("ip", "nsenter", "unshare", "curl", "pkill"))):
        return False
    return subprocess.run(["unshare", "-n", "-m", "true"], check=False, capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not _may(), reason="three machines need root, ip, nsenter, unshare, curl and pkill"),
]


class Machine:
    """Namespaces of its own: network, mounts (what the page writes is gone with it), processes, and a cable."""

    def __init__(self, number: int) -> None:
        self._cable = f"ld{number}"
        alone = ["unshare", "-n", "-m", "-p", "-f", "--mount-proc", "sleep", "infinity"]
        self._holder = subprocess.Popen(alone, stderr=subprocess.DEVNULL)
        self._pid = _child_of(self._holder.pid)
        self._number = number

    def connect(self) -> None:
        """Plug the cable in, and lay empty directories over those that the page writes to."""
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", str(self._pid))
        _ip("link", "set", self._cable, "master", BRIDGE, "up")
        made = self.run(SET_UP.format(number=self._number))
        assert made.returncode == 0, made.stderr

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Type this into a shell there."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        inside = ["nsenter", "-t", str(self._pid), "-n", "-m", "-p", "sh", "-ec", script]
        env = os.environ | {"PATH": path, "TMPDIR": "/run/machine/tmp"}
        return subprocess.run(inside, env=env, capture_output=True, text=True, check=False, timeout=60)

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)  # the first process of its namespace: the others end with it
        self._holder.wait()
        # The cable may be gone already: it goes with the namespace at its other end, some time after that one.
        subprocess.run(["ip", "link", "del", self._cable], check=False, capture_output=True)


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return int(_until(lambda: children.read_text().split())[0])


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _until(look, within_s: float = WITHIN_S):
    never, end = threading.Event(), time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < end
        never.wait(0.2)
    return seen


@pytest.fixture
def machines() -> Iterator[dict[str, Machine]]:
    _ip("link", "add", BRIDGE, "type", "bridge")
    made: dict[str, Machine] = {}
    try:
        _ip("link", "set", BRIDGE, "up")
        for number in (1, 2, 3):
            machine = made[f"s{number}"] = Machine(number)
            machine.connect()
        yield made
    finally:
        for machine in made.values():
            machine.close()
        _ip("link", "del", BRIDGE)


def test_the_page_does_what_it_says(machines: dict[str, Machine]) -> None:
    steps = STEP.findall(PAGE.read_text())
    assert len(steps) > 15
    said = [_typed(machines[name], script) for name, script in steps]
    members, *_ = [text for text in said if "alive" in text]
    assert members.count("alive") == 3
    mottos = [text.splitlines()[-1] for text in said if "of three" in text]
    assert mottos == ["two of three", *["still two of three"] * 4]
    assert any("10.77.0.1" in text and "web" in text for text in said)


def _typed(machine: Machine, script: str) -> str:
    """What it prints, tried again for as long as a reader would look again."""
    tries: list[subprocess.CompletedProcess[str]] = []

    def done() -> bool:
        tries.append(machine.run(script))
        return tries[-1].returncode == 0 and not (script.startswith("lictor members") and not _whole(tries[-1].stdout))

    try:
        _until(done)
    except AssertionError:
        pytest.fail(f"{script}\n{tries[-1].stdout}{tries[-1].stderr}")
    return tries[-1].stdout


def _whole(said: str) -> bool:
    return said.count("alive") == 3 and "leader" in said
