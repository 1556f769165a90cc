"""The server's part in a graceful leave: it takes nothing new on, and waits until the others do without its vote."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import Raft
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_messages.autopilot import AwaitRemoval, ReadyToLeave, Removed


class ServerDeparture:
    """Lasts for the life of the server: a leave is never taken back by it."""

    def __init__(self, raft: Raft) -> None:
        self._raft = raft
        self._going: list[Ticket] = []
        """Who waits until the others can do without this server."""
        self.leaving = False
        """True once this node is about to go."""

    def prepare(self, leading: Leadership | None, turn: Turn) -> None:
        """The node is about to leave: a leader hands over first."""
        self.leaving = True
        if leading is None:
            turn.reply(ReadyToLeave())
        else:
            leading.handover.leave(turn)

    def await_removal(self, _: AwaitRemoval, turn: Turn) -> None:
        """Of two voters the one that stays needs the other's vote, until the configuration has it no longer."""
        self._going.append(turn.ticket())

    def look(self, turn: Turn) -> None:
        """The configuration may have changed."""
        if self._going and not self._counts:
            going, self._going = self._going, []
            for ticket in going:
                turn.answer(ticket, Removed())

    @property
    def _counts(self) -> bool:
        me = self._raft.me
        return me in self._raft.members.names and self._raft.configuration != (me,)
