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

GATHER_MOST_NS = 4_000_000
"""How long a write may wait for company: a round of messages and syncs takes about half as long within one site."""


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
        """Writes that are proposed together; while there are any, ProposeDue is on its way."""
        self._seen = 0
        """How many had gathered at the last look."""
        self._until = 0
        self._crowded = False
        """True if several were under way the last time: then even the first of the next ones waits for company."""

    def __len__(self) -> int:
        return len(self.open) + len(self.gathered)

    def add(self, command: Command, ticket: Ticket, turn: Turn) -> None:
        """Somebody's write. Those that come together share one message to each peer and one sync on each disk.

        One that is alone goes at once. The others wait while a round is on its way, for soon after its answers
        those whom it answered write again; then as long as every look finds more. Each wait has its limit.
        """
        self.gathered.append((ticket, command))
        if len(self.gathered) > 1:
            return
        if not self.open and not self._crowded:
            self._propose_gathered(turn)
        else:
            self._seen, self._until = 0, turn.now + GATHER_MOST_NS
            self._look_again(GATHER_MOST_NS if self.open else 0, turn)

    def due(self, turn: Turn) -> None:
        """Look once more if some have come since the last look, else propose."""
        if len(self.gathered) > self._seen and turn.now < self._until:
            self._seen = len(self.gathered)
            self._look_again(0, turn)
        else:
            self._propose_gathered(turn)

    def _look_again(self, after: int, turn: Turn) -> None:
        turn.set_timer("propose", after, ProposeDue())

    def _propose_gathered(self, turn: Turn) -> None:
        gathered, self.gathered = self.gathered, []
        self._crowded = len(gathered) > 1 or bool(self.open)
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
        if self.gathered and not self.open:
            self._until = turn.now + GATHER_MOST_NS
            self._look_again(0, turn)
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
