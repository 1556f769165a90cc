"""Requests on their way to another datacenter: to one server there, and to another if that one says nothing.

Every try of a request bears the same id, and comes from the same asker: a write that two servers were asked for is
carried out once. A user event is in no log that would know its id, so no second server hears of one that may be fired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.wan.remote_servers import RemoteServers
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.datacenters import FireEventElsewhere, SilentDue
from lictor_messages.envelope import Envelope, Origin
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused

SILENT_NS = 2_000_000_000
"""A server that has not answered after this long, beyond the time for which its query may block, is silent."""
TRIES = 3
"""Servers that are asked before the asker hears that there is no answer."""
MOST = 4096
"""Requests that may be on their way at once."""
NONE_REACHABLE = "Remote DC has no server currently reachable"
"""Consul's words for a datacenter that is known, and whose servers cannot be reached."""

Done = Callable[[Message, str, Turn], None]
"""Hears the outcome, and the address that it came from ("" if no server gave it)."""


@dataclass(slots=True)
class Crossing:
    """One request."""

    request: str
    dc: str
    message: Query | Command
    done: Done
    budget: int
    cause: str
    origin: Origin
    token: str = field(default="", repr=False)
    only: str = ""
    """The one server that can answer it."""
    tried: list[str] = field(default_factory=list)
    heard: bool = False
    """True once a server may have taken it in: that it did not happen can be said no more."""

    @property
    def patience(self) -> int:
        """How long to wait for one server, in nanoseconds."""
        blocks = isinstance(self.message, Query) and self.message.min_index
        wait = self.message.wait_ns if blocks else 0  # type: ignore[union-attr]
        return wait + wait // 16 + SILENT_NS

    @property
    def timer(self) -> str:
        """Its own among those of the actor."""
        return f"silent {self.request}"


class Crossings:
    """Those that are open, by the id under which they are asked."""

    def __init__(self, servers: RemoteServers) -> None:
        self._servers = servers
        self._open: dict[str, Crossing] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, dc: str, message: Query | Command, done: Done, turn: Turn, only: str = "") -> None:
        """Ask there; what blocks may do so for as long as it says."""
        if len(self._open) >= MOST:
            done(Refused(code="Overloaded"), "", turn)
            return
        if not only and not self._servers.knows(dc):
            done(Refused(code="NoPathToDatacenter"), "", turn)
            return
        e = turn.envelope
        budget, cause = (e.budget_left(turn.now), e.cause or e.request) if e is not None else (0, "")
        request = turn.new_request()
        origin: Origin = e.origin if e is not None else "home"
        token = e.token if e is not None else ""
        crossing = Crossing(request, dc, message, done, budget, cause or request, origin, token, only)
        self._open[request] = crossing
        self._try(crossing, turn)

    def answered(self, request: str, answer: Message, turn: Turn) -> None:
        """An answer has come, from whichever server that was asked; a late one has nothing to answer."""
        crossing = self._open.get(request)
        source = turn.envelope.source if turn.envelope is not None else ""
        if crossing is None:
            turn.count("crossings_answered_late")
            return
        if isinstance(answer, Refused) and answer.row.passing:
            self._servers.rotate(source)
        self._end(crossing, answer, source, turn)

    def not_reached(self, notice: Undeliverable, turn: Turn) -> None:
        """The server that was asked last never got it."""
        crossing = self._open.get(notice.request)
        if crossing is not None and crossing.tried[-1] == notice.target:
            self._servers.rotate(notice.target)
            self._try(crossing, turn)

    def silent(self, due: SilentDue, turn: Turn) -> None:
        """The server that was asked last has said nothing for too long."""
        crossing = self._open.get(due.request)
        if crossing is not None:
            turn.count("crossings_silent")
            self._servers.rotate(crossing.tried[-1])
            self._lost(crossing, turn)

    def server_gone(self, server: str, turn: Turn) -> None:
        """The pool holds this server for dead: what waits for it waits in vain."""
        for crossing in [one for one in self._open.values() if one.tried[-1] == server]:
            self._lost(crossing, turn)

    def _lost(self, crossing: Crossing, turn: Turn) -> None:
        crossing.heard = True
        if isinstance(crossing.message, FireEventElsewhere):
            self._end(crossing, self._why_not(crossing), "", turn)
        else:
            self._try(crossing, turn)

    def _try(self, crossing: Crossing, turn: Turn) -> None:
        places = [crossing.only] if crossing.only else self._servers.of(crossing.dc)
        server = next((place for place in places if place not in crossing.tried), "")
        if not server or len(crossing.tried) == TRIES:
            self._end(crossing, self._why_not(crossing), "", turn)
            return
        crossing.tried.append(server)
        me, request = turn.me, crossing.request
        turn.forward(
            server,
            Envelope(
                me,
                me,
                crossing.message,
                request=request,
                reply_to=me,
                budget=crossing.budget,
                cause=crossing.cause,
                origin=crossing.origin,
                token=crossing.token,
            ),
        )
        turn.set_timer(crossing.timer, crossing.patience, SilentDue(request=request))

    def _why_not(self, crossing: Crossing) -> Refused:
        if crossing.heard:
            return Refused(code="DatacenterSilent")
        return Refused(code="NoPathToDatacenter", text=NONE_REACHABLE)

    def _end(self, crossing: Crossing, outcome: Message, source: str, turn: Turn) -> None:
        del self._open[crossing.request]
        turn.cancel_timer(crossing.timer)
        crossing.done(outcome, source, turn)

    def check(self) -> None:
        """Every request that is open was sent to somewhere."""
        assert all(request == crossing.request and crossing.tried for request, crossing in self._open.items())
