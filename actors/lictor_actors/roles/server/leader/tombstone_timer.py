"""When deleted keys may be forgotten: the leader has their tombstones reaped a quarter of an hour after the deletion.

Deletions of 30 s share a bin, as in Consul. A new leader counts the quarter of an hour anew.
"""

from __future__ import annotations

from collections import deque

from lictor_actors.kernel.turn import Turn
from lictor_actors.store.families.kv.table import TOMBSTONES
from lictor_actors.store.store import Store
from lictor_messages.answers import Command
from lictor_messages.kv import ReapDue, ReapTombstones

TTL_NS = 900_000_000_000
BIN_NS = 30_000_000_000
TIMER = "reap"


class TombstoneTimer:
    """The newest tombstone at the end of each bin."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bins: deque[tuple[int, int]] = deque()

    def begin(self, turn: Turn) -> None:
        """This server leads now."""
        turn.set_timer(TIMER, BIN_NS, ReapDue())

    def end(self, turn: Turn) -> None:
        """It leads no more."""
        turn.cancel_timer(TIMER)

    def due(self, turn: Turn) -> list[Command]:
        """Close a bin; what to propose, if one is old enough."""
        store = self._store
        newest = store.indexes.table(TOMBSTONES)
        if store.kv.tombstones and (not self._bins or self._bins[-1][1] < newest):
            self._bins.append((turn.now, newest))
        upto = 0
        while self._bins and turn.now - self._bins[0][0] >= TTL_NS:
            upto = self._bins.popleft()[1]
            turn.sample("leader.reapTombstones", 0.0)
        turn.set_timer(TIMER, BIN_NS, ReapDue())
        return [ReapTombstones(upto=upto)] if upto and store.kv.tombstones else []
