"""Which updates were processed before, so that the tenth copy costs one look-up and no decoding."""

from __future__ import annotations

from collections.abc import Iterable


class ProcessedUpdates:
    """Two generations of hashes: bounded, and nothing recent is ever forgotten by surprise.

    Only membership is asked, nothing is iterated, so the order of the hashes never shows. ``known`` are the hashes of
    what was processed before this node began, in a set that it shares with others.
    """

    __slots__ = ("_anew", "_before", "_known", "_now")

    def __init__(self, known: frozenset[int] = frozenset()) -> None:
        self._known = known
        self._anew: set[int] = set()
        """Those of them that are to be processed again."""
        self._now: set[int] = set()
        self._before: set[int] = set()

    def __contains__(self, data: bytes) -> bool:
        mark = hash(data)
        return mark in self._now or mark in self._before or (mark in self._known and mark not in self._anew)

    def unseen(self, updates: Iterable[bytes]) -> list[bytes]:
        """Those that were not processed before: of most messages of a spreading rumour none."""
        now, before, known, anew = self._now, self._before, self._known, self._anew
        return [
            data
            for data in updates
            if (mark := hash(data)) not in now and mark not in before and (mark not in known or mark in anew)
        ]

    def skip(self, known: frozenset[int]) -> None:
        """These were processed before. Shared, not copied; none were known before this node began."""
        self._known = known

    def add(self, mark: int, bound: int) -> None:
        """Remember the bytes of this hash; a generation holds ``bound`` updates."""
        if len(self._now) >= bound:
            self._before, self._now = self._now, set()
        self._now.add(mark)

    def forget(self, data: bytes) -> None:
        """Process these bytes again when they come again: what they say is no longer what we hold."""
        mark = hash(data)
        self._now.discard(mark)
        self._before.discard(mark)
        if mark in self._known:
            self._anew.add(mark)
