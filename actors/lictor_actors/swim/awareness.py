"""Lifeguard's local health multiplier: how far this node doubts itself before it accuses others."""

from __future__ import annotations


class Awareness:
    """A score from 0 (healthy) up to ``limit - 1``; raised by signs of own slowness, lowered by each good probe."""

    __slots__ = ("_limit", "score")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.score = 0

    def add(self, delta: int) -> None:
        """Apply evidence: positive for signs of own trouble, negative for a probe that went well."""
        self.score = min(max(0, self.score + delta), self._limit - 1)

    def scale(self, interval: int) -> int:
        """The interval that a node of this health keeps."""
        return interval * (self.score + 1)
