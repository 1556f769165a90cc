"""Leaves of members that this node does not know yet: kept until their records arrive, or for five minutes (Serf).

Gossip brings a leave before the record of the one that leaves, or an old record after it was forgotten. Without
what is kept here the member would be met, and stay. One for each member, its strongest; as many as the queue of updates
holds. Serf keeps join intents too: here a record says itself that its node has joined.
"""

from __future__ import annotations

from typing import NamedTuple

from lictor_actors.kernel.turn import Turn
from lictor_messages.swim import Dead, LeaveIntent

KEEP_NS = 300_000_000_000
"""Serf's RecentIntentTimeout."""


class Intent(NamedTuple):
    """That a member leaves, left, or is to be forgotten."""

    claim: LeaveIntent | Dead
    data: bytes
    since: int

    @property
    def final(self) -> bool:
        """It has left, or is to be forgotten: a record that is no newer says nothing."""
        return isinstance(self.claim, Dead) or self.claim.prune


class RecentIntents:
    """By member, the oldest first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._intents: dict[str, Intent] = {}

    def __len__(self) -> int:
        return len(self._intents)

    def __contains__(self, node: str) -> bool:
        return node in self._intents

    def put(self, claim: LeaveIntent | Dead, data: bytes, turn: Turn) -> bool:
        """Keep it, unless what is kept says as much already: then it is False."""
        self._expire(turn)
        known = self._intents.get(claim.node)
        if known is not None and _rank(known.claim) >= _rank(claim):
            turn.count("gossip_intents_repeated")
            return False
        self._intents.pop(claim.node, None)
        if len(self._intents) >= self._most:
            del self._intents[next(iter(self._intents))]
            turn.count("gossip_intents_dropped")
        self._intents[claim.node] = Intent(claim, data, turn.now)
        return True

    def about(self, node: str, incarnation: int, turn: Turn) -> Intent | None:
        """What is kept of this member that a record of this incarnation does not refute."""
        self._expire(turn)
        intent = self._intents.get(node)
        return intent if intent is not None and intent.claim.incarnation >= incarnation else None

    def _expire(self, turn: Turn) -> None:
        while self._intents:
            node, oldest = next(iter(self._intents.items()))
            if turn.now - oldest.since < KEEP_NS:
                break
            del self._intents[node]
            turn.count("gossip_intents_expired")


def _rank(claim: LeaveIntent | Dead) -> tuple[int, bool, bool]:
    prunes = isinstance(claim, LeaveIntent) and claim.prune
    return claim.incarnation, prunes, isinstance(claim, Dead)
