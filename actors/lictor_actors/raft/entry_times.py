"""How long entries take: from their place in the log to the own disk and, on the leader, to a majority."""

from __future__ import annotations

from collections import deque

from lictor_actors.kernel.turn import Turn

Waiting = deque[tuple[int, int]]
"""The last index of entries that came together, and when they came."""


class EntryTimes:
    """Of one term's leader. What comes together is measured together."""

    def __init__(self) -> None:
        self._unwritten: Waiting = deque()
        self._uncommitted: Waiting = deque()

    def appended(self, last_index: int, now: int) -> None:
        """Entries up to this one have their place."""
        self._unwritten.append((last_index, now))
        self._uncommitted.append((last_index, now))

    def reached(self, durable: int, committed: int, turn: Turn) -> None:
        """Up to these indexes the own disk has them, and a majority."""
        sample_upto(durable, "raft.leader.dispatchLog", self._unwritten, turn)
        sample_upto(committed, "raft.commitTime", self._uncommitted, turn)


def sample_upto(index: int, what: str, waiting: Waiting, turn: Turn) -> None:
    """Those that end at or before this index wait no more."""
    while waiting and waiting[0][0] <= index:
        turn.sample(what, (turn.now - waiting.popleft()[1]) / 1e6)
