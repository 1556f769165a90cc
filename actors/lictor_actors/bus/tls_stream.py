"""TLS between two machines of bytes: what a socket brought goes in, what a socket is to take comes out.

No socket is here, so the event loop reads and writes as it does without TLS, and a test joins two ends in memory.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

RECORD_MOST = 1 << 14
"""Bytes of one record (RFC 8446, 5.1)."""
FIRST_BYTE = 0x16
"""With which a client begins that speaks TLS: a record of a handshake. A socket of nng begins with 0."""


class TlsStream:
    """One end of a connection. It hides no error: ssl.SSLError, an OSError, ends the connection."""

    def __init__(self, context: ssl.SSLContext, *, server_side: bool) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=server_side)
        self.established = False
        """Both have shown what they had to show, and this end believes it."""

    def begin(self) -> bytes:
        """What a client says first."""
        self._agreed()
        return self.to_send()

    def received(self, data: bytes) -> bytes:
        """What the other side said, as far as it is complete. ``to_send`` has what is owed for it."""
        self._in.write(data)
        if not self.established and not self._agreed():
            return b""
        return b"".join(self._pieces())

    def sealed(self, data: bytes) -> bytes:
        """The bytes to be sent for these, behind those that are owed; all of them have to be sent, in order."""
        self._tls.write(data)
        return self._out.read()

    def to_send(self) -> bytes:
        """What the protocol itself has to say now: a part of the handshake, an alert."""
        return self._out.read()

    @property
    def certificate(self) -> dict[str, Any] | None:
        """What the other side has shown and this end has verified, as ``ssl`` gives it; None if it showed none."""
        return self._tls.getpeercert() or None

    def _agreed(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.established = True
        return True

    def _pieces(self) -> Iterator[bytes]:
        """An exception for each frame that is read to its end would cost as much as the frame."""
        while waiting := self._in.pending or self._tls.pending():
            try:
                piece = self._tls.read(min(waiting, RECORD_MOST))
            except ssl.SSLWantReadError:
                return
            if not piece:  # the other side said goodbye
                return
            yield piece
