"""Of a machine: what its process knows of itself for judging sealed frames, and where its keyrings outlive it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lictor_actors.hosts.lanes import Places, RoleLanes
from lictor_messages.host import PoolLane


class SealedMachine:
    """See ``Surroundings``."""

    def __init__(
        self,
        name: str,
        urls: tuple[str, ...],
        places: Callable[[], Places],
        lanes: RoleLanes,
        clocks: Callable[[], tuple[int, int]],
    ) -> None:
        self._name = name
        self._urls = urls
        self._places = places
        self.lane_of = lanes.of
        self.clocks = clocks

    def hosts(self, node: str) -> bool:
        """See ``Surroundings``."""
        return node == self._name

    def is_elsewhere(self, url: str) -> bool:
        """See ``Surroundings``."""
        return url not in self._urls and url in self._places().every_url()


class KeptKeyrings:
    """The keyring files of a machine: written as soon as they are to be, and gone with its disk."""

    def __init__(self) -> None:
        self._kept: dict[PoolLane, tuple[str, ...]] = {}

    def load(self, lane: PoolLane) -> Sequence[str]:
        """See ``KeyringKeeper``."""
        return self._kept.get(lane, ())

    def keep(self, lane: PoolLane, keys: Sequence[str]) -> None:
        """See ``KeyringKeeper``."""
        self._kept[lane] = tuple(keys)
