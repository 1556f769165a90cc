"""An inlet whose sockets the event loop reads itself; see ``stream_pipe`` for why."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lictor_actors.bus.arrival import Arrival
from lictor_actors.bus.inlet import Took
from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.listening import in_words, listening
from lictor_actors.bus.per_client import PerClient
from lictor_actors.bus.sp import Endpoint, Splitter, endpoint_of, made_ready
from lictor_actors.bus.speakers import FrameSource
from lictor_messages.addresses import join_host_port
from lictor_messages.codec import FrameRefused

READ_BYTES = 256 * 1024
"""Read from one connection before the others get a turn."""
BYTES_A_TURN = READ_BYTES
"""Read from all of them before the loop gets a turn: 200 that flood a server would keep it from its timers for long."""
ACCEPT_AGAIN_S = 0.1
"""Pause after a connection could not be accepted, which is for want of descriptors."""


class Admission(NamedTuple):
    """What is asked of those that come."""

    per_client: int = 0
    """Connections of one address; 0: any number."""
    greeting_s: float = 10.0
    """How long an arrival may take to greet, as with nng: port scanners would keep their descriptors for ever."""


ALL = Admission()


class StreamInlet:
    """See ``Inlet``; each connection is a source. One that does not speak as a Push socket is ended, and counted."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        took: Took,
        count: Callable[[str], None],
        bytes_max: int,
        admission: Admission = ALL,
        tls: LaneTls | None = None,
    ) -> None:
        """``took`` gets each frame; one of more than ``bytes_max`` ends its connection."""
        self._tls = tls or LaneTls()
        self._greeting_s = admission.greeting_s
        self._clients = PerClient(admission.per_client)
        self._came_from: dict[socket.socket, str] = {}
        self._loop = loop
        self._took = took
        self._count = count
        self._bytes_max = bytes_max
        self._listeners: dict[socket.socket, Endpoint] = {}
        self._arrivals: dict[socket.socket, Arrival] = {}
        self._room = memoryview(bytearray(READ_BYTES))
        self._bytes = 0
        """Read in this turn of the loop."""
        self._waiting: dict[socket.socket, None] = {}
        """What could be read when the turn was over, in order; they come first in the next."""
        self._paused: dict[FrameSource, None] = {}
        """They stay readable, and so come up in each turn of the loop until they are resumed."""

    def listen(self, url: str) -> None:
        """See ``Inlet``."""
        endpoint = endpoint_of(url)
        for old in [listener for listener, known in self._listeners.items() if known == endpoint and endpoint.path]:
            self._loop.remove_reader(old)  # its file is gone: no peer finds it any more
            del self._listeners[old]
            old.close()
        with in_words(endpoint.path or join_host_port(endpoint.host, endpoint.port)):
            listener = listening(endpoint)
        self._listeners[listener] = endpoint
        self._watch(listener)

    def pause(self, source: FrameSource) -> None:
        """See ``Inlet``."""
        self._paused[source] = None

    def resume(self, source: FrameSource) -> None:
        """See ``Inlet``."""
        self._paused.pop(source, None)

    def close(self) -> None:
        """See ``Inlet``."""
        for connection in list(self._arrivals):
            self._hang_up(connection)
        for listener, endpoint in self._listeners.items():
            self._loop.remove_reader(listener)
            if endpoint.path:  # while it is still ours: closed, the next process may clear it away and listen there
                Path(endpoint.path).unlink(missing_ok=True)
            listener.close()
        self._listeners.clear()

    def _watch(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            self._loop.add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, place = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            # Ready all the time, it would keep the loop busy with nothing else.
            self._count("accept_failed")
            self._loop.remove_reader(listener)
            self._loop.call_later(ACCEPT_AGAIN_S, self._watch, listener)
            return
        client = place[0] if isinstance(place, tuple) else ""
        if not self._clients.admit(client):
            self._count("too_many_connections")
            connection.close()
            return
        self._count("rpc.accept_conn")
        self._came_from[connection] = client
        self._greet(connection, self._listeners[listener])

    def _greet(self, connection: socket.socket, endpoint: Endpoint) -> None:
        made_ready(connection)
        arrival = self._arrivals[connection] = Arrival(Splitter(endpoint.marker, self._bytes_max), self._tls)
        self._loop.add_reader(connection, self._readable, connection)
        if not self._say(connection, arrival):
            self._hang_up(connection)
            return
        self._loop.call_later(self._greeting_s, self._expect_greeted, connection)

    def _expect_greeted(self, connection: socket.socket) -> None:
        arrival = self._arrivals.get(connection)
        if arrival is not None and not arrival.greeted:
            self._count("never_greeted")
            self._hang_up(connection)

    def _readable(self, connection: socket.socket) -> None:
        if self._arrivals[connection] in self._paused:
            return
        if self._bytes < BYTES_A_TURN:
            self._read(connection)
        else:
            self._waiting[connection] = None

    def _next_turn(self) -> None:
        self._bytes = 0
        while self._waiting and self._bytes < BYTES_A_TURN:
            connection = next(iter(self._waiting))
            del self._waiting[connection]
            self._readable(connection)

    def _read(self, connection: socket.socket) -> None:
        try:
            size = connection.recv_into(self._room)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if self._bytes < BYTES_A_TURN <= self._bytes + size:
            self._loop.call_soon(self._next_turn)
        self._bytes += size
        if not size:
            self._hang_up(connection)
            return
        arrival = self._arrivals[connection]
        try:
            for frame in arrival.received(bytes(self._room[:size])):
                self._took(frame, arrival)
        except FrameRefused as refusal:
            self._count(f"frame_{refusal.reason}")
            self._say(connection, arrival)  # why, in TLS's own words
            self._hang_up(connection)
            return
        if not self._say(connection, arrival):
            self._hang_up(connection)

    def _say(self, connection: socket.socket, arrival: Arrival) -> bool:
        """What is owed to it; False if it is gone, or takes not even so little."""
        owed = arrival.to_send()
        if not owed:
            return True
        try:
            return connection.send(owed) == len(owed)
        except OSError:
            return False

    def _hang_up(self, connection: socket.socket) -> None:
        del self._arrivals[connection]
        self._waiting.pop(connection, None)
        self._loop.remove_reader(connection)
        self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        self._clients.forget(self._came_from.pop(connection))
        connection.close()
