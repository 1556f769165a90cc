"""Coordinates on their way into the log: gathered for a few seconds, the latest of each node, and written together."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_messages.answers import Command, Written
from lictor_messages.coordinates import CoordinateBatchDue, NodeCoordinate, PutCoordinates, UpdateCoordinate
from lictor_messages.refusals import Refused

GATHERED_NS = 5_000_000_000
"""Consul's coordinate_update_period."""
ENTRY_MOST = 128
"""Coordinates in one entry of the log."""
WAITING_MOST = 10 * ENTRY_MOST
"""Nodes that may wait; more are refused."""
TIMER = "coordinates"


class CoordinateBatch:
    """What came since the last entry. It is lost with the leadership: each node says it again soon."""

    def __init__(self) -> None:
        self._waiting: dict[str, NodeCoordinate] = {}

    def take(self, update: UpdateCoordinate, turn: Turn) -> None:
        """Keep it, or refuse it for good; the answer does not wait for the log."""
        lies = update.coordinate
        if not lies.node:
            turn.reply(Refused(code="Invalid", text="the coordinate names no node: give Node"))
        elif len(self._waiting) >= WAITING_MOST and lies.node not in self._waiting:
            turn.count("coordinates_refused")
            turn.reply(Refused(code="Overloaded"))
        else:
            if not self._waiting:
                turn.set_timer(TIMER, GATHERED_NS, CoordinateBatchDue())
            self._waiting[lies.node] = lies
            turn.reply(Written())

    def due(self) -> list[Command]:
        """What to propose."""
        waiting, self._waiting = list(self._waiting.values()), {}
        entries = (waiting[start : start + ENTRY_MOST] for start in range(0, len(waiting), ENTRY_MOST))
        return [PutCoordinates(coordinates=tuple(entry)) for entry in entries]

    def end(self, turn: Turn) -> None:
        """This server leads no more."""
        turn.cancel_timer(TIMER)
