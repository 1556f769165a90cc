"""Writes on their way through the log: who waits for which entry, and what they hear."""

from __future__ import annotations

from typing import NamedTuple

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import NotLeading, Overloaded, Raft
from lictor_actors.roles.log_time import LogTime
from lictor_actors.store.commands import pack_command
from lictor_messages.answers import Command
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.server import ProposeDue


class Open(NamedTuple):
    """A proposal that waits to be committed."""

    term: int
    ticket: Ticket


class Proposals:
    """Stamps commands, puts them into the log, and answers whoever asked once their place is decided."""

    def __init__(self, raft: Raft) -> None:
        self.time = LogTime()
        self._raft = raft
        self.open: dict[int, Open] = {}
        """By index of the entry."""
        self.gathered: list[tuple[Ticket, Command]] = []
        """Writes that are proposed together at the end of this moment."""
        self._crowded = False
        """True if there was more than one the last time: then even the first of the next ones waits for company."""

    def __len__(self) -> int:
        return len(self.open) + len(self.gathered)

    def add(self, command: Command, ticket: Ticket, turn: Turn) -> None:
        """Somebody's write: proposed at once, or with whatever else comes in this moment."""
        self.gathered.append((ticket, command))
        if not self.open and not self._crowded:
            self.due(turn)
        elif len(self.gathered) == 1:
            # Those that come together share one message to each peer and one sync.
            turn.set_timer("propose", 0, ProposeDue())

    def due(self, turn: Turn) -> None:
        """The moment is over: propose what has gathered."""
        gathered, self.gathered = self.gathered, []
        self._crowded = len(gathered) > 1
        if gathered:
            commands = [(ticket.reply_to, ticket.request, command) for ticket, command in gathered]
            self._propose(commands, [ticket for ticket, _ in gathered], turn)

    def propose_own(self, commands: list[Command], turn: Turn) -> int:
        """Writes of the leader itself; the index of the last one, 0 if there is none."""
        mine = [(turn.me, turn.new_request(), command) for command in commands]
        return self._propose(mine, [], turn) if mine else 0

    def wait(self, index: int, ticket: Ticket) -> None:
        """``ticket`` waits for the entry that was just put at ``index``."""
        self.open[index] = Open(self._raft.term, ticket)

    def committed(self, index: int, term: int, outcome: Message, turn: Turn) -> bool:
        """The entry at ``index`` is applied; False if nobody waited for that place."""
        opened = self.open.pop(index, None)
        if opened is None:
            return False
        # Early: the entry is committed, a quorum has it on disk, whatever this server still writes.
        done = outcome if opened.term == term else Refused(code="NotCommitted")
        turn.answer(opened.ticket, done, early=True)
        return True

    def leadership_lost(self, turn: Turn) -> None:
        """Nobody here will hear what became of these."""
        for opened in self.open.values():
            turn.answer(opened.ticket, Refused(code="LeadershipLost"))
        self.open.clear()

    def _propose(self, commands: list[tuple[str, str, Command]], tickets: list[Ticket], turn: Turn) -> int:
        stamp = self.time.stamp(turn.now, turn.wall)
        data = [pack_command(stamp, asker, request, command) for asker, request, command in commands]
        try:
            indexes = self._raft.propose(data, turn)
        except NotLeading as refused:
            self._refuse(tickets, Refused(code="NotLeader", leader=refused.leader), turn)
            return 0
        except Overloaded:
            self._refuse(tickets, Refused(code="Overloaded"), turn)
            return 0
        for index, ticket in zip(indexes, tickets, strict=False):
            self.wait(index, ticket)
        return indexes[-1]

    def _refuse(self, tickets: list[Ticket], refusal: Refused, turn: Turn) -> None:
        for ticket in tickets:
            turn.answer(ticket, refusal)
