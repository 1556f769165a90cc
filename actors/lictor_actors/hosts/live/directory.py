"""Who is reached where, as each node of this process knows it from its member list."""

from __future__ import annotations

from lictor_actors.hosts.lanes import Lanes, RoleLanes


class LiveDirectory:
    """A directory for each node: two nodes of one process need not know the same others."""

    def __init__(self) -> None:
        self.roles = RoleLanes()
        self._known: dict[str, dict[str, Lanes]] = {}

    def begin(self, node: str, lanes: Lanes) -> None:
        """A node that starts knows itself."""
        self._known[node] = {node: lanes}

    def end(self, node: str) -> None:
        """A node that is gone has no use for what it knew."""
        self._known.pop(node, None)

    def learn(self, node: str, other: str, lanes: Lanes) -> None:
        """``other`` is reached there."""
        self._known.setdefault(node, {})[other] = lanes

    def forget(self, node: str, other: str) -> list[str]:
        """``other`` is reached nowhere any more; returns the URLs that no node of this process needs now."""
        gone = self._known.get(node, {}).pop(other, ())
        return [url for url in gone if not any(url in lanes for lanes in self._all_lanes())]

    def lanes(self, node: str, other: str) -> Lanes | tuple[()]:
        """Both URLs of ``other``."""
        return self._known.get(node, {}).get(other, ())

    def url(self, node: str, other: str, role: str) -> str:
        """Where ``other`` takes mail for this role, "" if it is not known."""
        lanes = self.lanes(node, other)
        return self.roles.url(lanes, role) if lanes else ""

    def _all_lanes(self) -> list[Lanes]:
        return [lanes for known in self._known.values() for lanes in known.values()]
