"""One attempt to reach a Pull socket: TCP or a local socket, TLS where it is asked for, and the greetings."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lictor_actors.bus.arrival import reason
from lictor_actors.bus.certified import Certified
from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.sp import PULL_GREETS, PUSH_GREETS, Endpoint, made_ready
from lictor_actors.bus.tls_stream import TlsStream
from lictor_messages.addresses import parsed_ip

READ_BYTES = 1 << 16


class Dialled(NamedTuple):
    """A connection to a peer that has greeted."""

    socket: socket.socket
    tls: TlsStream | None = None
    peer: Certified | None = None
    """Who is there by its certificate; None without TLS."""


Dialling = Callable[[Endpoint, int], Awaitable[Dialled]]
"""Makes one attempt, whose number it is told; raises OSError, or UnicodeError for a name that is none."""


async def dialled(endpoint: Endpoint, attempt: int) -> Dialled:
    """Without TLS."""
    return await _linked(endpoint, attempt, None)


def over_tls(lane: LaneTls, count: Callable[[str], None]) -> Dialling:
    """By the terms of this lane as they are at each attempt; a handshake that fails is counted."""

    async def attempted(endpoint: Endpoint, attempt: int) -> Dialled:
        tls = lane.outgoing()
        try:
            link = await _linked(endpoint, attempt, tls)
        except ssl.SSLError as error:
            count(f"tls_not_dialled:{reason(error)}")
            raise
        return link if tls is None else link._replace(peer=lane.peer(tls))

    return attempted


async def _linked(endpoint: Endpoint, attempt: int, tls: TlsStream | None) -> Dialled:
    loop = asyncio.get_running_loop()
    places = await _resolved(loop, endpoint)
    family, address = places[attempt % len(places)]  # one that swallows everything must not take all the time
    with contextlib.ExitStack() as undo:
        connection = undo.enter_context(made_ready(socket.socket(family, socket.SOCK_STREAM)))
        await loop.sock_connect(connection, address)
        if tls is None:
            await loop.sock_sendall(connection, PUSH_GREETS)
            greeting = await _greeting(loop, connection, lambda data: data)
        else:
            early = await _shake_hands(loop, connection, tls)
            greeting = early + await _greeting(loop, connection, tls.received, len(PULL_GREETS) - len(early))
        if greeting != PULL_GREETS:
            raise ConnectionError("does not greet as a Pull socket")
        undo.pop_all()
        return Dialled(connection, tls)


async def _shake_hands(loop: asyncio.AbstractEventLoop, connection: socket.socket, tls: TlsStream) -> bytes:
    """Until both believe each other, and greet; what the other side has said behind its part of it."""
    await loop.sock_sendall(connection, tls.begin())
    said = b""
    while not tls.established:
        try:
            said = tls.received(await _some(loop, connection))
        except ssl.SSLError:
            with contextlib.suppress(OSError):  # it may have hung up; its reason is the one to be told
                await loop.sock_sendall(connection, tls.to_send())
            raise
        await loop.sock_sendall(connection, tls.to_send())
    await loop.sock_sendall(connection, tls.sealed(PUSH_GREETS))
    return said


async def _greeting(
    loop: asyncio.AbstractEventLoop,
    connection: socket.socket,
    opened: Callable[[bytes], bytes],
    size: int = len(PULL_GREETS),
) -> bytes:
    """A peer that does not believe our certificate says so here, not in the handshake (RFC 8446, 4.4.3)."""
    greeting = b""
    while len(greeting) < size:
        greeting += opened(await _some(loop, connection))
    return greeting


async def _some(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    piece = await loop.sock_recv(connection, READ_BYTES)
    if not piece:
        raise ConnectionError("hung up instead of greeting")
    return piece


async def _resolved(loop: asyncio.AbstractEventLoop, endpoint: Endpoint) -> list[tuple[int, Any]]:
    """Families and addresses of an endpoint: a name may have several of both."""
    if endpoint.path:
        return [(socket.AF_UNIX, endpoint.path)]
    if parsed_ip(endpoint.host) is None or "%" in endpoint.host:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    return [(family, (endpoint.host, endpoint.port))]
