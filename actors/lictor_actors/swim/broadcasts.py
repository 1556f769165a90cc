"""The queue of updates to spread: one per subject, each sent a limited number of times (SWIM section 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

TOO_LONG_MOST = 8
"""A message that so many updates did not fit into is full."""


@dataclass(slots=True)
class Broadcast:
    """An encoded update and how often this node has sent it."""

    data: bytes
    event: bool
    sent: int = 0

    @property
    def urgency(self) -> tuple[bool, int]:
        """Membership goes before user events, then what was sent least."""
        return self.event, self.sent


class Broadcasts:
    """Bounded when something is put in, not now and then: churn elsewhere must not fill this node's memory."""

    __slots__ = ("_bound", "_bytes", "_levels", "_queue")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._queue: dict[str, Broadcast] = {}
        self._levels: dict[tuple[bool, int], dict[str, Broadcast]] = {}
        """The same by urgency, so that no message has to sort what waits: thousands do while a large pool starts."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._queue)

    def __contains__(self, key: str) -> bool:
        return key in self._queue

    def put(self, key: str, data: bytes, *, event: bool = False) -> None:
        """Queue an update about ``key``; it replaces an older one. A full queue drops its oldest."""
        self.remove(key)
        if len(self._queue) >= self._bound:
            self.remove(next(iter(self._queue)))
        self._queue[key] = broadcast = Broadcast(data, event)
        self._enter(key, broadcast)
        self._bytes += len(data)

    def remove(self, key: str) -> None:
        """Forget the update about ``key``, if there is one."""
        old = self._queue.pop(key, None)
        if old is not None:
            self._withdraw(key, old)
            self._bytes -= len(old.data)

    def clear(self) -> None:
        """Forget everything."""
        self._queue.clear()
        self._levels.clear()
        self._bytes = 0

    def take(self, limit: int, budget: int) -> tuple[bytes, ...]:
        """Updates for one message of at most ``budget`` bytes; each is dropped after its ``limit``-th transmit."""
        chosen = self._fitting(budget)
        for key, broadcast in chosen:
            self._withdraw(key, broadcast)
            broadcast.sent += 1
            if broadcast.sent >= limit:
                del self._queue[key]
                self._bytes -= len(broadcast.data)
            else:
                self._enter(key, broadcast)
        return tuple([broadcast.data for _, broadcast in chosen])

    def _enter(self, key: str, broadcast: Broadcast) -> None:
        self._levels.setdefault(broadcast.urgency, {})[key] = broadcast

    def _withdraw(self, key: str, broadcast: Broadcast) -> None:
        level = self._levels[broadcast.urgency]
        del level[key]
        if not level:
            del self._levels[broadcast.urgency]

    def _fitting(self, budget: int) -> list[tuple[str, Broadcast]]:
        """The most urgent first, of equally urgent ones those that became so last; what is too long leaves room
        for shorter ones."""
        if self._bytes <= budget:
            return list(self._queue.items())
        chosen, too_long = [], 0
        for key, broadcast in self._by_urgency():
            size = len(broadcast.data)
            if size <= budget:
                chosen.append((key, broadcast))
                budget -= size
            elif (too_long := too_long + 1) == TOO_LONG_MOST:
                break
        return chosen

    def _by_urgency(self) -> Iterator[tuple[str, Broadcast]]:
        for urgency in sorted(self._levels):
            yield from reversed(self._levels[urgency].items())
