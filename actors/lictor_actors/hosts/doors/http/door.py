"""The HTTP door of a node: a thin asyncio protocol on httptools, with limits on everything a client may waste.

It knows nothing of Consul: each whole request goes to ``ask``, and the answer leaves on the same connection.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from lictor_actors.bus.listening import bound, in_words
from lictor_actors.bus.per_client import PerClient
from lictor_actors.hosts.doors.http.connection import HttpConnection
from lictor_actors.hosts.doors.http.handshakes import Handshakes, TlsTerms
from lictor_actors.hosts.doors.http.limits import HttpLimits
from lictor_actors.hosts.doors.http.premises import Premises
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_actors.hosts.doors.unix import Ownership, bound_to_file
from lictor_messages.addresses import is_here, join_host_port
from lictor_messages.web import HttpAnswered, HttpAsked

Ask = Callable[[HttpAsked, Callable[[HttpAnswered], None]], Callable[[], None]]
"""Takes a request and its ``answer``, to be called once, now or later; returns what to call if the client hangs up."""
BACKLOG = 512
TICK_S = 1.0
"""Time limits are looked at this often, and only while there are connections."""


class HttpDoor:
    """Listens, admits connections, sweeps them once a second, and drops them all on ``close``."""

    def __init__(self, ask: Ask, limits: HttpLimits | None = None, allowed_hosts: Iterable[str] = ()) -> None:
        """``allowed_hosts``: see ``NodeSpec``."""
        self.ask = ask
        self._allowed = tuple(allowed_hosts)
        self.premises = Premises(limits or HttpLimits())
        self.tick = 0
        """The clock of the connections: seconds, but while there are none."""
        self._servers: list[asyncio.Server | Handshakes] = []
        self._files: list[str] = []
        """Of local sockets."""
        self._connections: dict[HttpConnection, None] = {}
        self._per_client = PerClient(self.premises.limits.connections_per_client)
        self._sweeping: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    async def listen(self, host: str, port: int, tls: TlsTerms | None = None) -> int:
        """Open a listener, one of many perhaps; returns its port. Raises OSError if the address is taken."""
        with in_words(join_host_port(host, port)):
            listening = bound(host, port)
            await self._listen(listening, Sites(self._allowed, local=is_here(host)), tls)
        return int(listening.getsockname()[1])

    async def listen_at(self, path: str, ownership: Ownership, tls: TlsTerms | None = None) -> None:
        """Open a listener at a local socket. Raises OSError, see ``bound_to_file``."""
        with in_words(path):
            await self._listen(bound_to_file(path, ownership), Sites(self._allowed, local=True), tls)
        self._files.append(path)

    async def _listen(self, listening: socket.socket, sites: Sites, tls: TlsTerms | None) -> None:
        def made() -> HttpConnection:
            return HttpConnection(self, sites)

        if tls is not None:
            listening.setblocking(False)
            listening.listen(BACKLOG)
            self._servers.append(Handshakes(listening, tls, self.premises, made))
            return
        loop = asyncio.get_running_loop()
        local = listening.family == socket.AF_UNIX
        create = loop.create_unix_server if local else loop.create_server
        self._servers.append(await create(made, sock=listening, backlog=BACKLOG))

    def close(self) -> None:
        """Stop listening and drop every connection, parked ones too; each hang-up is reported as usual."""
        self.premises.closed = True
        for path in self._files:
            Path(path).unlink(missing_ok=True)
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.abort()

    async def wait_closed(self) -> None:
        """Return when the last connection is gone."""
        await self._empty.wait()

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    # -- for the connections ---------------------------------------------------

    def admit(self, connection: HttpConnection) -> bool:
        """Count a new connection; False if its client has too many, or the door is closing."""
        self.premises.wall = int(time.time())
        self._per_client.most = self.premises.limits.connections_per_client
        if self.premises.closed or not self._per_client.admit(connection.peer):
            return False
        self._connections[connection] = None
        self._empty.clear()
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(TICK_S, self._sweep)
        return True

    def forget(self, connection: HttpConnection) -> None:
        """A connection is gone."""
        if connection not in self._connections:
            return
        del self._connections[connection]
        self._per_client.forget(connection.peer)
        if not self._connections:
            self._all_gone()

    def _all_gone(self) -> None:
        self._empty.set()
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None

    def _sweep(self) -> None:
        self.tick += 1
        self.premises.wall = int(time.time())
        self._sweeping = asyncio.get_running_loop().call_later(TICK_S, self._sweep)
        for connection in list(self._connections):
            connection.sweep()
