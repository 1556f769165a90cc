"""Processor time of a request, HTTP bytes in to HTTP bytes out, through one server without sockets or disk.

    python benchmarks edge

What a busy machine does to throughput it hardly does to this: so two versions can be compared on one that is shared.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from table import show

from lictor_actors.hosts.doors.http.connection import HttpConnection
from lictor_actors.hosts.doors.http.door import HttpDoor
from lictor_actors.hosts.doors.http.opening import OpenHttp
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.node.live import add_node
from lictor_actors.node.spec import NodeSpec

REQUESTS = 20_000
CROWD = 64
"""Connections that each have one request open."""
ROUNDS = 5
VALUE = b"x" * 200
KINDS = {
    "GET default": ("GET", "/v1/kv/edge", b""),
    "GET ?consistent": ("GET", "/v1/kv/edge?consistent", b""),
    "health of a service": ("GET", "/v1/health/service/consul?passing", b""),
    "PUT": ("PUT", "/v1/kv/edge", VALUE),
}


class Client(asyncio.Transport):
    """Sends the same request as soon as it has the answer, and counts."""

    def __init__(self, door: HttpDoor, request: bytes, enough: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self._loop = loop
        self._request = request
        self._enough = enough
        self.left = 0
        self.connection = HttpConnection(door, Sites(local=True))
        self.connection.connection_made(self)

    def go(self, requests: int) -> None:
        """Begin."""
        self.left = requests
        self._loop.call_soon(self._ask)

    def _ask(self) -> None:
        # As from a socket: fresh bytes each time.
        self.connection.data_received(self._request[:1] + self._request[1:])

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert bytes(data[9:12]) == b"200", bytes(data)
        self.left -= 1
        if self.left:
            self._loop.call_soon(self._ask)
        else:
            self._enough.set()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """It sends only when it has its answer."""

    def resume_reading(self) -> None:
        """See ``pause_reading``."""


async def measure(folder: Path) -> dict[str, list[float]]:
    """Microseconds of a request, by kind."""
    host = LiveHost("edge")
    await host.start()
    spec = NodeSpec(
        name="edge",
        server=True,
        bootstrap_expect=1,
        gossip="inproc://edge-g",
        rest=f"ipc://{folder}/r",
        http_port=0,
    )
    await add_node(host, spec)
    door = cast(OpenHttp, host._nodes[spec.node]._doors[0]).listener
    until = time.monotonic() + 30.0
    while not host.readiness()[spec.node].get("server", {}).get("passing_nodes"):
        assert time.monotonic() < until, "no leader"
        await asyncio.sleep(0.01)
    found: dict[str, list[float]] = {}
    await run(door, KINDS["PUT"])
    for _ in range(ROUNDS):
        for name, kind in KINDS.items():
            found.setdefault(name, []).append(await run(door, kind))
    await host.close()
    return found


async def run(door: HttpDoor, kind: tuple[str, str, bytes]) -> float:
    """One round of one kind."""
    method, target, body = kind
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    request = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:8500\r\n{length}\r\n".encode() + body
    loop = asyncio.get_running_loop()
    ends = [asyncio.Event() for _ in range(CROWD)]
    clients = [Client(door, request, end, loop) for end in ends]
    began = time.process_time()
    for client in clients:
        client.go(REQUESTS // CROWD)
    await asyncio.gather(*(end.wait() for end in ends))
    took = time.process_time() - began
    for client in clients:
        client.connection.connection_lost(None)
    return took / REQUESTS * 1e6


def main() -> None:
    """Measure and print."""
    import uvloop

    with TemporaryDirectory() as folder:
        found = uvloop.run(measure(Path(folder)))
    rows = [(name, f"{sorted(took)[len(took) // 2]:.1f}", f"{min(took):.1f}") for name, took in found.items()]
    show("processor time of a request, µs", ("64 connections", "median", "least"), rows)


if __name__ == "__main__":
    main()
