"""The peers beside which Lictor is measured: three etcd servers, three PySyncObj processes, on fsynced data."""

from __future__ import annotations

import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from wrk import Request

HAVE_ETCD = shutil.which("etcd") is not None
HAVE_PYSYNCOBJ = importlib.util.find_spec("pysyncobj") is not None
VALUE = "x" * 200

V2_PUT = Request("PUT", "/v2/keys/k%d", f"value={VALUE}", "application/x-www-form-urlencoded")
# Any eight digits are base64 of six bytes.
V3_PUT = Request("POST", "/v3/kv/put", '{"key":"%d","value":"' + VALUE + '"}')
V3_GET = Request("POST", "/v3/kv/range", '{"key":"00000000"}')


class Etcd:
    """Three servers on loopback with data on disk."""

    def __init__(self, folder: Path) -> None:
        self.clients = free_ports(3)
        peers = free_ports(3)
        names = ",".join(f"e{i}=http://127.0.0.1:{port}" for i, port in enumerate(peers))
        self._commands = [
            [
                *("etcd", "--name", f"e{i}", "--data-dir", str(folder / f"etcd{i}"), "--enable-v2=true"),
                *("--listen-client-urls", f"http://127.0.0.1:{client}"),
                *("--advertise-client-urls", f"http://127.0.0.1:{client}"),
                *("--listen-peer-urls", f"http://127.0.0.1:{peer}"),
                *("--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"),
                *("--initial-cluster", names, "--log-level", "error"),
            ]
            for i, (client, peer) in enumerate(zip(self.clients, peers, strict=True))
        ]
        self.processes = [_quiet(command) for command in self._commands]

    @property
    def addresses(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self.clients]

    def leader(self) -> int:
        """Its place among the three; waits for an election."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for place, address in enumerate(self.addresses):
                try:
                    status = post(address, "/v3/maintenance/status", b"{}")
                except OSError:
                    continue
                if status.get("leader") not in (None, "0") and status["leader"] == status["header"]["member_id"]:
                    return place
            time.sleep(0.05)
        raise RuntimeError("etcd elected nobody")

    def start_again(self, place: int) -> None:
        """After a kill; waits until it serves reads that need a quorum, and so has caught up."""
        self.processes[place].wait()
        self.processes[place] = _quiet(self._commands[place])
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with suppress(OSError):
                post(self.addresses[place], "/v3/kv/range", b'{"key":"00000000"}')
                return
            time.sleep(0.05)
        raise RuntimeError("etcd did not come back")

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


def _quiet(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def etcd() -> Iterator[Etcd]:
    with tempfile.TemporaryDirectory() as folder:
        peer = Etcd(Path(folder))
        try:
            peer.leader()
            post(peer.addresses[0], "/v3/kv/put", json.dumps({"key": "00000000", "value": VALUE}).encode())
            yield peer
        finally:
            peer.stop()


def post(address: str, path: str, body: bytes, timeout_s: float = 2.0) -> dict[str, Any]:
    request = urllib.request.Request(f"http://{address}{path}", data=body, method="POST")
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        said: dict[str, Any] = json.load(answer)
    return said


def pysyncobj(in_flight: int, seconds: float) -> tuple[float, float]:
    """Writes a second at the leader with so many in flight, and their median in ms. Its log is not fsynced."""
    ports = [str(port) for port in free_ports(3)]
    with tempfile.TemporaryDirectory() as folder:
        script = str(Path(__file__).with_name("pysyncobj_peer.py"))
        processes = [
            subprocess.Popen(
                [sys.executable, script, folder, str(in_flight), str(seconds), ports[i], *ports[:i], *ports[i + 1 :]],
                stdout=subprocess.PIPE,
                text=True,
            )
            for i in range(3)
        ]
        try:
            # Whoever leads prints the figures; the others sleep until they are killed.
            until = time.monotonic() + seconds + 20
            while time.monotonic() < until:
                for process in processes:
                    if process.poll() is not None and process.stdout is not None:
                        rate, p50 = process.stdout.read().split()
                        return float(rate), float(p50)
                time.sleep(0.1)
            raise RuntimeError("PySyncObj did not finish")
        finally:
            for process in processes:
                process.kill()
                process.wait()


@contextmanager
def bare(size: int) -> Iterator[str]:
    """Address of a socket that answers everything with so many bytes and does nothing else: what nobody can beat."""
    script = str(Path(__file__).with_name("bare_peer.py"))
    process = subprocess.Popen([sys.executable, script, str(size)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [int(sock.getsockname()[1]) for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports
