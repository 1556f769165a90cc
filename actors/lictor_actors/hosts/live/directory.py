"""Who is reached where, as each node of this process knows it from its member lists."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.hosts.lanes import Lanes, Places, RoleLanes
from lictor_messages.host import PoolLane


class LiveDirectory:
    """A directory for each node: two nodes of one process need not know the same others."""

    def __init__(self) -> None:
        self.roles = RoleLanes()
        self._known: dict[str, Places] = {}

    def begin(self, node: str, lanes: Lanes) -> None:
        """A node that starts knows itself."""
        self._known[node] = Places()
        self._known[node].learn(node, "gossip", lanes)

    def end(self, node: str) -> None:
        """A node that is gone has no use for what it knew."""
        self._known.pop(node, None)

    def locate(self, node: str, other: str, pool: PoolLane, lanes: Lanes | None) -> list[str]:
        """By this pool ``other`` is reached there, None: nowhere; returns the URLs that no node here needs any more."""
        if lanes is None:
            return self._forget(node, other, pool)
        self._known.setdefault(node, Places()).learn(other, pool, lanes)
        return []

    def learn_all(self, node: str, lanes: Mapping[str, Lanes]) -> None:
        """By the datacenter's own pool all these are reached there; other nodes of this process share the mapping."""
        self._known.setdefault(node, Places()).learn_all(lanes)

    def _forget(self, node: str, other: str, pool: PoolLane) -> list[str]:
        """This pool knows ``other`` no more; returns the URLs that no node of this process needs now."""
        known = self._known.get(node)
        gone = known.forget(other, pool) if known is not None else ()
        needed = {url for places in self._known.values() for url in places.every_url()} if gone else ()
        return [url for url in gone if url not in needed]

    def urls(self, node: str, other: str) -> list[str]:
        """All URLs of ``other``."""
        known = self._known.get(node)
        return known.urls(other) if known is not None else []

    def url(self, node: str, other: str, role: str) -> str:
        """Where ``other`` takes mail for this role, "" if it is not known."""
        known = self._known.get(node)
        return known.url(other, self.roles.of(role)) if known is not None else ""

    def knows(self, url: str) -> bool:
        """Whether some node of this process has been told that another lives there."""
        return any(url in known.every_url() for known in self._known.values())
