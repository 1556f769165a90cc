"""Writes on their way through the log: who waits for which entry, and what the answer is."""

from __future__ import annotations

from typing import NamedTuple

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import NotLeading, Overloaded, Raft
from lictor_actors.requests.gathering import Gathering
from lictor_actors.roles.server.leader.apply_times import APPLY_TIMES
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.commands import pack_command
from lictor_actors.store.hiding import outcome_for
from lictor_messages.answers import Command
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.server import ProposeDue

TIMER = "propose"


class Open(NamedTuple):
    """A proposal that waits to be committed."""

    term: int
    ticket: Ticket
    began: int = 0
    timed: str = ""
    """The metric that its time goes to, "" for none."""
    sight: Sight | None = None
    """Whose rights the answer keeps to; None: it is told whole."""


class Gathered(NamedTuple):
    """A client's write that is about to be proposed; see ``Open``."""

    ticket: Ticket
    command: Command
    sight: Sight | None = None


class Proposals:
    """Stamps commands, puts them into the log, and answers their askers once their place is decided."""

    def __init__(self, raft: Raft, time: LogTime) -> None:
        self._time = time
        self._raft = raft
        self.open: dict[int, Open] = {}
        """By index of the entry."""
        self.gathered: list[Gathered] = []
        """Writes that are proposed together; while there are any, ProposeDue is on its way."""
        self._gathering = Gathering(TIMER, ProposeDue())

    def __len__(self) -> int:
        return len(self.open) + len(self.gathered)

    def add(self, command: Command, ticket: Ticket, turn: Turn, sight: Sight | None = None) -> None:
        """A client's write: proposed at once, or together with others. ``sight``: see ``Open``."""
        self.gathered.append(Gathered(ticket, command, sight))
        if len(self.gathered) == 1 and self._gathering.goes_at_once(bool(self.open), turn):
            self._propose_gathered(turn)

    def due(self, turn: Turn) -> None:
        """Propose what has gathered, unless more is still coming."""
        if not self._gathering.look_again(len(self.gathered), turn):
            self._propose_gathered(turn)

    def _propose_gathered(self, turn: Turn) -> None:
        gathered, self.gathered = self.gathered, []
        self._gathering.gone(len(gathered), bool(self.open))
        if gathered:
            commands = [(each.ticket.reply_to, each.ticket.request, each.command) for each in gathered]
            self._propose(commands, gathered, turn)

    def propose_own(self, commands: list[Command], turn: Turn) -> int:
        """Writes of the leader itself; the index of the last one, 0 if there is none."""
        mine = [(turn.me, turn.new_request(), command) for command in commands]
        return self._propose(mine, [], turn) if mine else 0

    def wait(self, index: int, ticket: Ticket, began: int = 0, timed: str = "", sight: Sight | None = None) -> None:
        """``ticket`` waits for the entry that was just put at ``index``; see ``Open``."""
        self.open[index] = Open(self._raft.term, ticket, began, timed, sight)

    def committed(self, index: int, term: int, outcome: Message, turn: Turn) -> bool:
        """The entry at ``index`` is applied; False if no write waited for that place."""
        opened = self.open.pop(index, None)
        if opened is None:
            return False
        # Early: the entry is committed, a quorum has it on disk, however far this server's own is.
        done = outcome_for(opened.sight, outcome) if opened.term == term else Refused(code="NotCommitted")
        turn.answer(opened.ticket, done, early=True)
        if opened.timed:
            turn.sample(opened.timed, (turn.now - opened.began) / 1e6)
        if self.gathered and not self.open:
            self._gathering.round_over(turn)
        return True

    def end(self, turn: Turn) -> None:
        """This server leads no more, and will not learn what becomes of its entries.

        Early: that is so however far its disk is.
        """
        for opened in self.open.values():
            turn.answer(opened.ticket, Refused(code="LeadershipLost"), early=True)
        self._refuse(self.gathered, Refused(code="NotLeader", leader=self._raft.leader), turn)
        turn.cancel_timer(TIMER)

    def _propose(self, commands: list[tuple[str, str, Command]], writes: list[Gathered], turn: Turn) -> int:
        stamp = self._time.stamp(turn.now, turn.wall)
        data = [pack_command(stamp, asker, request, command) for asker, request, command in commands]
        try:
            indexes = self._raft.propose(data, turn)
        except NotLeading as refused:
            self._refuse(writes, Refused(code="NotLeader", leader=refused.leader), turn)
            return 0
        except Overloaded:
            self._refuse(writes, Refused(code="Overloaded"), turn)
            return 0
        for index, (ticket, command, sight) in zip(indexes, writes, strict=False):
            self.wait(index, ticket, turn.now, APPLY_TIMES.get(type(command), ""), sight)
        return indexes[-1]

    def _refuse(self, writes: list[Gathered], refusal: Refused, turn: Turn) -> None:
        for write in writes:
            turn.answer(write.ticket, refusal, early=True)  # nothing was done
