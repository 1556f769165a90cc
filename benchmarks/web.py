"""One keep-alive HTTP connection for asyncio that knows whether a request that failed may have been carried out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NamedTuple

from lictor_messages.addresses import split_host_port

DEFINITE_WORDS = (b"No cluster leader", b"No known Consul servers", b"The server is stopping")
"""Refusals that HTTP words in no other way: what was asked did not happen."""


class Reply(NamedTuple):
    """What a node said."""

    status: int
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def definite(self) -> bool:
        """For a reply that is no success: did the request certainly not happen?"""
        return 400 <= self.status < 500 or self.body.startswith(DEFINITE_WORDS)


class Broken(OSError):
    """No reply: ``definite`` if the request cannot have been read."""

    def __init__(self, definite: bool, why: object) -> None:
        super().__init__(str(why) or type(why).__name__)
        self.definite = definite


class Web:
    """Asks one node; connects when it must. One request at a time."""

    def __init__(self, address: str, timeout_s: float = 15.0) -> None:
        self._place = split_host_port(address)
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.connects = 0
        """Connections made so far: a node that died in between is met on another one."""

    async def ask(self, method: str, target: str, body: bytes = b"") -> Reply:
        """One request; raises Broken."""
        try:
            async with asyncio.timeout(self._timeout_s):
                reader, writer = await self._connected()
                head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                return await _read(reader)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            if isinstance(error, Broken):
                raise
            raise Broken(False, error) from None
        except asyncio.CancelledError:
            self.close()
            raise

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection(*self._place, limit=1 << 24)
            except OSError as error:
                raise Broken(True, error) from None
            self.connects += 1
        return self._streams

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            with suppress(RuntimeError):
                self._streams[1].close()
            self._streams = None


async def _read(reader: asyncio.StreamReader) -> Reply:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(int(first.split()[1]), headers, body)
