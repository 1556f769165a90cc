"""Each suspicion of this node with its accusers, its time and how it ended; the latest are kept."""

from __future__ import annotations

from collections import deque

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.members import Outcome, SuspicionSeen

MOST = 256
"""Suspicions that are over and still shown."""
OUTCOMES: tuple[Outcome, ...] = ("refuted", "failed", "left")

EVERY_FIELD = set(SuspicionSeen.model_fields)
"""Shared by all: a set of its own is half of a record's memory, and each node keeps one of each member that failed."""


class SuspicionLog:
    """Told of each suspicion that ends. Those that run stand in the table."""

    def __init__(self) -> None:
        self.ended: dict[Outcome, int] = dict.fromkeys(OUTCOMES, 0)
        """How often each, in this life."""
        self._over: deque[SuspicionSeen] = deque(maxlen=MOST)

    def end(self, peer: Peer, outcome: Outcome, by: str, turn: Turn) -> None:
        """What is said ``by`` that node ends the suspicion of this member, if there is one."""
        if peer.suspicion is None:
            return
        seen = _seen(peer, outcome, by, turn)
        self._over.append(seen)
        self.ended[outcome] += 1
        if outcome != "left":  # which is told of every member that leaves
            turn.note(f"{outcome}: {peer.node}, {words(seen)}")

    def all(self, members: MemberTable, turn: Turn) -> tuple[SuspicionSeen, ...]:
        """Those that run, then those that are over, the latest first."""
        running = (_seen(peer, "open", "", turn) for peer in members.accused(MemberState.SUSPECT))
        return (*running, *reversed(self._over))


def words(seen: SuspicionSeen) -> str:
    """Who accused, who confirmed that, and how long it took."""
    confirmed = f", confirmed by {' and '.join(seen.confirmers)}" if seen.confirmers else ""
    decided = f", declared dead by {seen.by}" if seen.outcome == "failed" else ""
    took = f"after {seen.age_ns / 1e9:.1f} s of at most {seen.lasts_ns / 1e9:.1f} s"
    return f"accused by {seen.accuser}{confirmed}{decided}, {took}"


def _seen(peer: Peer, outcome: Outcome, by: str, turn: Turn) -> SuspicionSeen:
    suspicion, age = peer.suspicion, turn.now - peer.since
    assert suspicion is not None
    accuser, *confirmers = suspicion.accusers
    return SuspicionSeen.model_construct(
        EVERY_FIELD,
        node=peer.node,
        incarnation=peer.incarnation,
        accuser=accuser,
        confirmers=tuple(confirmers),
        wanted=suspicion.wanted,
        began_ns=turn.wall - age,
        age_ns=age,
        lasts_ns=suspicion.deadline - peer.since,
        outcome=outcome,
        by=by,
    )
