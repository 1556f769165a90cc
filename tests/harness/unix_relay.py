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
    writers: list[asyncio.StreamWriter] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writers.append(far_writer)
        await asyncio.gather(_copied(reader, far_writer), _copied(far_reader, writer))

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/s"
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        relayed = asyncio.run_coroutine_threadsafe(asyncio.start_unix_server(relay, path), loop).result()
        try:
            yield f"unix://{path}"
        finally:
            asyncio.run_coroutine_threadsafe(_ended(relayed, writers), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _ended(server: asyncio.Server, writers: list[asyncio.StreamWriter]) -> None:
    """Hang up, and wait until each copy has seen it: a connection that outlives its loop can close no more.

    Nothing is cancelled: a copy that is leaves its two connections open.
    """
    server.close()
    while copies := asyncio.all_tasks() - {asyncio.current_task()}:
        for writer in writers:
            writer.transport.abort()
        await asyncio.wait(copies)
    await asyncio.sleep(0)  # a transport closes its socket in the loop's next round
