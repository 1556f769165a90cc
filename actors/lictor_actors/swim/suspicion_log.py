"""Each suspicion of this node with its accusers, its time and how it ended; the latest are kept."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.members import Outcome, SuspicionSeen

MOST = 256
"""Suspicions that are over and still shown."""
OUTCOMES: tuple[Outcome, ...] = ("refuted", "failed", "left")


class Suspected(NamedTuple):
    """What ``SuspicionSeen`` says, in half of its memory: each node keeps one of each member that failed."""

    node: str
    incarnation: int
    accuser: str
    confirmers: tuple[str, ...]
    wanted: int
    began_ns: int
    age_ns: int
    lasts_ns: int
    outcome: Outcome
    by: str


class SuspicionLog:
    """Told of each suspicion that ends. Those that run stand in the table."""

    def __init__(self) -> None:
        self.ended: dict[Outcome, int] = dict.fromkeys(OUTCOMES, 0)
        """How often each, in this life."""
        self._over: deque[Suspected] = deque(maxlen=MOST)

    def end(self, peer: Peer, outcome: Outcome, by: str, turn: Turn) -> None:
        """What is said ``by`` that node ends the suspicion of this member, if there is one."""
        if peer.suspicion is None:
            return
        seen = _suspected(peer, outcome, by, turn)
        self._over.append(seen)
        self.ended[outcome] += 1
        if outcome != "left":  # which is told of every member that leaves
            turn.note(f"{outcome}: {peer.node}, {words(seen)}")

    def all(self, members: MemberTable, turn: Turn) -> tuple[SuspicionSeen, ...]:
        """Those that run, then those that are over, the latest first."""
        running = (_suspected(peer, "open", "", turn) for peer in members.accused(MemberState.SUSPECT))
        return tuple(SuspicionSeen(**seen._asdict()) for seen in (*running, *reversed(self._over)))


def words(seen: Suspected) -> str:
    """Who accused, who confirmed that, and how long it took."""
    confirmed = f", confirmed by {' and '.join(seen.confirmers)}" if seen.confirmers else ""
    decided = f", declared dead by {seen.by}" if seen.outcome == "failed" else ""
    took = f"after {seen.age_ns / 1e9:.1f} s of at most {seen.lasts_ns / 1e9:.1f} s"
    return f"accused by {seen.accuser}{confirmed}{decided}, {took}"


def _suspected(peer: Peer, outcome: Outcome, by: str, turn: Turn) -> Suspected:
    suspicion, age = peer.suspicion, turn.now - peer.since
    assert suspicion is not None
    accuser, *confirmers = suspicion.accusers
    return Suspected(
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
