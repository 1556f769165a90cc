"""A connection of a client actor, at its door: the Rep side of SP, and TLS where the client begins so.

The event loop speaks it itself, as the lanes and the client do. nng is not asked: its own TLS is Mbed TLS, which had
holes that let others pass for a server, and it has one thread more for each request that is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from lictor_actors.bus.arrival import Arrival
from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.per_client import PerClient
from lictor_actors.bus.sp import REP_GREETS, REQ_GREETS, Splitter, made_ready
from lictor_messages.addresses import is_here
from lictor_messages.codec import FrameRefused

UNKNOWN_MOST = 512
"""Connections that have asked nothing yet, of all addresses: for one more the one that was silent longest is ended."""
WORD_BYTES = 4
HOPS_MOST = 8
"""Devices of SP that a request may have passed, each of which puts a word before it."""


class Caller(NamedTuple):
    """The client at the other end."""

    ip: str
    """"" for one at a local socket."""
    private: bool
    """What it says is not to be read on the way: it came over TLS, or never left this machine."""


Serve = Callable[[bytes, Caller], Awaitable[bytes]]
"""Takes a request and its client; the answer."""


@dataclass(slots=True)
class Reception:
    """What all connections of a door share."""

    serve: Serve
    tls: LaneTls
    bytes_max: int
    counted: Callable[[str], None]
    clients: PerClient
    greeting_s: float
    """How long a client may take to greet, its handshake included: port scanners would keep descriptors for ever."""
    connections: set[RepConnection] = field(default_factory=set)
    """Those that are open."""
    unknown: dict[RepConnection, None] = field(default_factory=dict)
    """Those that have asked nothing yet, in the order in which they came."""
    requests: set[asyncio.Task[None]] = field(default_factory=set)
    """Requests that are under way."""


class RepConnection(asyncio.Protocol):
    """Answers each request by its header, in the order in which answers come; one that is no Req socket is ended."""

    def __init__(self, door: Reception, marker: bytes) -> None:
        """``marker``: what each frame begins with there."""
        self._door = door
        self._marker = marker
        self._arrival = Arrival(Splitter(marker, door.bytes_max, REQ_GREETS), door.tls, REP_GREETS)
        self._transport: asyncio.Transport
        self._late: asyncio.TimerHandle | None = None
        """None for one that was not let in."""

    # -- what asyncio calls ----------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has dialled."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._ip = peer[0] if isinstance(peer, tuple) else ""
        if self._ip and not self._door.clients.admit(self._ip):
            self._door.counted("too_many_connections")
            self._transport.abort()
            return
        self._door.connections.add(self)
        if self._ip:
            made_ready(transport.get_extra_info("socket"))
        self._late = asyncio.get_running_loop().call_later(self._door.greeting_s, self._expect_greeted)
        self._crowd_out()
        self._say()

    def data_received(self, data: bytes) -> None:
        """Requests, whole and in pieces."""
        try:
            for frame in self._arrival.received(data):
                self._door.unknown.pop(self, None)
                self._begin(*cut(frame))
        except FrameRefused as refused:
            self._door.counted(refused.reason)
            self._say()  # why, in TLS's own words
            self.hang_up()
            return
        self._say()

    def pause_writing(self) -> None:
        """It does not take its answers: it gets no more of them."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It has taken them."""
        self._transport.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        """What it has asked goes on: it may be a write."""
        if self._late is None:
            return
        self._late.cancel()
        self._door.connections.discard(self)
        self._door.unknown.pop(self, None)
        if self._ip:
            self._door.clients.forget(self._ip)

    def hang_up(self) -> None:
        """Once what was said to it is sent."""
        self._transport.close()

    # -- requests --------------------------------------------------------------

    def _crowd_out(self) -> None:
        unknown = self._door.unknown
        unknown[self] = None
        if len(unknown) > UNKNOWN_MOST:
            oldest = next(iter(unknown))
            del unknown[oldest]
            self._door.counted("too_many_unknown")
            oldest._transport.abort()

    def _expect_greeted(self) -> None:
        if not self._arrival.greeted:
            self._door.counted("never_greeted")
            self._transport.abort()

    def _begin(self, header: bytes, request: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(header, request))
        self._door.requests.add(task)
        task.add_done_callback(self._door.requests.discard)

    async def _answer(self, header: bytes, request: bytes) -> None:
        caller = Caller(self._ip, self._arrival.encrypted or not self._ip or is_here(self._ip))
        answer = header + await self._door.serve(request, caller)
        if not self._transport.is_closing():
            self._transport.write(self._arrival.sealed(self._marker + len(answer).to_bytes(8) + answer))

    def _say(self) -> None:
        owed = self._arrival.to_send()
        if owed and not self._transport.is_closing():
            self._transport.write(owed)


def cut(frame: bytes) -> tuple[bytes, bytes]:
    """The words before a request, of which the last has its first bit set, and the request (sp-request-reply-01)."""
    for start in range(0, HOPS_MOST * WORD_BYTES, WORD_BYTES):
        if len(frame) >= start + WORD_BYTES and frame[start] & 0x80:
            return frame[: start + WORD_BYTES], frame[start + WORD_BYTES :]
    raise FrameRefused("foreign_bytes", "a request without its number")
