"""Where one node of the world reaches the others: what many were given alike, and what each has learned since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lictor_actors.hosts.lanes import Lanes


class WorldDirectory:
    """Lanes by node. ``given`` is shared by the machines of a world that start as one cluster; none changes it."""

    __slots__ = ("_given", "_own")

    def __init__(self, given: Mapping[str, Lanes]) -> None:
        self._given = given
        self._own: dict[str, Lanes | None] = {}
        """None: forgotten, although given."""

    def get(self, node: str) -> Lanes | None:
        """Its lanes, None if they are not known."""
        return self._own[node] if node in self._own else self._given.get(node)

    def put(self, node: str, lanes: Lanes) -> None:
        """From now on it is reached there."""
        if self.get(node) != lanes:
            self._own[node] = lanes

    def forget(self, node: str) -> None:
        """It is reached nowhere any more."""
        self._own.pop(node, None)
        if node in self._given:
            self._own[node] = None

    def __iter__(self) -> Iterator[str]:
        yield from (node for node in self._given if node not in self._own)
        yield from (node for node, lanes in self._own.items() if lanes is not None)
