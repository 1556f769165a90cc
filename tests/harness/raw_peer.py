"""A peer that hears one request and answers with bytes of the test's own: what no library would ever send."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from enum import Enum

from lictor_actors.hosts.live.jobs import Jobs
from lictor_messages.base import Message


class Then(Enum):
    """What a peer does beside writing."""

    STALL = "says no more, and keeps the connection"
    RESET = "resets the connection"
    REPEAT = "says the last bytes again and again"


Step = bytes | Then
NOT_FOUND = (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",)


class RawPeer:
    """Answers each path with its steps, then closes; ``heard`` are the requests. What is no HTTP has the path ""."""

    def __init__(self, paths: dict[str, tuple[Step, ...]], ends: bytes = b"\r\n\r\n") -> None:
        self.paths = paths
        self._ends = ends
        self.heard: list[bytes] = []
        self.port = 0
        self._over = asyncio.Event()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(self._ends)
            self.heard.append(head)
            path = head.split()[1].decode() if head.endswith(b"\r\n\r\n") else ""
            await self._play(self.paths.get(path, NOT_FOUND), writer)
        writer.close()

    async def _play(self, steps: tuple[Step, ...], writer: asyncio.StreamWriter) -> None:
        last = b""
        for step in steps:
            match step:
                case bytes():
                    last = step
                    writer.write(step)
                    await writer.drain()
                case Then.STALL:
                    await self._over.wait()
                case Then.RESET:
                    raw = writer.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                case Then.REPEAT:
                    while not self._over.is_set():
                        writer.write(last)
                        await writer.drain()

    @contextlib.asynccontextmanager
    async def listening(self, host: str = "127.0.0.1") -> AsyncIterator[RawPeer]:
        server = await asyncio.start_server(self._serve, host, 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            try:
                yield self
            finally:
                self._over.set()


async def result_of(jobs: Jobs, job: Message) -> Message:
    """What one job ends in."""
    done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    jobs.run(job, done.set_result)
    return await done
