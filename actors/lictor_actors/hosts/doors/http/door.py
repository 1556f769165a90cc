"""The HTTP door of a node: a thin asyncio protocol on httptools, with limits on everything a client may waste.

It knows nothing of Consul: each whole request goes to ``ask``, and the answer leaves on the same connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lictor_actors.hosts.doors.http.connection import HttpConnection
from lictor_actors.hosts.doors.http.heard import Heard
from lictor_actors.hosts.doors.http.response import Encoder
from lictor_actors.hosts.doors.http.sites import Sites, is_here
from lictor_messages.kv import VALUE_MOST
from lictor_messages.web import HttpAnswered, HttpAsked

Ask = Callable[[HttpAsked, Callable[[HttpAnswered], None]], Callable[[], None]]
"""Takes a request and its ``answer``, to be called once, now or later; returns what to call if the client hangs up."""
TICK_S = 1.0
"""Time limits are looked at this often, and only while there are connections."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bytes and seconds that one client may take. Seconds are whole ticks."""

    head: int = 64 * 1024
    """Bytes of all header lines: more is answered 431."""
    target: int = 32 * 1024
    """Bytes of the request target: more is answered 414."""
    body: int = 1024 * 1024
    """Bytes of a body: more is answered 413."""
    bodies: Mapping[str, int] = field(
        default_factory=lambda: {
            "/v1/kv/": VALUE_MOST,
            "/v1/txn": VALUE_MOST,
            "/v1/snapshot": 1024 * 1024 * 1024,
        }
    )
    """The same for paths that take less or more, and for all that is below them if they end in a slash. Consul's limits
    on values and transactions; what ``GET /v1/snapshot`` gave has to be taken back. Of those above ``body`` one at a
    time, from its first bytes to its answer: they are held in memory."""
    connections_per_client: int = 200
    """Consul's limits.http_max_conns_per_client: more are answered 429."""
    write_buffer: int = 256 * 1024
    """Unsent bytes from which on a client counts as slow."""
    slow_reader_s: int = 30
    """A client that stays slow for this long is cut off."""
    slow_sender_s: int = 15
    """A request must be whole after this long: later it is answered 408."""
    slow_sender_bytes: int = 1024 * 1024
    """For every so many bytes that have come of a body its sender has another second."""
    idle_s: int = 120
    """An idle connection is closed after this long."""
    half_closed_s: int = 1
    """A client that closed its side is taken for gone after this long."""
    answer_s: int = 660
    """Longer than any blocking query may take: the answer is lost, so the client is cut off to try again."""
    least: int = field(init=False)
    """Bytes of a body that every path takes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", min((self.body, *self.bodies.values())))

    def body_most(self, path: str) -> int:
        """Bytes of a body that this path takes."""
        below = (most for prefix, most in self.bodies.items() if prefix.endswith("/") and path.startswith(prefix))
        return self.bodies.get(path) or next(below, self.body)


class HttpDoor:
    """Listens, admits connections, sweeps them once a second, and drops them all on ``close``."""

    def __init__(self, ask: Ask, limits: HttpLimits | None = None, allowed_hosts: Iterable[str] = ()) -> None:
        """``allowed_hosts``: see ``NodeSpec``."""
        self.ask = ask
        self._allowed = tuple(allowed_hosts)
        self.limits = limits or HttpLimits()
        self.encode = Encoder().encode
        self.heard = Heard()
        self.tick = 0
        self.closed = False
        self._servers: list[asyncio.Server] = []
        self._connections: dict[HttpConnection, None] = {}
        self._per_client: dict[str, int] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._large: HttpConnection | None = None
        """Whose request has a body of more than ``limits.body``."""
        self._empty = asyncio.Event()
        self._empty.set()

    async def listen(self, host: str, port: int) -> int:
        """Open a listener, one of many perhaps; returns its port. Raises OSError if the address is taken."""
        loop = asyncio.get_running_loop()
        sites = Sites(self._allowed, local=is_here(host))
        server = await loop.create_server(lambda: HttpConnection(self, sites), host, port, backlog=512)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening and drop every connection, parked ones too; each hang-up is reported as usual."""
        self.closed = True
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
        count = self._per_client.get(connection.peer, 0)
        if self.closed or count >= self.limits.connections_per_client:
            return False
        self._per_client[connection.peer] = count + 1
        self._connections[connection] = None
        self._empty.clear()
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(TICK_S, self._sweep)
        return True

    def forget(self, connection: HttpConnection) -> None:
        """A connection is gone."""
        self.done_with_large(connection)
        if connection not in self._connections:
            return
        del self._connections[connection]
        left = self._per_client[connection.peer] - 1
        if left:
            self._per_client[connection.peer] = left
        else:
            del self._per_client[connection.peer]
        if not self._connections:
            self._all_gone()

    def takes_large(self, connection: HttpConnection) -> bool:
        """Whether this connection may go on with a body of more than ``limits.body``."""
        self._large = self._large or connection
        return self._large is connection

    def done_with_large(self, connection: HttpConnection) -> None:
        """If this connection had such a body: it has been answered, or nobody waits for that any more."""
        if self._large is connection:
            self._large = None

    def _all_gone(self) -> None:
        self._empty.set()
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None

    def _sweep(self) -> None:
        self.tick += 1
        self._sweeping = asyncio.get_running_loop().call_later(TICK_S, self._sweep)
        for connection in list(self._connections):
            connection.sweep()
