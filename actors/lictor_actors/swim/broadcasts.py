"""The queue of updates to spread: one per subject, each sent a limited number of times (SWIM section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Broadcast:
    """An encoded update and how often this node has sent it."""

    data: bytes
    born: int
    event: bool
    sent: int = 0

    def urgency(self) -> tuple[bool, int, int, int]:
        """Sort key: membership before user events, then fewest transmits, then longest, then newest."""
        return self.event, self.sent, -len(self.data), -self.born


class Broadcasts:
    """Bounded when something is put in, not now and then: churn elsewhere must not fill this node's memory."""

    __slots__ = ("_bound", "_bytes", "_count", "_queue")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._queue: dict[str, Broadcast] = {}
        self._bytes = 0
        self._count = 0

    def __len__(self) -> int:
        return len(self._queue)

    def __contains__(self, key: str) -> bool:
        return key in self._queue

    def put(self, key: str, data: bytes, *, event: bool = False) -> None:
        """Queue an update about ``key``; it replaces an older one. A full queue drops its oldest."""
        self.remove(key)
        if len(self._queue) >= self._bound:
            self.remove(next(iter(self._queue)))
        self._count += 1
        self._queue[key] = Broadcast(data, self._count, event)
        self._bytes += len(data)

    def remove(self, key: str) -> None:
        """Forget the update about ``key``, if there is one."""
        old = self._queue.pop(key, None)
        if old is not None:
            self._bytes -= len(old.data)

    def clear(self) -> None:
        """Forget everything."""
        self._queue.clear()
        self._bytes = 0

    def take(self, limit: int, budget: int) -> tuple[bytes, ...]:
        """Updates for one message of at most ``budget`` bytes; each is dropped after its ``limit``-th transmit."""
        taken = []
        for key, broadcast in self._fitting(budget):
            taken.append(broadcast.data)
            broadcast.sent += 1
            if broadcast.sent >= limit:
                self.remove(key)
        return tuple(taken)

    def _fitting(self, budget: int) -> list[tuple[str, Broadcast]]:
        entries = list(self._queue.items())
        if self._bytes <= budget:
            return entries
        entries.sort(key=lambda entry: entry[1].urgency())
        chosen, room = [], budget
        for entry in entries:
            size = len(entry[1].data)
            if size <= room:
                chosen.append(entry)
                room -= size
        return chosen
