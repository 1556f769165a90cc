"""Requests that come together share a round: a lone one is sent at once, under load even the first waits for others.

Requests that share a round share its messages and its syncs. Soon after a round is answered, its askers ask again, so
requests that came in between wait for them: otherwise the askers split in two halves that take turns.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_messages.base import Message

WAIT_MOST_NS = 4_000_000
"""How long a round, or further requests, are waited for: a round takes about half as long within one site."""


class Gathering:
    """Decides how long the first of those that have come waits. ``look`` is the timer's message for ``look_again``."""

    __slots__ = ("_crowded", "_look", "_seen", "_timer", "_until")

    def __init__(self, timer: str, look: Message) -> None:
        self._timer = timer
        self._look = look
        self._seen = 0
        """How many had come at the last look."""
        self._until = 0
        self._crowded = False
        """True if several were under way the last time."""

    def goes_at_once(self, busy: bool, turn: Turn) -> bool:
        """The first has come; ``busy``: a round is on its way. If it has to wait, a look is set."""
        if not busy and not self._crowded:
            return True
        self._wait(WAIT_MOST_NS if busy else 0, turn)
        return False

    def round_over(self, turn: Turn) -> None:
        """Some wait, and the askers that the round answered may join them."""
        self._wait(0, turn)

    def look_again(self, count: int, turn: Turn) -> bool:
        """True if some have come since the last look: then another one is set. Otherwise it is time to go."""
        if count <= self._seen or turn.now >= self._until:
            return False
        self._seen = count
        turn.set_timer(self._timer, 0, self._look)
        return True

    def gone(self, count: int, busy: bool) -> None:
        """So many go together now, while others are on their way or not."""
        self._crowded = count > 1 or busy

    def _wait(self, after: int, turn: Turn) -> None:
        self._seen, self._until = 0, turn.now + WAIT_MOST_NS
        turn.set_timer(self._timer, after, self._look)
