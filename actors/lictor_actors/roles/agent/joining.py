"""What an agent passes on to its node's prober: questions about members, joins, events."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_actors.store.user_events import event_refused
from lictor_messages.agent import AgentOptions
from lictor_messages.base import Message
from lictor_messages.members import FireEvent, ForceLeave, Join, ListMembers, Members
from lictor_messages.refusals import Refused

JOIN_MOST = 128
"""Addresses of one Join: each is dialled at once."""


def join_refused(join: Join) -> Refused | None:
    """What is wrong with it, None if nothing is."""
    if len(join.addresses) <= JOIN_MOST:
        return None
    text = f"addresses to join through: {JOIN_MOST} at most at a time, not {len(join.addresses)}"
    return Refused(code="BadRequest", text=text)


class ToProber:
    """Passes requests on to the prober of the pool that they concern, unless something is wrong with them."""

    def __init__(self, options: AgentOptions, prober: str, routes: ServerRoutes) -> None:
        self._options = options
        self._prober = prober
        self._routes = routes

    def of_pool(self, message: ListMembers | Join | ForceLeave, turn: Turn) -> None:
        """The datacenter's own, or that of the servers of all."""
        prober = self.prober_of(message)
        if prober:
            self._pass_to(prober, turn)
        else:
            turn.reply(not_in_pool(message, self._options))

    def prober_of(self, message: ListMembers | Join | ForceLeave) -> str:
        """Whose pool that is, "" if this node has no part in it."""
        return self._options.wan_prober if message.wan else self._prober

    def pass_on(self, _: Message, turn: Turn) -> None:
        """The prober answers past the agent."""
        self._pass_to(self._prober, turn)

    def join(self, join: Join, turn: Turn) -> None:
        """Join through some addresses."""
        refused = join_refused(join)
        if refused is None:
            self.of_pool(join, turn)
        else:
            turn.reply(refused)

    def fire(self, event: FireEvent, turn: Turn) -> None:
        """Spread an event."""
        refused = event_refused(event)
        if refused is None:
            self.pass_on(event, turn)
        else:
            turn.reply(refused)

    def _pass_to(self, prober: str, turn: Turn) -> None:
        assert turn.envelope is not None
        self._routes.hold(turn.envelope, prober)
        turn.forward(prober)


def not_in_pool(message: Message, options: AgentOptions) -> Message:
    """The answer to what concerns the pool of all datacenters' servers, on a node that has no part in it."""
    if isinstance(message, ListMembers):
        return Members(members=())
    why = "WAN federation is disabled: set ports.serf_wan" if options.server else "Must be a server to join WAN cluster"
    return Refused(code="Invalid", text=why)
