"""SIGINT and SIGTERM at many moments from exec on, also where the shell had SIGINT ignored, and as process 1.

Each moment is an event that can be seen from outside: a library that is mapped, a file that is locked, a port that is
listened on. What comes before the first line of Python is the kernel's affair, so the first moment is the handlers.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from lictor_deploy.local.handle import own_addresses

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
]
ENTRY = [sys.executable, "-m", "lictor_deploy.cli.entry"]
IP = own_addresses()[1].rsplit(".", 1)[0] + ".243" if own_addresses()[0] == "-base-ip" else "127.0.0.1"
PATIENCE_S = 60
INT, TERM = signal.SIGINT, signal.SIGTERM
MOMENTS = [
    ("handlers", INT),
    ("handlers", TERM),
    ("pydantic", INT),
    ("pynng", TERM),
    ("data", INT),
    ("listening", TERM),
    ("answers", INT),
    ("answers", TERM),
]
"""Both signals have one handler until the node stands, and then one way to stop: between, one of them will do."""
FEW = [(moment, number) for moment, number in MOMENTS if moment not in ("pynng", "listening")]
Start = Callable[..., subprocess.Popen[str]]


def named(value: str | signal.Signals) -> str:
    return value if isinstance(value, str) else value.name


def catches(pid: int, number: int) -> bool:
    """Whether the process has a handler for this signal."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return bool(int(next(line for line in lines if line.startswith("SigCgt")).split()[1], 16) >> (number - 1) & 1)
    return False


def maps(pid: int, library: str) -> bool:
    with suppress(OSError):
        return library in Path(f"/proc/{pid}/maps").read_text()
    return False


def listens(pid: int, port: int) -> bool:
    """Whether something listens on this port of the test's own address."""
    place = f"{int.from_bytes(ip_address(IP).packed, sys.byteorder):08X}:{port:04X}"
    with suppress(OSError):
        rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
        return any(row[1] == place and row[3] == "0A" for row in rows)
    return False


def wait_for(process: subprocess.Popen[str], pid: int, seen: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not seen():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end


def reach(moment: str, process: subprocess.Popen[str], pid: int, data: Path) -> None:
    """Return at this moment of the process's start."""
    wait_for(process, pid, lambda: catches(pid, signal.SIGTERM) and catches(pid, signal.SIGINT))
    match moment:
        case "pydantic" | "pynng":
            wait_for(process, pid, lambda: maps(pid, moment))
        case "data":
            wait_for(process, pid, lambda: (data / "lock").exists())
        case "listening":
            wait_for(process, pid, lambda: listens(pid, 8301))
        case "answers":
            wait_for(process, pid, lambda: listens(pid, 8500))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(*command: str, ignoring: bool = False) -> subprocess.Popen[str]:
        """``ignoring``: as a shell without job control starts what has ``&`` behind it."""
        words = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *command] if ignoring else list(command)
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def agent(tmp_path: Path, *flags: str) -> list[str]:
    return [*ENTRY, "agent", f"-bind={IP}", f"-client={IP}", f"-data-dir={tmp_path / 'd'}", *flags]


@pytest.mark.parametrize(("moment", "number"), MOMENTS, ids=named)
def test_a_server_ends_with_status_1_at_any_moment(start, tmp_path, moment, number) -> None:
    process = start(*agent(tmp_path, "-server", "-bootstrap"), ignoring=True)
    reach(moment, process, process.pid, tmp_path / "d")
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert err in ("", f"lictor agent was ended by {number.name} before it had started.\n")
    assert err or moment not in ("handlers", "pydantic")


@pytest.mark.parametrize("moment", ["data", "listening", "answers"])
def test_a_client_leaves_though_it_is_told_to_before_it_has_started(start, tmp_path, moment) -> None:
    process = start(*agent(tmp_path), ignoring=True)
    reach(moment, process, process.pid, tmp_path / "d")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) in [
        (0, ""),
        (1, "lictor agent was ended by SIGINT before it had started.\n"),
    ]
    assert moment == "data" or process.returncode == 0


@pytest.mark.parametrize(("moment", "number"), FEW, ids=named)
def test_a_dev_cluster_ends_and_leaves_nothing(start, runtime, moment, number) -> None:
    size = ["-servers", "1", "-agents", "1", "-base-ip", IP, "-data-dir", str(runtime / "d")]
    process = start(*ENTRY, "dev", *size, ignoring=True)
    reach(moment, process, process.pid, runtime / "d")
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE_S)
    stood = "Stop: Ctrl-C" in out  # that is how it is meant to end then
    assert process.returncode == (0 if stood and number == signal.SIGINT else 128 + number)
    assert not list((runtime / "r").glob("lictor-*/dev-*"))


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs a place where a process can be the first")
@pytest.mark.parametrize(("moment", "number"), FEW, ids=named)
def test_the_first_process_of_a_container_ends_too(start, tmp_path, moment, number) -> None:
    """The kernel gives such a process only the signals that it has a handler for."""
    if subprocess.run(["unshare", "-rpf", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no namespaces")
    process = start("unshare", "-rpf", "--kill-child", *agent(tmp_path, "-server", "-bootstrap"), ignoring=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_for(process, process.pid, lambda: bool(children.read_text().split()))
    pid = int(children.read_text().split()[0])
    reach(moment, process, pid, tmp_path / "d")
    os.kill(pid, number)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1


def test_a_dev_cluster_behind_nohup_outlives_its_terminal(start, runtime) -> None:
    """A terminal that is closed sends SIGHUP to the whole group."""
    size = ["-servers", "1", "-agents", "1", "-base-ip", IP, "-data-dir", str(runtime / "d")]
    process = start("nohup", *ENTRY, "dev", *size)
    reach("answers", process, process.pid, runtime / "d")
    before = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    os.killpg(process.pid, signal.SIGHUP)
    os.kill(process.pid, signal.SIGTERM)  # only what comes after the other has been dealt with ends it
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, len(before.split()) > 1) == (128 + signal.SIGTERM, True)
    assert "died" not in out + err


def test_a_short_command_keeps_what_it_inherits(start) -> None:
    """SIGINT goes to the whole group: what runs behind a shell without job control is to go on."""
    process = start(*ENTRY, "sim", "-seed", "1", "-until", "1s", ignoring=True)
    wait_for(process, process.pid, lambda: maps(process.pid, "pydantic_core"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
