"""By which of a node's URLs an actor is reached: each gossip pool has a lane of its own, and the rest shares one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
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

    def by_gossip(self, role: str) -> bool:
        """Whether it is the lane of a gossip pool."""
        return self.of(role) != "rest"


class GivenLanes(MutableMapping[str, Lanes]):
    """Lanes by node. ``given`` is shared by nodes that start as one cluster; none changes it."""

    __slots__ = ("_given", "_own")

    def __init__(self, given: Mapping[str, Lanes]) -> None:
        self._given = given
        self._own: dict[str, Lanes | None] = {}
        """None: forgotten, although given."""

    def get(self, node: str, default: Lanes | None = None) -> Lanes | None:  # type: ignore[override]
        """Its lanes. Every message asks."""
        lanes = self._own[node] if node in self._own else self._given.get(node)
        return default if lanes is None else lanes

    def __getitem__(self, node: str) -> Lanes:
        lanes = self.get(node)
        if lanes is None:
            raise KeyError(node)
        return lanes

    def __setitem__(self, node: str, lanes: Lanes) -> None:
        if self.get(node) != lanes:
            self._own[node] = lanes

    def __delitem__(self, node: str) -> None:
        self[node]  # a node that is not known cannot be forgotten
        self._own.pop(node, None)
        if node in self._given:
            self._own[node] = None

    def __iter__(self) -> Iterator[str]:
        yield from (node for node in self._given if node not in self._own)
        yield from (node for node, lanes in self._own.items() if lanes is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


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

    def learn_all(self, lanes: Mapping[str, Lanes]) -> None:
        """By the datacenter's own pool all these are reached there. Shared, not copied."""
        known = GivenLanes(lanes)
        known.update(self._own)
        self._own = self._pools["gossip"] = known

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
