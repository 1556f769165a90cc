"""A Ray cluster of several machines: the head runs on this one, the others have a network and a disk of their own.

Where namespaces may not be made (see ``machines``) all raylets share this machine, each under an address 127.0.0.N:
they can be killed, but no cable can be pulled. Nothing of Ray's leaves this machine, and what it writes about itself
(its token, its sessions, its logs) goes into a directory that is deleted at the end.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from unittest.mock import patch

from machines import NETWORK, Machine, bridge, may_make_machines, until, with_python

BRIDGE = "lictor-ray"
HEAD = 254
"""The last part of the head's address on the bridge; those of the machines count from 1 on."""
HERE = "/run/machine"
"""Where a machine sees its own disk."""
FAST: Mapping[str, int] = {
    "health_check_initial_delay_ms": 500,
    "health_check_period_ms": 300,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
}
"""Ray tuned to notice a dead raylet within a second; as it comes that takes some fourteen."""
PATIENT: Mapping[str, int] = {"health_check_failure_threshold": 60, "gcs_rpc_server_reconnect_timeout_s": 600}
"""Ray tuned to bear with a machine that it does not hear; as it comes it ends such a raylet after a minute."""
ONE_MACHINE = "all raylets share this machine, for this user may not make network namespaces: no cable can be pulled"
SMALL = ("--num-cpus=1", "--object-store-memory=80000000", "--include-log-monitor=false", "--disable-usage-stats")
STARTS_WITHIN_S = 60.0
TRIES = 3
"""A raylet ends if the agents beside it have not begun after 15 s; on a busy machine they may be late."""


class RayletEnded(Exception):
    """It has not joined; what it said."""


class RayMachine:
    """One Ray node. Its ``disk`` holds all that is written there, and survives until the test deletes it."""

    def __init__(self, number: int, rack: RayMachines) -> None:
        self.ip = f"{NETWORK}.{number}" if rack.real else f"127.0.0.{number + 1}"
        self.disk = rack.directory / f"machine-{number}"
        self._number, self._rack = number, rack
        self._machine: Machine | None = None
        self._raylet: subprocess.Popen[str] | None = None

    @property
    def runs(self) -> bool:
        """Whether it is switched on."""
        return self._raylet is not None

    @property
    def ended(self) -> bool:
        """Whether its raylet has, while it is switched on."""
        return self._raylet is not None and self._raylet.poll() is not None

    def boot(self) -> None:
        """Switch it on, and return when its raylet has joined. What was on its disk is there."""
        (self.disk / "tmp").mkdir(parents=True, exist_ok=True)
        for further in reversed(range(TRIES)):
            raylet = self._begin()
            try:
                await_start(raylet, self._log)
                return
            except RayletEnded:
                self.kill()
                if not further:
                    raise

    def _begin(self) -> subprocess.Popen[str]:
        here = HERE if self._rack.real else str(self.disk)
        place = [f"--address={self._rack.address}", f"--node-ip-address={self.ip}", f"--temp-dir={here}/ray"]
        command = ["ray", "start", "--block", *place, *SMALL, '--resources={"lictor": 1}']
        own = {**self._rack.environment, **dict.fromkeys(("TMPDIR", "XDG_RUNTIME_DIR"), f"{here}/tmp")}
        with self._log.open("w") as log:
            if self._rack.real:
                self._machine = Machine(BRIDGE, self._number, f"mkdir -p {HERE}; mount --bind {self.disk} {HERE}")
                self._raylet = self._machine.begin(command, log, own)
            else:
                self._raylet = begin(command, log, own)
        return self._raylet

    def kill_raylet(self) -> None:
        """SIGKILL to the raylet alone; the processes beside it notice that themselves."""
        kill_all(self.pids("raylet"))

    def pids(self, name: str) -> list[int]:
        """The processes there whose names begin so; at least one."""
        assert self._raylet is not None, "boot it first"
        found = [pid for pid in descendants(self._raylet.pid) if name_of(pid).startswith(name)]
        assert found, f"no {name} runs at {self.ip}: {self._log.read_text()}"
        return found

    def kill(self) -> None:
        """SIGKILL to every process there, at once if it is a machine of its own."""
        if self._machine is not None:
            self._machine.kill()
        elif self._raylet is not None:
            kill_all(descendants(self._raylet.pid))
        if self._raylet is not None:
            self._raylet.wait()
        self._machine = self._raylet = None

    def cut(self) -> None:
        """Pull its cable; it runs on."""
        self._cabled().cut()

    def heal(self) -> None:
        """Plug its cable in again."""
        self._cabled().heal()

    def lose_disk(self) -> None:
        """Delete all that was ever written there. The machine must be dead."""
        assert not self.runs, f"{self.ip} runs: kill it first"
        shutil.rmtree(self.disk)

    @property
    def _log(self) -> Path:
        return self._rack.directory / f"machine-{self._number}.log"

    def _cabled(self) -> Machine:
        assert self._machine is not None, ONE_MACHINE
        return self._machine


