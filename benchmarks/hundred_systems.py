"""A hundred nodes of Lictor, and a hundred of serf, to be broken in the same ways."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, Popen

from lictor_deploy.local.handle import Cluster

NODES = 100
WITHIN_S = 120.0


class Tails:
    """What was added to the logs of a folder since the last look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}

    def lines(self) -> Iterator[tuple[str, str]]:
        """Name of the file and line; a line that is not whole yet comes later."""
        for path in self._folder.glob("*.log"):
            with path.open("rb") as log:
                log.seek(self._read.get(path, 0))
                whole, end, _ = log.read().rpartition(b"\n")
            self._read[path] = self._read.get(path, 0) + len(whole) + len(end)
            yield from ((path.stem, line) for line in whole.decode(errors="replace").splitlines())


class LictorNodes:
    """Three servers with a process each, 97 agents in a few."""

    name = "lictor"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._tails = Tails(Path(cluster.logs))
        self._fired = 0
        self.lossy = self._lossy

    @classmethod
    @contextmanager
    def started(cls, _: Path) -> Iterator[LictorNodes]:
        with Cluster.local(3, NODES - 3, "-log-level", "info") as cluster:
            yield cls(cluster)

    def failures(self) -> list[str]:
        found = (re.search(r"failed: (\S+)\.dc1, ", line) for _, line in self._tails.lines())
        return [match[1] for match in found if match]

    def victims(self, count: int) -> list[str]:
        return [f"agent-{number}" for number in range(40, 40 + count)]

    def kill(self, victims: Sequence[str]) -> Callable[[], None]:
        fault = self._cluster.faults.kill(list(victims))

        def revive() -> None:
            fault.heal()
            self.wait_whole()

        return revive

    def stopped(self) -> tuple[str, int]:
        status = self._cluster.status()
        leader = status["status"]["majority_leader"].partition(".")[0]
        name = next(name for name in ("server-3", "server-2") if name != leader)
        return name, status["processes"][name]

    def _lossy(self) -> Callable[[], object]:
        return self._cluster.faults.loss("*", "*", 0.25).heal

    def fire(self) -> Callable[[], int]:
        self._fired += 1
        name, waiting = f"bench{self._fired}", [place.http for place in self._cluster.nodes.values()]
        ask(waiting[-1], "PUT", f"/v1/event/fire/{name}")

        def heard() -> int:
            waiting[:] = [
                place for place in waiting if not json.loads(ask(place, "GET", f"/v1/event/list?name={name}"))
            ]
            return NODES - len(waiting)

        return heard

    def wait_whole(self) -> None:
        self._cluster.wait_whole(WITHIN_S)


def ask(http: str, method: str, path: str) -> bytes:
    """One request; "[]" where no answer came in time."""
    with (
        suppress(OSError),
        urllib.request.urlopen(urllib.request.Request(f"http://{http}{path}", method=method), timeout=10) as answer,
    ):
        body: bytes = answer.read()
        return body
    return b"[]"


class SerfNodes:
    """A hundred agents with a process each."""

    name = "serf"
    lossy = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tails = Tails(folder)
        self._fired = 0
        self._agents = {f"s{number}": self._agent(number) for number in range(NODES)}

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[SerfNodes]:
        system = cls(folder)
        try:
            yield system
        finally:
            for agent in system._agents.values():
                agent.kill()
            for agent in system._agents.values():
                agent.wait()

    def _agent(self, number: int) -> Popen[bytes]:
        ip = f"127.0.9.{number + 1}"
        command = ["serf", "agent", f"-node=s{number}", f"-bind={ip}:7946", f"-rpc-addr={ip}:7373", "-profile=lan"]
        command += ["-log-level=info", "-retry-join=127.0.9.1:7946", "-retry-join=127.0.9.2:7946", "-retry-interval=1s"]
        with (self._folder / f"s{number}.log").open("ab") as log:
            return Popen(command, stdout=log, stderr=log)

    def failures(self) -> list[str]:
        found = (re.search(r"EventMemberFailed: (\S+) ", line) for _, line in self._tails.lines())
        return [match[1] for match in found if match]

    def victims(self, count: int) -> list[str]:
        return [f"s{number}" for number in range(40, 40 + count)]

    def kill(self, victims: Sequence[str]) -> Callable[[], None]:
        for name in victims:
            self._agents[name].kill()
        for name in victims:
            self._agents[name].wait()

        def revive() -> None:
            for name in victims:
                self._agents[name] = self._agent(int(name[1:]))
            self.wait_whole()

        return revive

    def stopped(self) -> tuple[str, int]:
        return "s50", self._agents["s50"].pid

    def fire(self) -> Callable[[], int]:
        self._fired += 1
        name = f"bench{self._fired}"
        subprocess.run(
            ["serf", "event", "-coalesce=false", "-rpc-addr=127.0.9.100:7373", name], check=True, stdout=DEVNULL
        )

        def heard() -> int:
            logs = (path.read_text(errors="replace") for path in self._folder.glob("*.log"))
            return sum(f"user-event: {name}\n" in log for log in logs)

        return heard

    def wait_whole(self) -> None:
        """Until four of them, and the one that is stopped, see all."""
        until = time.monotonic() + WITHIN_S
        for number in (0, 25, 50, 75, 99):
            while self._alive(number) < NODES:
                if time.monotonic() > until:
                    raise RuntimeError(f"s{number} does not see all after {WITHIN_S:.0f} s")
                time.sleep(0.1)

    def _alive(self, number: int) -> int:
        command = ["serf", "members", f"-rpc-addr=127.0.9.{number + 1}:7373", "-status=alive"]
        return subprocess.run(command, capture_output=True, text=True).stdout.count("\n")
