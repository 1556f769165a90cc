"""Hosts on Ray for the tests of their parent, without Ray: they keep what they are told and say what the test wants."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.parent.launcher import Launched
from lictor_deploy.local.plan import DevOptions
from lictor_deploy.ray.cluster import RayCluster
from lictor_deploy.ray.machines import Machines
from lictor_deploy.ray.opening import Opening

WITHIN_S = 5.0


class FakeChannel:
    """Implements ``ProcessChannel``."""

    def __init__(self) -> None:
        self.closed = False
        self.told: list[Said] = []
        self._arrived: list[Said] = []
        self._readable, self._writable = os.pipe2(os.O_NONBLOCK)

    def fileno(self) -> int:
        return self._readable

    def send(self, message: Said) -> None:
        self.told.append(message)
        if "stop" in message:
            self.say({"stopped": True})

    def flush(self) -> None: ...

    def say(self, message: Said) -> None:
        self._arrived.append(message)
        os.write(self._writable, b"!")

    def receive(self) -> list[Said]:
        with suppress(BlockingIOError):
            os.read(self._readable, 4096)
        arrived, self._arrived = self._arrived, []
        return arrived

    def close(self) -> None:
        self.closed = True
        os.close(self._readable)
        os.close(self._writable)


class FakeHosts:
    """Implements ``Hosts``: each answers until the test says otherwise."""

    def __init__(self, opening: Callable[[str, int], Opening]) -> None:
        self.ray_nodes: dict[str, str] = {}
        self.channels: dict[str, FakeChannel] = {}
        self.unheard: set[str] = set()
        self.dead: set[str] = set()
        """Those that Ray says have ended."""
        self.crashing: set[str] = set()
        self.lease_s = 0.0
        self._opening = opening
        self._lives = count(1)

    def launch(self, name: str) -> Launched:
        self.dead.discard(name)
        self.channels[name] = FakeChannel()
        return Launched(self._opening(name, next(self._lives)).life, self.channels[name])

    def opened(self, name: str) -> None:
        pass

    def silent(self, name: str) -> bool:
        return name in self.unheard

    def reachable(self, name: str) -> bool:
        return name not in self.unheard | self.dead

    def lease_left_s(self, name: str) -> float:
        return self.lease_s

    def kill(self, name: str, pid: int) -> None:
        self.dead.add(name)

    def ended(self, name: str, pid: int) -> int | None:
        if {"stop": True} in self.channels[name].told:
            return 0
        if name in self.crashing:
            return 1
        return -signal.SIGKILL if name in self.unheard | self.dead else None

    def await_end(self, name: str, pid: int) -> None:
        pass


class RayOnPaper:
    """A parent with a host on each of these machines, and a Ray whose nodes come and go by the test's word."""

    def __init__(self, run: Path, servers: int, agents: int, machines: int) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        for number in range(1, machines + 1):
            self.add_node(f"10.0.0.{number}")
        (run / "logs").mkdir()
        self.parent = RayCluster(
            DevOptions(servers=servers, agents=agents),
            Machines(lambda: list(self.nodes.values())),
            self._make_hosts,
            "paper",
            run,
            run,
            kept_in="",
            log_level="INFO",
            signals=[],
            umask=0o077,
        )
        self.parent.start()

    def _make_hosts(self, opening: Callable[[str, int], Opening]) -> FakeHosts:
        self.hosts = FakeHosts(opening)
        return self.hosts

    def add_node(self, ip: str) -> None:
        """One more node of Ray, at this address."""
        node = f"node-{len(self.nodes) + 1}"
        self.nodes[node] = {"NodeID": node, "NodeManagerAddress": ip, "NodeManagerPort": 1, "Alive": True}

    def open(self, process: str, *servers: str) -> None:
        """Its host says where it is, and which servers' journals are there."""
        number = process.rpartition("-")[2]
        facts = {"pid": int(number), "lanes": [f"tcp://{process}:1", f"tcp://{process}:2"], "data": f"/{process}"}
        self.say(process, {"opened": {**facts, "servers": list(servers)}})

    def say(self, process: str, message: Said) -> None:
        """This host says something, and the parent hears it."""
        self.hosts.channels[process].say(message)
        self.parent._step(0.0)

    def taken(self, process: str) -> list[Said]:
        """What this host was told to start, in its present life."""
        told = self.hosts.channels[process].told
        return [
            {**spec, "fresh": message["fresh"]} for message in told if "take" in message for spec in message["take"]
        ]

    def names(self, process: str) -> list[str]:
        """The nodes that it was told to start."""
        return [spec["name"] for spec in self.taken(process)]

    def until(self, true: Callable[[], bool]) -> None:
        """Let the parent work until this is true."""
        end = time.monotonic() + WITHIN_S
        while not true():
            assert time.monotonic() < end
            self.parent._step(0.02)

    def close(self) -> None:
        """Ends it."""
        self.parent.stop()
