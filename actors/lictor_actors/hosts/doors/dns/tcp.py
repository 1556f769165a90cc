"""Questions by TCP: many on one connection, answered as the answers come; silent connections make room for others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from lictor_actors.bus.listening import bound, in_words
from lictor_actors.hosts.doors.dns.desk import DnsDesk
from lictor_actors.hosts.doors.dns.framing import Frames, framed
from lictor_messages.addresses import join_host_port

CONNECTIONS_MOST = 512
"""One more, and the one that has been silent longest is closed."""
OPEN_MOST = 128
"""Questions of a connection without an answer; with more it is not read."""
IDLE_S = 10.0
TICK_S = 1.0
BACKLOG = 512


class DnsConnection(asyncio.Protocol):
    """One client."""

    def __init__(self, door: TcpListener) -> None:
        self._door = door
        self._frames = Frames()
        self._open = 0
        self._stuffed = False
        """True while the client does not take what it was sent."""
        self._source = ""
        self.heard_at = door.tick

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._source = peer[0] if peer else ""
        self._door.admit(self)

    def connection_lost(self, _: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._door.forget(self)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        packets = self._frames.feed(data)
        if not packets:
            return
        self._door.heard(self)
        self._open += len(packets)
        self._read_or_wait()
        self._door.desk.ask([(packet, self._source) for packet in packets], True, self._answer)

    def pause_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        self._stuffed = True
        self._read_or_wait()

    def resume_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        self._stuffed = False
        self._door.heard(self)
        self._read_or_wait()

    def abort(self) -> None:
        """Close it at once."""
        self._transport.abort()

    def _answer(self, answers: Sequence[tuple[int, bytes]]) -> None:
        self._open -= len(answers)
        if not self._transport.is_closing():
            self._transport.writelines(framed(answer) for _, answer in answers if answer)
        self._read_or_wait()

    def _read_or_wait(self) -> None:
        if self._transport.is_closing():
            return
        if self._stuffed or self._open > OPEN_MOST:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


class TcpListener:
    """Listens, and sweeps silent connections once a second."""

    def __init__(self, desk: DnsDesk, connections_most: int = CONNECTIONS_MOST) -> None:
        self.desk = desk
        self.tick = 0
        """Seconds, while there are connections."""
        self._most = connections_most
        self._servers: list[asyncio.Server] = []
        self._connections: dict[DnsConnection, None] = {}
        """Those that were heard longest ago come first."""
        self._sweeping: asyncio.TimerHandle | None = None

    async def listen(self, host: str, port: int) -> int:
        """Open a listener; returns its port. Raises OSError, in words, if the address is taken."""
        loop = asyncio.get_running_loop()
        with in_words(join_host_port(host, port)):
            made = bound(host, port, socket.SOCK_STREAM)
            server = await loop.create_server(lambda: DnsConnection(self), sock=made, backlog=BACKLOG)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening and drop every connection."""
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def admit(self, connection: DnsConnection) -> None:
        """A new connection: the one that has been silent longest makes room for it."""
        if len(self._connections) >= self._most:
            self.desk.count("dns_tcp_closed:full")
            silent = next(iter(self._connections))
            silent.abort()
            self.forget(silent)
        self._connections[connection] = None
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(TICK_S, self._sweep)

    def heard(self, connection: DnsConnection) -> None:
        """It has asked something, or taken an answer."""
        connection.heard_at = self.tick
        if self._connections.pop(connection, 0) is None:
            self._connections[connection] = None

    def forget(self, connection: DnsConnection) -> None:
        """It is gone."""
        self._connections.pop(connection, None)

    def _sweep(self) -> None:
        self.tick += 1
        self._sweeping = None
        for connection in list(self._connections):
            if self.tick - connection.heard_at <= IDLE_S:
                break
            self.desk.count("dns_tcp_closed:idle")
            connection.abort()
            self.forget(connection)
        if self._connections:
            self._sweeping = asyncio.get_running_loop().call_later(TICK_S, self._sweep)
