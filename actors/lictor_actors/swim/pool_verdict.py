"""Two nodes claim what only one can have: most of the members decide who keeps it, and the other one stops (Serf).

It stops without a leave: of two that are called the same that would take the other one out of the pool. Each of the two
asks for itself, and hears its own part of the answers: counted by these alone (as Serf does) both could be in the
minority and stop. So one stops only if more than half of all members speak for the other. In a tie, in which Serf has
both stop, the lower address stays; where too few have answered nothing is decided, and they are asked again.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.asking import Asking
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.member_table import MemberTable
from lictor_messages.pool import AskPool, PoolAnswered

QUIET_NS = 30_000_000_000
"""After one question so long no other: claims of the same conflict go on to arrive."""
TRIES = 5
"""So often it is asked, if too few answer: it may take a moment until most have heard of either."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """What is asked, and the sentences in which it is told."""

    payload: bytes
    parties: frozenset[str]
    """Those that have no vote, by ``name.dc``."""
    mine: bytes
    """The answer that speaks for this node."""
    wins_ties: bool
    over: str
    """What both claim: ``the name web-1.dc1``."""
    begins: str
    """That it is claimed twice."""
    rival: str
    """Who else claims it, and where."""
    counted: str
    """What those say that speak for this node: ``members know it at 10.0.0.4:8301``."""
    remedy: str


class PoolVerdict:
    """Asks the members one question, and gives way if most of them do not speak for this node."""

    def __init__(
        self, question: str, members: MemberTable, asking: Asking, listeners: Listeners, *, decides: bool
    ) -> None:
        """``decides``: False where a conflict is said and no more. In the pool of all datacenters two that are called
        the same, and joined by mistake, would take down each other's servers."""
        self._question = question
        self._members = members
        self._asking = asking
        self._listeners = listeners
        self._decides = decides
        self._not_before = 0

    @property
    def idle(self) -> bool:
        """Whether there is no other to ask, or no sense in asking."""
        return self._members.alone or self._members.me.leaving

    def ask(self, dispute: Dispute, turn: Turn) -> None:
        """Once in a while."""
        if self.idle or turn.now < self._not_before:
            return
        self._not_before = turn.now + QUIET_NS
        asked = ": the pool is asked who keeps it" if self._decides else ""
        turn.note(f"conflict: {dispute.begins}{asked}")
        if self._decides:
            self._ask(dispute, TRIES - 1, turn)

    def _ask(self, dispute: Dispute, left: int, turn: Turn) -> None:
        ask = AskPool(name=self._question, payload=dispute.payload)
        refused = self._asking.ask(ask, lambda answered, turn: self._decide(answered, dispute, left, turn), turn)
        if refused is not None:
            turn.note(f"conflict: the pool could not be asked: {refused.words}")

    def _decide(self, answered: PoolAnswered, dispute: Dispute, left: int, turn: Turn) -> None:
        voters = len({*answered.asked} - dispute.parties)
        votes = len(answered.answers)
        mine = sum(answer.payload == dispute.mine for answer in answered.answers)
        all_in = votes >= voters
        count = f"{mine} of {votes} {dispute.counted}"
        if 2 * mine > voters or (all_in and 2 * mine == voters and dispute.wins_ties):
            turn.note(f"conflict: this node keeps {dispute.over}: {count}")
        elif 2 * (votes - mine) > voters or all_in:
            why = f"{dispute.rival}, and only {count}: this node stops. {dispute.remedy}"
            turn.note(f"conflict: {why}")
            self._listeners.stop_node(why, turn)
        elif left and not self.idle:
            self._ask(dispute, left - 1, turn)
        else:
            said = f"{votes} of {voters} members have said" if votes else "no member has said"
            turn.note(f"conflict: {said} who keeps {dispute.over}: both go on")
