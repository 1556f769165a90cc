"""One agent with every kind of check, from files and over HTTP: what they say is in the catalog within an interval."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from health_server import health_server

from lictor_deploy.local.handle import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
IP = own_addresses()[1].rsplit(".", 1)[0] + ".247" if own_addresses()[0] == "-base-ip" else "127.0.0.1"
HTTP = f"{IP}:8500"
RUNS = {"interval": "1s", "timeout": "1s"}


class Place:
    """An agent that reads one file, and what its checks look at."""

    def __init__(self, folder: Path, ports: tuple[int, int], ask: Callable[..., Any]) -> None:
        self.folder, self._ask = folder, ask
        self.file, self.exit_code = folder / "definitions.json", folder / "exit"
        self.exit_code.write_text("0")
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.grpc = f"127.0.0.1:{ports[0]}"

    def define(self, *checks: dict[str, Any]) -> None:
        self.file.write_text(json.dumps({"service": {"name": "web", "port": 80}, "checks": checks}))

    def script(self) -> dict[str, Any]:
        return {"name": "script", "args": ["sh", "-c", f"echo ran; exit $(cat {self.exit_code})"], **RUNS}

    def start(self) -> subprocess.Popen[str]:
        # A server, for its journal; bound to its own address, beside other clusters of this machine.
        where = [f"-bind={IP}", f"-client={IP}", f"-data-dir={self.folder / 'data'}", "-node=n1", "-server"]
        flags = ["-bootstrap-expect=1", "-enable-local-script-checks", f"-config-file={self.file}"]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen([*LICTOR, "agent", *where, *flags], stdout=log, stderr=log, text=True)

    def http(self, method: str, path: str, body: Any = None) -> Any:
        return self._ask(HTTP, method, path, body)

    def states(self) -> dict[str, str]:
        """Name → status in the catalog, but for gossip's own; empty while there is no answer."""
        try:
            answer = self.http("GET", "/v1/health/node/n1")
        except OSError:
            return {}
        rows = answer.json if answer.status == 200 else []
        return {row["Name"]: row["Status"] for row in rows if row["CheckID"] != "serfHealth"}

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def place(tmp_path: Path, http: Callable[..., Any]) -> Iterator[Place]:
    with health_server() as ports:
        made = Place(tmp_path, ports, http)
        yield made
        made.udp.close()


@pytest.fixture
def run(place: Place) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        started.append(place.start())
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LICTOR, *words, f"-http-addr={HTTP}"], capture_output=True, text=True)


def test_every_check_through_every_door(place: Place, run: Callable[[], subprocess.Popen[str]], until: Any) -> None:
    place.define(place.script(), {"name": "alias", "alias_service": "web"})
    agent = run()
    until(lambda: place.states() == {"script": "passing", "alias": "passing"}, 60)

    # Over HTTP, on the same agent: everything but scripts.
    for name, probed in (
        ("grpc", {"GRPC": place.grpc}),
        ("udp", {"UDP": f"127.0.0.1:{place.udp.getsockname()[1]}"}),
        ("h2ping", {"H2PING": place.grpc, "H2PingUseTLS": False}),
        ("down", {"GRPC": f"{place.grpc}/down"}),
    ):
        body = {"Name": name, **probed, "Interval": "1s", "Timeout": "1s"}
        assert place.http("PUT", "/v1/agent/check/register", body).status == 200
    answer = place.http("PUT", "/v1/agent/check/register", {"Name": "s", "Args": ["true"], "Interval": "1s"})
    assert (answer.status, "disabled on this agent from remote calls" in answer.text) == (500, True)
    up = {"script": "passing", "alias": "critical", "grpc": "passing", "udp": "passing", "h2ping": "passing"}
    until(lambda: place.states() == {**up, "down": "critical"}, 20)

    # What they look at changes, and so does the catalog; the alias follows.
    place.http("PUT", "/v1/agent/check/deregister/down")
    until(lambda: place.states() == {**up, "alias": "passing"}, 20)
    place.exit_code.write_text("1")
    place.udp.close()
    until(lambda: place.states() == {**up, "script": "warning", "udp": "critical", "alias": "critical"}, 20)

    # The file changes: what went from it goes, what came over HTTP stays.
    place.exit_code.write_text("0")
    place.define(place.script(), {"name": "new", "ttl": "1h", "status": "passing"})
    os.kill(agent.pid, signal.SIGHUP)
    over_http = {"grpc": "passing", "udp": "critical", "h2ping": "passing"}
    until(lambda: place.states() == {**over_http, "script": "passing", "new": "passing"}, 20)
    place.file.write_text('{"checks": [{"name": "x"}]}')
    refused = command("reload")
    assert (refused.returncode, "TTL must be > 0 for TTL checks" in refused.stderr) == (1, True)
    place.define()
    assert command("reload").stdout == "Configuration reload triggered\n"
    until(lambda: place.states() == over_http, 20)

    # Services by the command line; the agent stops and starts: what HTTP registered is back, and so is the file's.
    one = place.folder / "db.hcl"
    one.write_text('service { name = "db", port = 5432 }')
    assert command("services", "register", str(one)).stdout == "Registered service: db\n"
    agent.kill()
    agent.wait()
    run()
    until(lambda: place.states() == over_http, 60)
    assert sorted(place.http("GET", "/v1/agent/services").json) == ["db", "web"]
    assert command("services", "deregister", "-id=db").stdout == "Deregistered service: db\n"

    # A change past the agent says that it will be undone.
    answer = place.http("PUT", "/v1/catalog/deregister", {"Node": "n1", "ServiceID": "web"})
    assert (answer.text, "the agent of n1" in answer.headers["X-Lictor-Will-Be-Undone"]) == ("true", True)
    assert "Traceback" not in place.log()
