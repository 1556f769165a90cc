"""How the frames of a process are made and opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from lictor_messages.codec import frame, open_frame
from lictor_messages.envelope import Envelope

Framer = Callable[[Iterable[bytes]], bytes]
"""Makes a frame of packed envelopes."""


class Framing(Protocol):
    """Those of one process."""

    def framer(self, envelope: Envelope) -> Framer:
        """What makes frames of mail that goes the way of this envelope."""
        ...

    def opened(self, data: bytes) -> Iterator[bytes]:
        """The packed envelopes of a frame; raises FrameRefused."""
        ...


class PlainFrames:
    """Frames that are not encrypted."""

    def __init__(self, cluster: bytes) -> None:
        self._cluster = cluster

    def framer(self, envelope: Envelope) -> Framer:
        """See ``Framing``."""
        return self.framed

    def framed(self, parts: Iterable[bytes]) -> bytes:
        """A frame of these envelopes."""
        return frame(self._cluster, parts)

    def opened(self, data: bytes) -> Iterator[bytes]:
        """See ``Framing``."""
        return open_frame(self._cluster, data)
