"""TLS on the lane that is not gossip's: by which terms connections are taken and made, and who is then there.

Gossip has no TLS: frames of a thousand members would need as many handshakes. It is sealed by keys that all members
have.
"""

from __future__ import annotations

import ssl
from typing import NamedTuple

from lictor_actors.bus.certified import Certified
from lictor_actors.bus.tls_stream import TlsStream
from lictor_actors.consul.certificates import credentials_of


class LaneTerms(NamedTuple):
    """What is in force. Without certificates there is no TLS at all."""

    server: ssl.SSLContext | None = None
    """Of connections that come in. Those that begin without TLS are taken too, unless ``verify_incoming``."""
    client: ssl.SSLContext | None = None
    """Of those that are dialled; None: they are plain."""
    verify_incoming: bool = False
    """Nothing is heard from connections without TLS and a certificate, or in the name of another than it says."""
    verify_server_hostname: bool = False
    """Only holders of a server's certificate are taken for servers."""
    domain: str = "consul"


PLAIN = LaneTerms()


class LaneTls:
    """The terms, which a reload replaces: handshakes from then on are made by the new ones."""

    def __init__(self, terms: LaneTerms = PLAIN, servers_only: frozenset[str] = frozenset()) -> None:
        """``servers_only``: the roles that no node has but a server."""
        self.terms = terms
        self._servers_only = servers_only

    @property
    def demanded(self) -> bool:
        """Whether those that come in have to speak TLS and to show a certificate."""
        return self.terms.verify_incoming

    @property
    def offered(self) -> bool:
        """Whether those that come in may speak TLS."""
        return self.terms.server is not None

    def incoming(self) -> TlsStream:
        """For a connection that begins with TLS."""
        assert self.terms.server is not None
        return TlsStream(self.terms.server, server_side=True)

    def outgoing(self) -> TlsStream | None:
        """For one that is dialled; None if it is to be plain."""
        return TlsStream(self.terms.client, server_side=False) if self.terms.client is not None else None

    def peer(self, stream: TlsStream) -> Certified | None:
        """Who is at the other end; None if it showed no certificate, which only those may who are not asked."""
        certificate = stream.certificate
        if certificate is None:
            return None
        roles = self._servers_only if self.terms.verify_server_hostname else frozenset()
        return Certified(credentials_of(certificate, self.terms.domain), roles)
