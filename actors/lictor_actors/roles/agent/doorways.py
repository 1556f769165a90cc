"""A node's doorways, told when a server may have lost what it kept for them (see ``lictor_messages.doorways``)."""

from __future__ import annotations

from collections.abc import Sequence

from lictor_actors.kernel.turn import Turn
from lictor_messages.doorways import NEW_LEADER, SERVER_STARTED, AskAgain
from lictor_messages.members import UserEvent


class Doorways:
    """Their addresses, and what they must hear."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    def server_gone(self, turn: Turn) -> None:
        """Stale reads may have been there."""
        self._tell(AskAgain(stale=True), turn)

    def heard(self, event: UserEvent, turn: Turn) -> bool:
        """Pass on what the servers spread for doorways; False if the event is a user's."""
        if event.name == NEW_LEADER:
            self._tell(AskAgain(stale=False), turn)
        elif event.name == SERVER_STARTED:
            # Also what waits for the leader: a server that has just begun knows no other yet, so what it was asked
            # to pass on, and even that it could not, was lost.
            self._tell(AskAgain(stale=True), turn)
            self._tell(AskAgain(stale=False), turn)
        else:
            return False
        return True

    def _tell(self, message: AskAgain, turn: Turn) -> None:
        for address in self._addresses:
            turn.send(address, message)
