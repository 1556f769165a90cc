"""What a server says to a client whose handshake fails (RFC 8446, section 6.2): event loops drop it.

asyncio and uvloop close the connection as soon as OpenSSL refuses it, with the alert still unsent: a client without a
certificate would see a bare end of the connection in place of ``certificate required``.
"""

from __future__ import annotations

import ssl


class HandshakeRefused(ssl.SSLError):
    """OpenSSL's refusal, with the alert that it has made for the client."""

    def __init__(self, error: ssl.SSLError, alert: bytes) -> None:
        super().__init__(*error.args)
        self.reason = error.reason
        self.alert = alert
        """Bytes for the wire, empty if OpenSSL has made none."""


class _Handshake(ssl.SSLObject):
    outgoing: ssl.MemoryBIO

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            alert = self.outgoing.read()
            self.outgoing.write(alert)  # a lane, which has its own socket, looks for it there
            raise HandshakeRefused(error, alert) from error


class AlertingContext(ssl.SSLContext):
    """One whose handshakes fail with ``HandshakeRefused``: the caller has the socket, and sends the alert."""

    sslobject_class = _Handshake

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As of every context; the handshake knows where its alert will lie."""
        made = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        if isinstance(made, _Handshake):
            made.outgoing = outgoing
        return made
