"""Requests that were passed on and came back, because they could not be handed over."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_messages.host import Undeliverable


def waiting_for(notice: Undeliverable, turn: Turn) -> Ticket:
    """Who waits for the answer to a request that this actor passed on and does not remember."""
    origin = turn.envelope.origin if turn.envelope is not None else "home"
    return Ticket(notice.request, notice.waiter, "", notice.request, origin)
