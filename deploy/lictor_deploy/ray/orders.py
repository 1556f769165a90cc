"""Orders of the parent, in the order in which they were given: Ray may start calls out of order."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_deploy.local.json_lines import Said


class OrdersInTurn:
    """Those of the present life, numbered from 1. A life is one opening of the host."""

    def __init__(self) -> None:
        self._life = 0
        self._next = 1
        self._early: dict[tuple[int, int], Said] = {}

    def begin(self, life: int) -> None:
        """The host is being opened: orders of earlier lives are void, and some of this one may have come already."""
        self._life, self._next = life, 1
        self._early = {key: message for key, message in self._early.items() if key[0] >= life}

    def came(self, life: int, number: int, message: Said) -> None:
        """An order has come, whenever it was sent."""
        if life >= self._life:
            self._early[life, number] = message

    def due(self) -> Iterator[Said]:
        """Those that none is missing before, each once."""
        while (self._life, self._next) in self._early:
            self._next += 1
            yield self._early.pop((self._life, self._next - 1))
