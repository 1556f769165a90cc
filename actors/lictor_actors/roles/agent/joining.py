"""What an agent passes on to its node's prober: questions about members, joins, events."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.event_list import event_refused
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_messages.base import Message
from lictor_messages.members import FireEvent, Join
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
    """Passes requests on, unless something is wrong with them."""

    def __init__(self, prober: str, routes: ServerRoutes) -> None:
        self._prober = prober
        self._routes = routes

    def pass_on(self, _: Message, turn: Turn) -> None:
        """The prober answers past the agent."""
        assert turn.envelope is not None
        self._routes.hold(turn.envelope, self._prober)
        turn.forward(self._prober)

    def join(self, join: Join, turn: Turn) -> None:
        """Join through some addresses."""
        self._unless(join_refused(join), join, turn)

    def fire(self, event: FireEvent, turn: Turn) -> None:
        """Spread an event."""
        self._unless(event_refused(event), event, turn)

    def _unless(self, refused: Refused | None, message: Message, turn: Turn) -> None:
        if refused is None:
            self.pass_on(message, turn)
        else:
            turn.reply(refused)
