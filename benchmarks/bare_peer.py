"""The least that a server in Python can do: the same bytes to whoever says anything. It prints its port and runs on.

python bare_peer.py BYTES
"""

from __future__ import annotations

import asyncio
import sys

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop


class Bare(asyncio.Protocol):
    """One connection."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.answer)  # type: ignore[attr-defined]


async def serve(size: int) -> None:
    Bare.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
