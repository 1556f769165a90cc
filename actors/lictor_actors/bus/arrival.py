"""A connection that has come in, without its socket: greetings, TLS where it begins so, and frames."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.sp import PULL_GREETS, Splitter
from lictor_actors.bus.speakers import FrameSource
from lictor_actors.bus.tls_stream import FIRST_BYTE, TlsStream
from lictor_messages.codec import FrameRefused


class Arrival(FrameSource):
    """A source of frames. With TLS on offer its first byte tells whether it speaks it, and we greet after that."""

    def __init__(self, splitter: Splitter, lane: LaneTls, greets: bytes = PULL_GREETS) -> None:
        """``greets``: how this end begins."""
        self._splitter = splitter
        self._greets = greets
        self._lane = lane
        self._tls: TlsStream | None = None
        self._owed = b"" if lane.offered else greets
        self._begun = not lane.offered

    @property
    def greeted(self) -> bool:
        """It has shown that it is a socket of the kind that is expected, over TLS if need be."""
        return self._splitter.greeted

    @property
    def encrypted(self) -> bool:
        """What it says came over TLS."""
        return self._tls is not None

    def received(self, data: bytes) -> Iterator[bytes]:
        """The frames that are complete now; raises FrameRefused for what is not to be heard any further."""
        if not self._begun:
            self._begin(data[0])
        if self._tls is not None:
            data = self._opened(self._tls, data)
            if not self._tls.established:
                return
        if self._lane.demanded and self.speaker is None:
            raise FrameRefused("no_certificate" if self._tls is not None else "not_encrypted")
        yield from self._splitter.feed(data)

    def to_send(self) -> bytes:
        """What is owed to it; to be sent now."""
        owed, self._owed = self._owed, b""
        return owed

    def sealed(self, data: bytes) -> bytes:
        """What is to be sent for these bytes, behind what is owed."""
        return self._tls.sealed(data) if self._tls is not None else data

    def _begin(self, first: int) -> None:
        self._begun = True
        if first == FIRST_BYTE:
            self._tls = self._lane.incoming()
        elif not self._lane.demanded:
            self._owed = self._greets

    def _opened(self, tls: TlsStream, data: bytes) -> bytes:
        before = tls.established
        try:
            opened = tls.received(data)
        except OSError as error:
            raise FrameRefused(f"tls:{reason(error)}") from None
        finally:
            self._owed += tls.to_send()
        if tls.established and not before:
            self.speaker = self._lane.peer(tls)
            self._owed += tls.sealed(self._greets)
        return opened


def reason(error: OSError) -> str:
    """Why a handshake failed, in OpenSSL's words: ``certificate_verify_failed``, ``wrong_version_number``."""
    return (getattr(error, "reason", "") or type(error).__name__).lower()
