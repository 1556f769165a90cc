"""What gossip keeps for later is bounded, and what does not fit is dropped and counted.

memberlist's HandoffQueueDepth for what is to be weighed, the queue of updates for intents about unknown members.
"""

from __future__ import annotations

from lictor_actors.swim.handoff import DEPTH
from lictor_actors.swim.pool import Pool


class FloodBroken(AssertionError):
    """A queue of gossip has outgrown its bound, or lost something without a word."""


class FloodJudge:
    """Looks at probers after their turns, and at what became of a flood."""

    def saw(self, node: str, pool: Pool) -> None:
        """A prober after a turn. Raises FloodBroken."""
        if pool.handoff.longest > DEPTH:
            raise FloodBroken(f"{node} has {pool.handoff.longest} updates of one priority that wait to be weighed")
        if len(pool.intents) > pool.profile.broadcasts_max:
            raise FloodBroken(f"{node} keeps {len(pool.intents)} intents about members that it does not know")

    def ended(self, node: str, sent: int, kept: int, dropped: int) -> None:
        """So many of a flood's intents are kept, and so many were counted as dropped. Raises FloodBroken."""
        if sent - kept > dropped:
            raise FloodBroken(f"of {sent} intents {node} keeps {kept} and has counted {dropped} as dropped")
