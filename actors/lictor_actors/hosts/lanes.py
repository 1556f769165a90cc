"""By which of a node's URLs an actor is reached: each gossip pool has a lane of its own, and the rest shares one."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from itertools import chain

from lictor_actors.kernel.actor import Actor, Lane
from lictor_messages.host import PoolLane

Lanes = tuple[str, str]
"""URLs of one node: of its lane in a pool, and of that for the rest."""


class RoleLanes:
    """The lane of each role, as its actors' class declares it.

    A role that no node of this process or world has seated is reached by the rest. An inbox takes mail for any role, so
    a wrong lane costs time and no mail.
    """

    def __init__(self) -> None:
        self._of: dict[str, Lane] = {}

    def seated(self, role: str, actor: Actor) -> None:
        """This actor is about to live."""
        self._of[role] = actor.lane

    def of(self, role: str) -> Lane:
        """The lane of mail for this role."""
        return self._of.get(role, "rest")


class Places:
    """Where one node reaches the others, as the probers of its pools tell it.

    A node that is known by two pools may say two addresses for the rest: that of the datacenter's own pool holds.
    """

    __slots__ = ("_own", "_pools", "_wan")

    def __init__(self, own: MutableMapping[str, Lanes] | None = None) -> None:
        self._own: MutableMapping[str, Lanes] = {} if own is None else own
        """By the datacenter's own pool."""
        self._wan: dict[str, Lanes] = {}
        self._pools: dict[PoolLane, MutableMapping[str, Lanes]] = {"gossip": self._own, "wan": self._wan}

    def learn(self, other: str, pool: PoolLane, lanes: Lanes) -> None:
        """By this pool ``other`` is reached there."""
        self._pools[pool][other] = lanes

    def forget(self, other: str, pool: PoolLane) -> Lanes | tuple[()]:
        """This pool knows ``other`` no more; returns what it had said."""
        return self._pools[pool].pop(other, ())

    def url(self, other: str, lane: Lane) -> str:
        """Where ``other`` takes mail of this lane, "" if it is not known."""
        if lane == "rest":
            lanes = self._own.get(other) or self._wan.get(other)
            return lanes[1] if lanes else ""
        lanes = self._pools[lane].get(other)
        return lanes[0] if lanes else ""

    def urls(self, other: str) -> list[str]:
        """All URLs of ``other``."""
        return list(dict.fromkeys(url for known in self._pools.values() for url in known.get(other, ())))

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (other for other in self._wan if other not in self._own)

    def every_url(self) -> Iterator[str]:
        """All URLs of all."""
        for known in self._pools.values():
            yield from chain.from_iterable(known.values())
