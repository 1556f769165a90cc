"""By which of a node's URLs an actor is reached: each gossip pool has a lane of its own, and the rest shares one."""

from __future__ import annotations

from collections.abc import Iterator

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

    __slots__ = ("_pools", "_urls")

    def __init__(self) -> None:
        self._pools: dict[str, dict[PoolLane, Lanes]] = {}
        self._urls: dict[str, dict[Lane, str]] = {}

    def learn(self, other: str, pool: PoolLane, lanes: Lanes) -> None:
        """By this pool ``other`` is reached there."""
        self._pools.setdefault(other, {})[pool] = lanes
        self._settle(other)

    def forget(self, other: str, pool: PoolLane) -> Lanes | tuple[()]:
        """This pool knows ``other`` no more; returns what it had said."""
        pools = self._pools.get(other, {})
        gone = pools.pop(pool, ())
        self._settle(other)
        return gone

    def url(self, other: str, lane: Lane) -> str:
        """Where ``other`` takes mail of this lane, "" if it is not known."""
        urls = self._urls.get(other)
        return urls.get(lane, "") if urls is not None else ""

    def urls(self, other: str) -> list[str]:
        """All URLs of ``other``."""
        return list(dict.fromkeys(url for lanes in self._pools.get(other, {}).values() for url in lanes))

    def __iter__(self) -> Iterator[str]:
        return iter(self._pools)

    def every_url(self) -> Iterator[str]:
        """All URLs of all."""
        for other in self._pools:
            yield from self.urls(other)

    def clear(self) -> None:
        """Know no other any more."""
        self._pools.clear()
        self._urls.clear()

    def _settle(self, other: str) -> None:
        pools = self._pools.get(other)
        if not pools:
            self._pools.pop(other, None)
            self._urls.pop(other, None)
            return
        rest = next(pools[pool][1] for pool in ("gossip", "wan") if pool in pools)
        self._urls[other] = {**{pool: lanes[0] for pool, lanes in pools.items()}, "rest": rest}
