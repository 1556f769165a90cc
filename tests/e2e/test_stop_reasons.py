"""An actor that stops for good says why: in the log, on the terminal, and to who asks over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from older_journal import make_older

from lictor_actors.hosts.disks.file import ReadOnlyDisk
from lictor_actors.journal.segments import segment_number
from lictor_deploy.local.handle import CLUSTERS, Cluster, own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
IP = own_addresses()[1].rsplit(".", 1)[0] + ".241" if own_addresses()[0] == "-base-ip" else "127.0.0.1"
WHY = "the journal cannot be believed: the log begins at "


def fill(http: Callable[..., Any], node: Any) -> None:
    """More than one file of the journal."""
    for number in range(80):
        assert http(node, "PUT", f"/v1/kv/k{number}", b"x" * 8000).text == "true"


class UnlockedDisk(ReadOnlyDisk):
    """Of a server that is stopped while its process goes on, and holds the lock."""

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        with open(self._directory / name, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def sync(self, name: str) -> None:
        """It need not last."""

    def rename(self, old: str, new: str) -> None:
        os.rename(self._directory / old, self._directory / new)


def lose_the_first_file(data: Path) -> None:
    """Of a journal as an older version wrote it: today's would be refused before the server begins."""
    make_older(UnlockedDisk(data))
    first, *others = sorted(file for file in data.iterdir() if segment_number(file.name))
    assert others
    first.unlink()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(**config: Any) -> subprocess.Popen[str]:
        (tmp_path / "c.json").write_text(json.dumps({"node_name": "solo", "server": True, "bootstrap": True, **config}))
        flags = [f"-bind={IP}", f"-client={IP}", f"-data-dir={tmp_path / 'd'}", f"-config-file={tmp_path / 'c.json'}"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen([*LICTOR, "agent", *flags], text=True, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def answered(http: Callable[..., Any], place: str) -> bool:
    with suppress(OSError):
        return bool(http(place, "GET", "/v1/status/leader").json)
    return False


def test_an_agent_whose_server_cannot_go_on_ends_with_the_reason(agent, http, until, tmp_path) -> None:
    first, place = agent(), f"{IP}:8500"
    until(lambda: answered(http, place))
    fill(http, place)
    first.kill()
    first.wait()
    lose_the_first_file(tmp_path / "d")
    second = agent(log_level="ERR")
    out, err = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"The agent ends, because server@solo.dc1 stopped for good: {WHY}" in err
    assert "Use `lictor operator set-aside`" in err
    assert f"[ERROR] server@solo.dc1 stopped for good: {WHY}" in out


def test_an_agent_that_was_started_for_faults_goes_on_and_its_http_gives_the_reason(agent, http, until) -> None:
    process, place = agent(enable_fault_injection=True, fault_injection_token="t"), f"{IP}:8500"
    until(lambda: answered(http, place))
    http(place, "PUT", "/v1/internal/faults", {"verb": "io_error", "nodes": "solo"}, **{"X-Consul-Token": "t"})
    with suppress(TimeoutError):
        http(place, "PUT", "/v1/kv/x", b"x", timeout=1)
    refused = http(place, "PUT", "/v1/kv/x", b"x")
    assert (refused.status, "server@solo.dc1 is down: journal failed: " in refused.text) == (500, True)
    http(place, "DELETE", "/v1/internal/faults", **{"X-Consul-Token": "t"})
    until(lambda: http(place, "PUT", "/v1/kv/x", b"x").text == "true")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert "server@solo.dc1 stopped for good: journal failed: " in err


@pytest.fixture
def dev(runtime: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    addresses = own_addresses(next(CLUSTERS))  # the same for each start of this test, and no other test's

    def start() -> subprocess.Popen[str]:
        size = ["-servers", "1", "-agents", "1", "-data-dir", str(runtime / "d")]
        command = [*LICTOR, "dev", *addresses, *size, "-exec", 'echo "$LICTOR_CONTROL"; cat']
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, text=True, start_new_session=True, **pipes))
        return started[-1]

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                pipe.close()


def control_of(process: subprocess.Popen[str]) -> str:
    for line in process.stdout:
        if line.startswith("/"):
            return line.strip()
    raise AssertionError(process.stderr.read())


def test_a_dev_cluster_says_it_on_the_terminal_in_the_log_and_through_other_nodes(dev, http, runtime) -> None:
    process = dev()
    cluster = Cluster(control_of(process))
    agent, lines = cluster.nodes["agent-1"], list[str]()
    told = threading.Event()

    def read() -> None:
        for line in process.stderr:
            lines.append(line)
            if WHY in line:
                told.set()

    reader = threading.Thread(target=read)
    reader.start()
    fill(http, agent)
    fault = cluster.faults.stop("server-1")
    lose_the_first_file(runtime / "d" / "server-1")
    fault.heal()
    assert told.wait(30), lines
    assert f"server@server-1.dc1 has ended: {WHY}" in lines[-1]
    assert f"[ERROR] server@server-1.dc1 stopped for good: {WHY}" in (Path(cluster.logs) / "server-1.log").read_text()
    refused = until_refused(http, agent)
    assert f"server@server-1.dc1 is down: {WHY}" in refused
    process.stdin.close()
    process.wait(20)
    reader.join()

    again = dev()
    _, err = again.communicate(timeout=60)
    assert again.returncode == 1
    assert f"server@server-1.dc1 has ended: {WHY}" in err


def until_refused(http: Callable[..., Any], node: Any) -> str:
    """The agent may have to hear first that its server is back."""
    for _ in range(10):
        refused = http(node, "GET", "/v1/kv/k1")
        assert refused.status == 500
        if "is down" in refused.text:
            return str(refused.text)
    return str(refused.text)
