"""Accepted is said once what was accepted is on the disk: its asker may count on it after the next start.

Only these answers wait for the journal. What the agent passes on and what it tells the catalog do not rest on it, and
must go on while a disk is slow or full.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_messages.agent import Accepted
from lictor_messages.host import DiskFreed, DiskFull, Durable
from lictor_messages.refusals import Refused


class Acknowledgements:
    """Who waits for which record."""

    def __init__(self) -> None:
        self.full = ""
        """What the disk said when it had no room, "" while it has."""
        self._durable = 0
        self._waiting: list[tuple[Ticket, int]] = []

    def give(self, ticket: Ticket, upto: int, turn: Turn) -> None:
        """Answer Accepted as soon as every record up to this one is on the disk."""
        if upto <= self._durable:
            turn.answer(ticket, Accepted())
        elif self.full:
            turn.answer(ticket, Refused(code="NotDurable", text=f"no space left on device: {self.full}"))
        else:
            self._waiting.append((ticket, upto))

    def durable(self, durable: Durable, turn: Turn) -> None:
        """So much is on the disk."""
        self._durable = durable.upto
        self._look_again(turn)

    def disk_full(self, full: DiskFull, turn: Turn) -> None:
        """What waits would wait until there is room again."""
        self.full = full.why
        self._look_again(turn)

    def disk_freed(self, _: DiskFreed, __: Turn) -> None:
        """There is room again."""
        self.full = ""

    def _look_again(self, turn: Turn) -> None:
        waiting, self._waiting = self._waiting, []
        for ticket, upto in waiting:
            self.give(ticket, upto, turn)
