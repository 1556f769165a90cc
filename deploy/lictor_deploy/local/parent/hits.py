"""How many messages each fault has hit, over all processes and all their lives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class Hits:
    """Adds up what processes report of themselves."""

    def __init__(self) -> None:
        self._now: dict[str, Mapping[str, int]] = {}
        self._before: Counter[str] = Counter()
        """Of lives that have ended."""

    def hear(self, process: str, hits: Mapping[str, int]) -> None:
        """What this process has counted in its present life."""
        self._now[process] = hits

    def gone(self, process: str) -> None:
        """It counts from nothing again."""
        self._before.update(self._now.pop(process, {}))

    def all(self) -> Mapping[str, int]:
        """Fault → messages."""
        return sum((Counter(hits) for hits in self._now.values()), self._before)
