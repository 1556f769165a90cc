"""The queue of updates to spread: one per subject, each sent a limited number of times (SWIM section 4.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from itertools import chain
from typing import NamedTuple

TOO_LONG_MOST = 8
"""A message that so many updates did not fit into is full."""


class Rank(IntEnum):
    """What goes first where there is not room for all (Serf: intents, then queries, then user events)."""

    MEMBER = 0
    QUERY = 1
    EVENT = 2


class Broadcast(NamedTuple):
    """An encoded update."""

    data: bytes
    rank: Rank


Level = dict[str, Broadcast]
"""What was sent equally often, by subject, in the order in which it came to be so."""


class Broadcasts:
    """Bounded when something is put in, not now and then: churn elsewhere must not fill this node's memory.

    While a large pool starts, thousands of updates wait and each is sent a dozen times: so a message that takes all of
    them moves whole levels, and one that does not looks no further than it takes.
    """

    __slots__ = ("_bound", "_bytes", "_levels", "_where")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._where: dict[str, Level] = {}
        """Subject → the level that holds its update, in the order in which they were put in."""
        self._levels: list[Level] = []
        """The first holds what was not sent yet."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, key: str) -> bool:
        return key in self._where

    def put(self, key: str, data: bytes, rank: Rank = Rank.MEMBER) -> bool:
        """Queue an update about ``key``; it replaces an older one. A full queue drops its oldest: then it is False."""
        self.remove(key)
        full = len(self._where) >= self._bound
        if full:
            self.remove(next(iter(self._where)))
        self._enter(key, Broadcast(data, rank), 0)
        self._bytes += len(data)
        return not full

    def lengths(self) -> Counter[Rank]:
        """Updates that wait, by rank."""
        return Counter(one.rank for level in self._levels for one in level.values())

    def remove(self, key: str) -> None:
        """Forget the update about ``key``, if there is one."""
        level = self._where.pop(key, None)
        if level is not None:
            self._bytes -= len(level.pop(key).data)

    def clear(self) -> None:
        """Forget everything."""
        self._where.clear()
        self._levels.clear()
        self._bytes = 0

    def take(self, limit: int, budget: int) -> tuple[bytes, ...]:
        """Updates for one message of at most ``budget`` bytes; each is dropped after its ``limit``-th transmit."""
        if self._bytes <= budget:
            taken = [broadcast.data for level in reversed(self._levels) for broadcast in level.values()]
            self._levels.insert(0, {})
        else:
            taken = self._take_urgent(budget)
        for key in chain.from_iterable(self._levels[limit:]):
            self._bytes -= len(self._where.pop(key)[key].data)
        del self._levels[limit:]
        return tuple(taken)

    def _take_urgent(self, budget: int) -> list[bytes]:
        """By rank, then what was sent least, then what became so last; what is too long leaves
        room for shorter ones."""
        chosen, too_long = [], 0
        for key, sent, broadcast in self._by_urgency():
            size = len(broadcast.data)
            if size <= budget:
                chosen.append((key, sent, broadcast))
                budget -= size
            elif (too_long := too_long + 1) == TOO_LONG_MOST:
                break
        for key, sent, broadcast in chosen:
            del self._levels[sent][key]
            self._enter(key, broadcast, sent + 1)
        return [broadcast.data for _, _, broadcast in chosen]

    def _by_urgency(self) -> Iterator[tuple[str, int, Broadcast]]:
        for rank in Rank:
            for sent, level in enumerate(self._levels):
                yield from ((key, sent, one) for key, one in reversed(level.items()) if one.rank is rank)

    def _enter(self, key: str, broadcast: Broadcast, sent: int) -> None:
        while len(self._levels) <= sent:
            self._levels.append({})
        self._levels[sent][key] = broadcast
        self._where[key] = self._levels[sent]
