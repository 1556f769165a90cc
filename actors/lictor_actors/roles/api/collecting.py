"""A large answer on its way to a gateway, slice by slice.

Each slice is asked for when the one before it has come, so no more than one is ever on its way. Twice is the same as
once: what is lost is asked for again, and if the server has lost the answer itself, all of it is.
"""

from __future__ import annotations

from lictor_messages.slices import AnswerSlice, Collected, LargeAnswer, ReadSlice

SILENT_NS = 2_000_000_000
"""After so long a slice is asked for again."""


class Collecting:
    """What has come of one answer."""

    __slots__ = ("_large", "_slices")

    def __init__(self, large: LargeAnswer) -> None:
        self._large = large
        self._slices: list[bytes] = []

    @property
    def server(self) -> str:
        """Address of the server that keeps the answer."""
        return self._large.server

    def wanted(self) -> ReadSlice:
        """What to ask it for next."""
        return ReadSlice(id=self._large.id, number=len(self._slices), consistency="stale")

    def takes(self, slice_: AnswerSlice) -> bool:
        """Add this slice; False if it is not the one that was wanted."""
        if slice_.number != len(self._slices):
            return False
        self._slices.append(slice_.data)
        return True

    def whole(self) -> Collected:
        """The answer, once its last slice has come."""
        large = self._large
        return Collected(
            index=large.index,
            known_leader=large.known_leader,
            last_contact_ms=large.last_contact_ms,
            body=self._slices[0],
            more=tuple(self._slices[1:]),
        )
