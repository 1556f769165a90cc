"""What is asked of another datacenter, on a server: its router takes that, where it has one."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.store.store import Store
from lictor_messages.answers import Command, Query
from lictor_messages.datacenters import FailOver
from lictor_messages.envelope import Envelope, role_of
from lictor_messages.queries import ExecutePreparedQuery, ExplainPreparedQuery, PreparedQueries, QueryExecuted
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions


class Elsewhere:
    """The server's way to its router. What is passed on rests on no write: it leaves early."""

    def __init__(self, options: ServerOptions) -> None:
        self._dc = options.dc
        self._router = options.router
        self.crossed = 0
        """Requests that were passed on."""

    def takes(self, message: Query | Command, turn: Turn) -> bool:
        """True if the request in hand is for another datacenter, and was passed on or refused."""
        if not message.dc or message.dc == self._dc:
            return False
        if self._router and turn.envelope is not None and role_of(turn.envelope.source) != role_of(self._router):
            self.crossed += 1
            turn.forward(self._router, early=True)
        else:
            turn.reply(Refused(code="NoPathToDatacenter"), early=True)
        return True

    def searches(
        self, asked: ExecutePreparedQuery, nothing: QueryExecuted, store: Store, ticket: Ticket, turn: Turn
    ) -> bool:
        """True if others are asked for what a prepared query has not found here: it says so, and there is a way."""
        if not self._router or not nothing.found or nothing.instances:
            return False
        run = store.evaluate(ExplainPreparedQuery(name_or_id=asked.name_or_id))
        assert isinstance(run, PreparedQueries)
        (query,) = run.queries
        failover = query.service.failover
        if not (failover.nearest_n or failover.datacenters or failover.targets):
            return False
        body = FailOver(asked=asked, query=query, nothing=nothing)
        request, reply_to, source, cause, origin = ticket
        held = Envelope(source, turn.me, body, request=request, reply_to=reply_to, cause=cause, origin=origin)
        turn.forward(self._router, held, early=True)
        return True