class RayMachines:
    """The head and the machines that joined it; ``environment`` is what a driver needs."""

    def __init__(self, count: int, directory: Path, tuned: Mapping[str, int]) -> None:
        self.directory = directory
        self.real = may_make_machines()
        self.head_ip = f"{NETWORK}.{HEAD}" if self.real else "127.0.0.1"
        self.environment = {
            "HOME": str(directory / "home"),
            "XDG_RUNTIME_DIR": str(directory / "run"),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_raylet_start_wait_time_s": "20",
            "RAY_ADDRESS": "",
        }
        self.address = ""
        self.machines = [RayMachine(number, self) for number in range(1, count + 1)]
        self._tuned = tuned
        self._head: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """The head first, then the machines. The bridge is there."""
        for name in ("home", "run", "head-run"):
            (self.directory / name).mkdir(parents=True)
        port = free_port(self.head_ip)
        self.address = self.environment["RAY_ADDRESS"] = f"{self.head_ip}:{port}"
        place = [f"--node-ip-address={self.head_ip}", f"--port={port}", f"--temp-dir={self.directory}/head"]
        command = ["ray", "start", "--head", "--block", *place, *SMALL, "--include-dashboard=false"]
        tuning = [f"--system-config={json.dumps(dict(self._tuned))}"] if self._tuned else []
        log_file = self.directory / "head.log"
        with log_file.open("w") as log:
            own = {**self.environment, "XDG_RUNTIME_DIR": str(self.directory / "head-run")}
            self._head = begin([*command, *tuning], log, own)
        await_start(self._head, log_file)
        for machine in self.machines:  # one after the other: all at once they may be too slow for each other
            machine.boot()

    def left(self) -> list[str]:
        """What clusters of Lictor have left on machines: directories, journals among them, and actors of Ray."""
        disks = [self.directory / "head-run", *(machine.disk / "tmp" for machine in self.machines)]
        kept = [str(path) for disk in disks for path in disk.glob("lictor-*/ray-*/*")]
        return kept + [name for pid in self.processes() if (name := name_of(pid)).startswith("ray::Host")]

    def processes(self) -> list[int]:
        """All that run on the head and on the machines, and for Ray there."""
        roots = [self._head, *(machine._raylet for machine in self.machines)]
        return [pid for root in roots if root is not None for pid in descendants(root.pid)]

    def stop(self) -> None:
        """End every process of the cluster."""
        for machine in self.machines:
            machine.kill()
        if self._head is not None:
            kill_all(descendants(self._head.pid))
            self._head.wait()


@contextmanager
def ray_machines(count: int, tuned: Mapping[str, int] | None = None) -> Iterator[RayMachines]:
    """A head and ``count`` machines beside it until the end of the block; what this process starts finds them.

    ``tuned`` is Ray's ``_system_config``.
    """
    with ExitStack() as stack:
        # Ray's sockets lie deep below this, and the path of a socket is short: pytest's own directories are too long.
        directory = stack.enter_context(TemporaryDirectory(prefix="rack-"))
        made = RayMachines(count, Path(directory), tuned or {})
        if made.real:
            stack.enter_context(bridge(BRIDGE, HEAD))
        try:
            made.start()
            stack.enter_context(patch.dict(os.environ, made.environment))
            yield made
        finally:
            made.stop()


def without_ray() -> dict[str, str]:
    """Our own environment without what points to a Ray: what is started with it has one of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}


def begin(command: list[str], log: IO[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start this on this machine, in the background."""
    env = with_python(environment)
    return subprocess.Popen(command, env=env, stdout=log, stderr=log, text=True, start_new_session=True)


def await_start(process: subprocess.Popen[str], log: Path) -> None:
    """Until ``ray start`` says that it has. Raises RayletEnded with what it said instead."""

    def started() -> bool:
        if process.poll() is not None:
            raise RayletEnded(log.read_text())
        return "Ray runtime started" in log.read_text()

    try:
        until(started, STARTS_WITHIN_S)
    except AssertionError:
        raise RayletEnded(f"not started after {STARTS_WITHIN_S:g} s: {log.read_text()}") from None


def free_port(ip: str) -> int:
    """One that the system has just given and taken back."""
    with socket.socket() as sock:
        sock.bind((ip, 0))
        return int(sock.getsockname()[1])


def descendants(pid: int) -> list[int]:
    """This process and all below it, in any namespace."""
    found = [pid]
    for parent in found:  # grows while it is walked
        for children in Path("/proc").glob(f"{parent}/task/*/children"):  # a thread has children of its own
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue  # it has ended meanwhile
    return found


def name_of(pid: int) -> str:
    """The command's name as the kernel keeps it, "" if it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def kill_all(pids: Sequence[int]) -> None:
    """SIGKILL, to those that still are."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
