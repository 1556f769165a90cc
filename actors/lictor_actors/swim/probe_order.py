"""The order in which members are probed: a shuffled list that is drawn as it is read (Fisher and Yates, from the end).

A list of its own for each of ten thousand nodes would be a gigabyte, and a minute to shuffle, of which a run reads a
few dozen places. So the names stay where they are, shared, and only what the draws have moved is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


class ProbeOrder:
    """One pass over these names and those that are added meanwhile, each once."""

    __slots__ = ("_left", "_moved", "_names")

    def __init__(self, names: Sequence[str] = ()) -> None:
        """``names`` may be shared: it is not changed, and must not be."""
        self._names = names
        self._moved: dict[int, str] = {}
        """What stands elsewhere than in ``names``, by its place."""
        self._left = len(names)

    def __len__(self) -> int:
        """How many are left of this pass."""
        return self._left

    def add(self, name: str) -> None:
        """A newcomer's turn is any of those that are left, so that it waits no longer than they do (SWIM 4.3)."""
        self._moved[self._left] = name
        self._left += 1

    def draw(self, rng: Random) -> str:
        """The next one, at least one being left."""
        self._left -= 1
        last = self._moved.pop(self._left, None) or self._names[self._left]
        place = int(rng.random() * (self._left + 1))
        if place == self._left:
            return last
        drawn = self._moved.get(place) or self._names[place]
        self._moved[place] = last
        return drawn
