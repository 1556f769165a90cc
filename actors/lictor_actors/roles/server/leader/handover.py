"""Leadership that changes hands on request, or because the leader's node is about to leave."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.raft import NotLeading, Raft
from lictor_messages.answers import Written
from lictor_messages.autopilot import ReadyToLeave, TransferLateDue, TransferLeadership
from lictor_messages.base import Message
from lictor_messages.members import Member
from lictor_messages.refusals import Refused

TIMER = "server.handover"


class Handover:
    """Askers wait until this server leads no more, or until Raft has given the transfer up."""

    def __init__(self, raft: Raft, members: Mapping[str, Member]) -> None:
        self._raft = raft
        self._members = members
        self._waiting: list[tuple[Ticket, Message, Message]] = []
        """Who waits, the answer if the transfer succeeds and the answer if it fails."""

    def transfer(self, asked: TransferLeadership, turn: Turn) -> None:
        """An operator wants another leader."""
        failed = Refused(code="Invalid", text="leadership transfer failed: no answer within the election time-out")
        why = self._begin(self._node(asked.id), turn)
        if why:
            turn.reply(Refused(code="Invalid", text=why))
        else:
            self._wait(turn.ticket(), Written(), failed, turn)

    def leave(self, turn: Turn) -> None:
        """The node is about to leave. Without a successor it leaves all the same."""
        if self._begin("", turn):
            turn.reply(ReadyToLeave())
        else:
            self._wait(turn.ticket(), ReadyToLeave(), ReadyToLeave(), turn)

    def end(self, turn: Turn) -> None:
        """This server leads no more."""
        self._answer(turn, succeeded=True)

    def late(self, turn: Turn) -> None:
        """Raft has given up by now."""
        self._answer(turn, succeeded=False)

    def _begin(self, target: str, turn: Turn) -> str:
        try:
            turn.note(f"hands leadership over to {self._raft.transfer_leadership(target, turn)}")
        except LookupError as missing:
            return f"failed to transfer leadership: cannot find peer: {missing.args[0]}"
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

    def _node(self, asked: str) -> str:
        """A server may be named by node id, by name, or as Raft names it; any other word is left as it is."""
        for node, member in self._members.items():
            if asked and asked in (node, member.name, member.tags.get("id")):
                return node
        return asked
