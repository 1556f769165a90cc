"""A large answer on its way to a doorway, slice by slice.

Each slice is asked for when the one before it has come, so no more than one is ever on its way. Twice is the same as
once: what is lost is asked for again, and if the server has lost the answer itself, all of it is.
"""

from __future__ import annotations

from lictor_messages.envelope import Envelope, role_of
from lictor_messages.refusals import Refused
from lictor_messages.slices import AnswerSlice, Collected, LargeAnswer, ReadSlice

SILENT_NS = 2_000_000_000
"""After so long a slice is asked for again."""
KEEPERS = frozenset(("server", "router"))
"""Who keeps large answers, and who stands for the servers of other datacenters that do."""
BYTES_MOST = 1 << 30
"""Of one answer: as much is held in memory until its client has taken it. More is refused."""


class Collecting:
    """What has come of one answer."""

    __slots__ = ("_bytes", "_large", "_slices")

    def __init__(self, large: LargeAnswer) -> None:
        self._large = large
        self._slices: list[bytes] = []
        self._bytes = 0

    @property
    def server(self) -> str:
        """Address of the server that keeps the answer."""
        return self._large.server

    def wanted(self) -> ReadSlice:
        """What to ask it for next."""
        return ReadSlice(id=self._large.id, number=len(self._slices), consistency="stale")

    def add(self, slice_: AnswerSlice) -> Refused | None:
        """Take this slice; refused if it is not the one that was wanted, says nothing, or is too much."""
        if slice_.number != len(self._slices) or not (slice_.data or slice_.done):
            return Refused(code="NotReady")
        self._bytes += len(slice_.data)
        if self._bytes > BYTES_MOST:
            return Refused(code="TooLarge", text=f"The answer has more than {BYTES_MOST} bytes: ask for less at a time")
        self._slices.append(slice_.data)
        return None

    def whole(self) -> Collected:
        """The answer, once its last slice has come."""
        large = self._large
        return Collected(
            index=large.index,
            known_leader=large.known_leader,
            last_contact_ms=large.last_contact_ms,
            body=self._slices[0],
            more=tuple(self._slices[1:]),
            in_part=large.in_part,
        )


def is_kept_by_its_sender(large: LargeAnswer, envelope: Envelope | None) -> bool:
    """True if the server that is to be asked for slices is the one that gave the answer.

    Any other address would make the doorway ask for it there, in its own name.
    """
    return envelope is not None and envelope.source == large.server and role_of(large.server) in KEEPERS
