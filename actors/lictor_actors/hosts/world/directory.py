"""Where one node of the world reaches the others: what many were given alike, and what each has learned since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

from lictor_actors.hosts.lanes import Lanes


class GivenLanes(MutableMapping[str, Lanes]):
    """Lanes by node. ``given`` is shared by the machines of a world that start as one cluster; none changes it."""

    __slots__ = ("_given", "_own")

    def __init__(self, given: Mapping[str, Lanes]) -> None:
        self._given = given
        self._own: dict[str, Lanes | None] = {}
        """None: forgotten, although given."""

    def get(self, node: str, default: Lanes | None = None) -> Lanes | None:  # type: ignore[override]
        """Its lanes. Every message of the world asks."""
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
