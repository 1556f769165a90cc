"""A crowd of blocked queries on plain asyncio protocols: connect, park, then see when each is answered."""

from __future__ import annotations

import asyncio
import re
import statistics
import time

from lictor_messages.addresses import split_host_port

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop

PER_ADDRESS = 150
"""Connections from one local address: an agent refuses more than 200 of one client."""


class Watcher(asyncio.Protocol):
    """One connection with one question after the other."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.at = time.perf_counter()
        if not self.answered.done():
            self.answered.set_result(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answered.done():
            self.answered.set_exception(ConnectionResetError("the node hung up before it answered"))

    def hang_up(self) -> None:
        self.answered.cancel()
        self.transport.abort()  # type: ignore[attr-defined]

    def ask(self, method: str, path: str, body: bytes = b"") -> None:
        if self.transport.is_closing():  # type: ignore[attr-defined]
            raise ConnectionResetError("the node hung up before it was asked")
        self.answered = asyncio.get_running_loop().create_future()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.transport.write(head + body)  # type: ignore[attr-defined]


def waited(address: str, watchers: int) -> tuple[float, float, float, float]:
    """One round of ``wake`` on a loop of its own, the lightest there is."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(wake(address, watchers))


async def wake(address: str, watchers: int) -> tuple[float, float, float, float]:
    """Milliseconds from sending a PUT to its answer, and to the first, the median and the last watcher's."""
    host, port = split_host_port(address)
    loop = asyncio.get_running_loop()
    crowd = [
        (await loop.create_connection(Watcher, host, port, local_addr=(f"127.9.0.{1 + i // PER_ADDRESS}", 0)))[1]
        for i in range(watchers)
    ]
    writer = (await loop.create_connection(Watcher, host, port))[1]
    writer.ask("PUT", "/v1/kv/watched", b"before")
    await writer.answered
    writer.ask("GET", "/v1/kv/watched")
    found = re.search(rb"X-Consul-Index: (\d+)", await writer.answered)
    assert found is not None
    for watcher in crowd:
        watcher.ask("GET", f"/v1/kv/watched?index={int(found[1])}&wait=60s")
    await asyncio.sleep(1.0)
    assert not any(watcher.answered.done() for watcher in crowd), "a watcher was answered before the write"
    began = time.perf_counter()
    writer.ask("PUT", "/v1/kv/watched", b"after")
    await asyncio.wait_for(asyncio.gather(writer.answered, *(watcher.answered for watcher in crowd)), 20)
    woken = sorted(watcher.at - began for watcher in crowd)
    for connection in (writer, *crowd):
        connection.hang_up()
    return tuple(1e3 * t for t in (writer.at - began, woken[0], statistics.median(woken), woken[-1]))  # type: ignore[return-value]
