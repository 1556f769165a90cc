"""Requests for servers: each is passed on to one, which answers past the agent; not handed over, it goes to another.

gateway, door > agent > server    a Query or Command
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.requests.rate import TokenBucket
from lictor_actors.requests.returned import waiting_for
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_messages.agent import AgentOptions, ServerSilent
from lictor_messages.answers import Command, Query
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused
from lictor_messages.sessions import CreateSession


class Forwarding:
    """The agent as a link between its doorways and the servers."""

    def __init__(self, options: AgentOptions, routes: ServerRoutes) -> None:
        self._options = options
        self._routes = routes
        self._rate: TokenBucket | None = None
        """Of requests that leave this node, None while any number may."""

    def limit(self, options: AgentOptions, now: int) -> None:
        """From now on so many are passed on; a server's own agent passes on any number, as in Consul."""
        limited = options.rpc_rate >= 0 and not options.server
        self._rate = TokenBucket(options.rpc_rate, options.rpc_max_burst, now) if limited else None

    def pass_on(self, message: Query | Command, turn: Turn) -> None:
        """To the server whose turn it is, whichever datacenter it is for; refused if no server is known."""
        server = self._routes.first()
        if not server:
            turn.reply(Refused(code="NoServers"))
            return
        if self._rate is not None and not self._rate.take(turn.now):
            turn.count("client.rpc.exceeded")
            turn.reply(Refused(code="RpcRateExceeded"))
            return
        assert turn.envelope is not None
        held = turn.envelope if turn.envelope.body is message else turn.envelope.with_body(message)
        if self._options.acl:
            held.token = self._routes.tokens.of(held)
        self._routes.hold(held, server)
        turn.count("client.rpc")
        turn.forward(server, held)

    def create_session(self, command: CreateSession, turn: Turn) -> None:
        """A session is this node's own unless it names another."""
        if not command.session.node:
            session = command.session.model_copy(update={"node": self._options.name})
            command = command.model_copy(update={"session": session})
        self.pass_on(command, turn)

    def not_reached(self, notice: Undeliverable, turn: Turn) -> None:
        """It did not happen, so asking another server is safe."""
        turn.count("client.rpc.failed")
        if notice.waiter and not self._routes.remembers(notice.request):
            self._forgot(notice, turn)
            return
        held, server = self._routes.not_reached(notice.request, notice.target)
        if held is None:
            return
        self._routes.rotate(notice.target)
        if server:
            turn.forward(server, held)
        else:
            ticket = Ticket(held.request, held.reply_to, held.source, held.cause or held.request, held.origin)
            turn.answer(ticket, Refused(code="Undeliverable", text=notice.down))

    def _forgot(self, notice: Undeliverable, turn: Turn) -> None:
        """Too many requests were on their way to remember this one. Its doorway hears at once that it must ask again,
        not after a minute; indefinite, because it is not known any more whether another server has been asked.
        """
        self._routes.rotate(notice.target)
        turn.answer(waiting_for(notice, turn), Refused(code="TimedOut"))

    def silent(self, silent: ServerSilent, _: Turn) -> None:
        """A doorway waited in vain: the next requests go elsewhere."""
        self._routes.rotate(silent.server or self._routes.asked_of(silent.request))
