"""A Unix socket in front of a TCP address, for what is to be reached by a path."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def unix_relay(http: str) -> Iterator[str]:
    """``unix://PATH`` that leads to ``ip:port`` while the context lasts."""
    host, _, port = http.rpartition(":")
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/s"
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        listen = asyncio.start_unix_server(lambda *near: _relay(*near, host, int(port)), path)
        relayed = asyncio.run_coroutine_threadsafe(listen, loop).result()
        yield f"unix://{path}"
        asyncio.run_coroutine_threadsafe(_ended(relayed), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
    loop.close()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
    far_reader, far_writer = await asyncio.open_connection(host, port)
    await asyncio.gather(_copied(reader, far_writer), _copied(far_reader, writer))


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _ended(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
