"""Three servers as processes of their own, started by hand: nobody starts them again when they die."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from lictor_deploy.local.handle import own_addresses

LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
NET = own_addresses()[1].rsplit(".", 1)[0] if own_addresses()[0] == "-base-ip" else "127.0.0"
CONFIGURATION = {"performance": {"raft_multiplier": 1}, "gossip_profile": "local"}


class Three:
    """Agents ``n1`` to ``n3``, each with a data directory."""

    def __init__(self, home: Path, more: Mapping[str, object]) -> None:
        self.home = home
        self.first = 240
        """The last part of the first one's address, less one; what starts after a change has another address."""
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        (home / "conf.json").write_text(json.dumps({**CONFIGURATION, **more}))

    def address(self, i: int) -> str:
        return f"{NET}.{self.first + i}"

    def start(self, i: int, *more: str, joins: Sequence[int] = (1, 2)) -> None:
        """``joins``: the numbers of those through whom it joins."""
        ip = self.address(i)
        flags = [f"-bind={ip}", f"-client={ip}", "-server", "-bootstrap-expect=3", f"-node=n{i}"]
        flags += [f"-retry-join={self.address(j)}" for j in joins]
        files = [f"-data-dir={self.home / f'd{i}'}", f"-config-file={self.home / 'conf.json'}"]
        with open(self.home / f"n{i}.log", "ab") as log:
            self.processes[i] = subprocess.Popen([*LICTOR, "agent", *flags, *files, *more], stdout=log, stderr=log)

    def end(self) -> None:
        for i in self.processes:
            self.kill(i)

    def kill(self, i: int) -> None:
        self.processes[i].kill()
        self.processes[i].wait()

    def http(self, i: int, method: str, path: str, body: bytes | None = None) -> bytes:
        with closing(HTTPConnection(self.address(i), 8500, timeout=10)) as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            data = answer.read()
        assert answer.status == 200, data
        return data

    def write(self, i: int, count: int) -> None:
        with closing(HTTPConnection(self.address(i), 8500, timeout=20)) as connection:
            for number in range(count):
                connection.request("PUT", f"/v1/kv/k{number % 50}", b"%d" % number)
                assert connection.getresponse().read() == b"true"

    def peers(self, i: int) -> dict[str, dict[str, object]]:
        servers = json.loads(self.http(i, "GET", "/v1/operator/raft/configuration"))["Servers"]
        return {server["Node"]: server for server in servers}

    def until(self, true: Callable[[], bool], within_s: float = 40) -> None:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with suppress(OSError, HTTPException, AssertionError, ValueError):
                if true():
                    return
            time.sleep(0.1)
        raise AssertionError({i: self.log(i)[-2000:] for i in self.processes})

    def log(self, i: int) -> str:
        return (self.home / f"n{i}.log").read_text()

    def voters(self, i: int) -> int:
        return sum(bool(server["Voter"]) for server in self.peers(i).values())

    def cli(self, *words: str) -> str:
        ran = subprocess.run([*LICTOR, *words], capture_output=True, text=True, timeout=30)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout
