"""Leadership that changes hands on request, or because its node is about to leave; and the vote that goes with it."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import NotLeading, Raft, Role
from lictor_messages.answers import Written
from lictor_messages.autopilot import (
    AwaitRemoval,
    PrepareToLeave,
    ReadyToLeave,
    Removed,
    TransferLateDue,
    TransferLeadership,
)
from lictor_messages.base import Message
from lictor_messages.members import Member
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions

TIMER = "server.handover"


class Handover:
    """Whoever asked waits until this server leads no more, or until Raft has given the transfer up."""

    def __init__(self, options: ServerOptions, raft: Raft) -> None:
        self._options = options
        self._raft = raft
        self._waiting: list[tuple[Ticket, Message, Message]] = []
        """Who waits, what it hears of success and what of failure."""
        self._going: list[Ticket] = []
        """Who waits until the others can do without this server."""
        self.leaving = False
        """True once this node is about to go: nothing new is taken on."""

    def transfer(self, asked: TransferLeadership, members: Mapping[str, Member], turn: Turn) -> None:
        """An operator wants another leader."""
        target = self._node(asked.id, members)
        failed = Refused(code="Invalid", text="leadership transfer failed: no answer within the election time-out")
        why = self._begin(target, turn)
        if why:
            turn.reply(Refused(code="Invalid", text=why))
        else:
            self._wait(turn.ticket(), Written(), failed, turn)

    def leave(self, _: PrepareToLeave, turn: Turn) -> None:
        """The node is about to leave. Without a successor it leaves all the same."""
        self.leaving = True
        if self._raft.role is not Role.LEADER or self._begin("", turn):
            turn.reply(ReadyToLeave())
        else:
            self._wait(turn.ticket(), ReadyToLeave(), ReadyToLeave(), turn)

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
        me = self._options.node
        return me in self._raft.members.names and self._raft.configuration != (me,)

    def done(self, turn: Turn) -> None:
        """This server leads no more."""
        self._answer(turn, succeeded=True)

    def late(self, _: TransferLateDue, turn: Turn) -> None:
        """Raft has given up by now."""
        self._answer(turn, succeeded=False)

    def _begin(self, target: str, turn: Turn) -> str:
        try:
            turn.note(f"hands leadership over to {self._raft.transfer_leadership(target, turn)}")
        except LookupError as nobody:
            return f"failed to transfer leadership: cannot find peer: {nobody.args[0]}"
        except NotLeading:
            return "failed to transfer leadership: it is under way"
        return ""

    def _wait(self, ticket: Ticket, success: Message, failure: Message, turn: Turn) -> None:
        self._waiting.append((ticket, success, failure))
        late = self._raft.options.election_ns + 2 * self._raft.options.heartbeat_ns
        turn.set_timer(TIMER, late, TransferLateDue())

    def _answer(self, turn: Turn, *, succeeded: bool) -> None:
        waiting, self._waiting = self._waiting, []
        turn.cancel_timer(TIMER)
        for ticket, success, failure in waiting:
            turn.answer(ticket, success if succeeded else failure)

    def _node(self, asked: str, members: Mapping[str, Member]) -> str:
        """A server may be named by node id, by name, or as Raft names it; what nobody has is left as it is."""
        for node, member in members.items():
            if asked and asked in (node, member.name, member.tags.get("id")):
                return node
        return asked
