"""What a server spreads by gossip, so that no doorway waits for an answer that was lost with a server."""

from __future__ import annotations

from lictor_actors.consul.uuids import new_uuid
from lictor_actors.kernel.turn import Turn
from lictor_messages.doorways import NEW_LEADER, SERVER_STARTED
from lictor_messages.members import FireEvent


class Announcements:
    """Of one life of a server."""

    def __init__(self, prober: str) -> None:
        self._prober = prober
        self.waiting = True
        """Until this life has been announced."""

    def started(self, turn: Turn) -> None:
        """To be called as soon as the server knows a leader: before that, what is asked again would only be refused."""
        self.waiting = False
        self._spread(SERVER_STARTED, turn)

    def leads(self, turn: Turn) -> None:
        """This server has become the leader."""
        self._spread(NEW_LEADER, turn)

    def _spread(self, event: str, turn: Turn) -> None:
        turn.send(self._prober, FireEvent(id=new_uuid(turn.secret(16)), name=event))
