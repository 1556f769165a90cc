"""A server of HTTP whose replies a test has written beforehand, for what no well-behaved agent says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext


def reply(body: str = "", status: int = 200, **headers: object) -> bytes:
    """``X_Consul_Index=3`` is a header."""
    said = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{said}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


HANG_UP = b""
"""In place of a reply."""


class ScriptedHttp:
    """Replies in the order of the script, over any number of connections; then it is silent."""

    def __init__(self, *script: bytes) -> None:
        self.script = list(script)
        self.requests: list[str] = []
        """Head and body of each."""
        self.connections = 0
        self.url = ""

    @property
    def lines(self) -> list[str]:
        """The first line of each request, without its version."""
        return [request.partition(" HTTP/1.1")[0] for request in self.requests]

    @asynccontextmanager
    async def serving(self, tls: SSLContext | None = None) -> AsyncIterator[ScriptedHttp]:
        """Listen on a free port of this machine."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:"))
        self.requests.append(head + (await reader.readexactly(length)).decode())
        if not self.script:
            await reader.read()
            return False
        said = self.script.pop(0)
        writer.write(said)
        await writer.drain()
        return said != HANG_UP and b"Connection: close" not in said
