"""The shell around the machine of one HTTP connection: asyncio's protocol of an accepted socket.

Nothing is decided here, so that what is over TLS needs no more than asyncio's own transport for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

from lictor_actors.hosts.doors.http.events import AnswerPiece, Asked, BodyPiece, Close, Event, Follow, LastWords
from lictor_actors.hosts.doors.http.log_follower import LogFollower
from lictor_actors.hosts.doors.http.machine import HttpMachine
from lictor_actors.hosts.doors.http.phases import ASKED
from lictor_actors.hosts.doors.http.premises import Premises
from lictor_actors.hosts.doors.http.request import Refuse
from lictor_actors.hosts.doors.http.response import refusal
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered, HttpAsked

Gone = Callable[[], None]
TOO_MANY = "Your IP is issuing too many concurrent connections, please rate limit your calls\n"


class Doorkeeper(Protocol):
    """What a connection needs of the door that it came in by."""

    premises: Premises
    tick: int
    """Its clock: seconds, but while it has no connections."""
    ask: Callable[[HttpAsked, Callable[[HttpAnswered], None]], Gone]
    """Passes a request on; returns what to call if its client hangs up first."""

    def admit(self, connection: HttpConnection) -> bool:
        """Whether its client may have one more."""

    def forget(self, connection: HttpConnection) -> None:
        """It is closed."""


class HttpConnection(asyncio.Protocol):
    """Tells the machine what the socket says, and carries out what it wishes."""

    def __init__(self, door: Doorkeeper, sites: Sites) -> None:
        self.peer = ""
        self._door = door
        self._sites = sites
        self._gone: Gone | None = None
        """To be called if the client hangs up before its request is answered."""
        self._body: list[bytes] = []
        self._follower: LogFollower | None = None
        self._busy = False
        """True while events are carried out, or the next one is due in another turn of the loop."""
        self._reads = True

    # -- the socket ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the client, unless it has too many connections already."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._door.premises.limits.write_buffer)
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else ""
        self.machine = HttpMachine(self._door.premises, self._sites, self.peer, self._door.tick)
        if not self._door.admit(self):
            premises = self._door.premises
            self._transport.write(refusal(Refuse(429, TOO_MANY), premises.wall, premises.headers))
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        self.machine.receive(data, self._door.tick)
        self._go_on()

    def eof_received(self) -> bool:
        """Half-closed: keep our side open for answers under way, where a connection has halves."""
        return self.machine.eof(self._door.tick) and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        """The client reads more slowly than we answer."""
        self.machine.block(self._door.tick)

    def resume_writing(self) -> None:
        """It has caught up."""
        self.machine.unblock()
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: the gateway is told if it works for it."""
        self.machine.lost()
        self._door.forget(self)
        if self._follower is not None:
            self._follower.end()
        gone, self._gone = self._gone, None
        if gone is not None:
            gone()

    # -- the door --------------------------------------------------------------

    def sweep(self) -> None:
        """Once a tick: end what has waited for too long."""
        if self.machine.sweep(self._door.tick):
            self.abort()
        self._go_on()

    def abort(self) -> None:
        """Drop the connection with what is under way."""
        self._transport.abort()

    # -- the machine -----------------------------------------------------------

    def _go_on(self) -> None:
        """Carry out events until the machine waits. An answer that is given at once does not recurse."""
        if self._busy:
            return
        self._busy = True
        machine, transport, now = self.machine, self._transport, self._door.tick
        while not (machine.waits or transport.is_closing()):  # uvloop raises on a write after close
            event = machine.next(now)
            if type(event) is Asked:
                self._ask(event)
            elif type(event) is bytes:
                transport.write(event)
            elif type(event) is AnswerPiece:
                transport.write(event.data)
                asyncio.get_running_loop().call_soon(self._next_turn)
                return
            elif event is not None:
                self._carry_out_rare(event)
        self._busy = False
        if machine.reads is not self._reads and not transport.is_closing():
            self._throttle(reads=machine.reads)

    def _next_turn(self) -> None:
        self._busy = False
        self._go_on()

    def _carry_out_rare(self, event: Event) -> None:
        match event:
            case BodyPiece():
                self._body.append(event.data)
            case Follow():
                self._follower = LogFollower(event.log, self._line)
                self._follower.begin()
            case LastWords():
                self._transport.write(event.data)
                self._half_close()
            case Close():
                self._transport.close()

    def _line(self, data: bytes) -> bool:
        said = self.machine.line(data)
        if said is None or self._transport.is_closing():
            return False
        self._transport.write(said)
        return True

    def _half_close(self) -> None:
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:  # TLS has no halves
            self._transport.close()

    def _throttle(self, *, reads: bool) -> None:
        self._reads = reads
        if reads:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _ask(self, event: Asked) -> None:
        asked, machine = event.asked, self.machine
        if self._body:
            asked = asked.model_copy(update={"body": b"".join(self._body)})
            self._body.clear()
        gone = self._door.ask(asked, partial(self._answered, machine.number))
        self._gone = gone if machine.phase is ASKED else None

    def _answered(self, number: int, answered: HttpAnswered) -> None:
        door = self._door
        if self.machine.answer(number, answered, door.tick):
            door.premises.wall = int(time.time())
            self._gone = None
            self._go_on()
