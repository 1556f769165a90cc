"""What a service manager hears of an agent, and what process 1 of a container does with children that it inherits."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
]
ENTRY = [sys.executable, "-m", "lictor_deploy.cli.entry", "agent", "-dev"]
OFF = [f"-{port}-port=-1" for port in ("http", "dns", "bus", "serf-wan")]
SWEEPS_FAST = (
    "import sys; from lictor_deploy.agent import orphans; orphans.SWEEP_S = 0.2;"
    "from lictor_deploy.cli.entry import main; sys.exit(main())"
)
PATIENCE_S = 60


def free_ports() -> list[str]:
    """Flags of two ports that were free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return [f"-server-port={one.getsockname()[1]}", f"-serf-lan-port={two.getsockname()[1]}"]


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str, **env: str) -> subprocess.Popen[str]:
        place = {**os.environ, **env}
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=place)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_the_manager_hears_of_readiness_of_a_reload_and_of_the_end(start, runtime) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(runtime / "notify"))
        manager.settimeout(PATIENCE_S)
        process = start(*ENTRY, *OFF, *free_ports(), NOTIFY_SOCKET=str(runtime / "notify"))
        assert manager.recv(1000) == b"READY=1"
        process.send_signal(signal.SIGHUP)
        began, moment = manager.recv(1000).split(b"\n")
        assert began == b"RELOADING=1"
        assert 0 <= time.monotonic_ns() // 1000 - int(moment.removeprefix(b"MONOTONIC_USEC=")) < PATIENCE_S * 10**6
        assert manager.recv(1000) == b"READY=1"
        process.send_signal(signal.SIGTERM)
        assert manager.recv(1000) == b"STOPPING=1"
        assert process.wait(PATIENCE_S) == 1


def test_a_manager_that_is_gone_is_a_warning(start, runtime) -> None:
    process = start(*ENTRY, *OFF, *free_ports(), NOTIFY_SOCKET=str(runtime / "gone"))
    line = next(line for line in process.stdout if "service manager" in line)
    assert "does not listen: " in line
    assert process.poll() is None


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs a place where a process can be the first")
def test_process_1_reaps_what_a_check_leaves_behind(start, tmp_path) -> None:
    if subprocess.run(["unshare", "-rpf", "--mount-proc", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no namespaces")
    ended = tmp_path / "ended"
    leaves = ["/bin/sh", "-c", f"setsid sh -c 'sleep 0.1; echo >> {ended}' & exit 0"]
    check = {"check": {"name": "leaves", "args": leaves, "interval": "1s"}, "enable_local_script_checks": True}
    (tmp_path / "check.json").write_text(json.dumps(check))
    agent = [*ENTRY[:1], "-c", SWEEPS_FAST, *ENTRY[3:], *OFF, *free_ports(), f"-config-file={tmp_path / 'check.json'}"]
    outer = start("unshare", "-rpf", "--mount-proc", "--kill-child", *agent)
    first = int(wait_for(lambda: children(outer.pid))[0])
    assert wait_for(lambda: any(map(zombie, children(first))))
    assert wait_for(lambda: not any(map(zombie, children(first))) and ended.exists())


def children(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return []


def zombie(pid: str) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def wait_for(seen):
    end = time.monotonic() + PATIENCE_S
    while not (found := seen()):
        assert time.monotonic() < end
    return found
