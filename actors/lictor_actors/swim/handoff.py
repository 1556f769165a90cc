"""The receive queues of gossip: what more arrives at once than can be weighed waits, bounded and by priority.

memberlist hands what it reads over to two such queues, records of the living before all else, takes the newest first,
and drops what does not fit. Pings and acks never wait behind it. Here an update is weighed at once as long as no more
than ``AT_ONCE`` come in ten milliseconds: that is as much as half a core does, so a flood leaves time to answer probes.
What is dropped is counted, and comes again with other copies or the next exchange of views.
"""

from __future__ import annotations

from enum import IntEnum

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.claims import claim_of
from lictor_actors.swim.updates import Hearing, Updates
from lictor_messages.swim import Alive, Dead, HandoffDue, LeaveIntent, Suspect

DEPTH = 1024
"""Updates that wait, of each priority (memberlist's HandoffQueueDepth)."""
AT_ONCE = 256
WINDOW_NS = 10_000_000


class Priority(IntEnum):
    """Which queue is emptied first."""

    ALIVE = 0
    VERDICT = 1
    NEWS = 2
    """Queries and user events."""


class Handoff:
    """Between what rides on messages and the rules that weigh it."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates
        self._queues: tuple[dict[bytes, str], ...] = tuple({} for _ in Priority)
        """Update → the one who sent it."""
        self._since = 0
        self._taken = 0

    @property
    def waiting(self) -> int:
        """Updates in the queues."""
        return sum(map(len, self._queues))

    @property
    def longest(self) -> int:
        """Updates in the longest of the queues."""
        return max(map(len, self._queues))

    def take_in(self, updates: tuple[bytes, ...], source: str, turn: Turn) -> None:
        """Weigh these updates of a message now, or have them wait."""
        fresh = self._updates.unseen(updates)
        if self._has_time_for(len(fresh), turn.now):
            if fresh:
                self._updates.take_in(fresh, Hearing(source), turn)
            return
        if not self.waiting:
            turn.set_timer("handoff", WINDOW_NS, HandoffDue())
        for data in fresh:
            self._queue(data, source, turn)

    def due(self, turn: Turn) -> None:
        """Weigh as many as one window has time for."""
        room = AT_ONCE
        for queue in self._queues:
            by_source: dict[str, list[bytes]] = {}
            while queue and room:
                data, source = queue.popitem()
                by_source.setdefault(source, []).append(data)
                room -= 1
            for source, updates in by_source.items():
                self._updates.take_in(updates, Hearing(source), turn)
        if self.waiting:
            turn.set_timer("handoff", WINDOW_NS, HandoffDue())

    def _has_time_for(self, fresh: int, now: int) -> bool:
        if self.waiting:
            return False
        if now - self._since >= WINDOW_NS:
            self._since, self._taken = now, 0
        self._taken += fresh
        return self._taken <= AT_ONCE

    def _queue(self, data: bytes, source: str, turn: Turn) -> None:
        priority = _priority(data)
        queue = self._queues[priority]
        if data in queue:
            return
        if len(queue) < DEPTH:
            queue[data] = source
        else:
            turn.count(f"gossip_handoff_dropped_{priority.name.lower()}")


def _priority(data: bytes) -> Priority:
    match claim_of(data).update:
        case Alive():
            return Priority.ALIVE
        case Suspect() | Dead() | LeaveIntent():
            return Priority.VERDICT
    return Priority.NEWS
