"""The node at the other end of a connection over TLS: which addresses of actors its certificate makes believable."""

from __future__ import annotations

from lictor_actors.consul.certificates import Credentials
from lictor_messages.envelope import node_of, role_of


class Certified:
    """The node at the other end of a connection, as far as its certificate says who it is."""

    KNOWN_MOST = 1024
    """Addresses that are remembered: a node has some ten actors."""

    def __init__(self, credentials: Credentials, servers_only: frozenset[str] = frozenset()) -> None:
        """``servers_only``: the roles that no node has but a server; empty: servers are not told from others."""
        self.credentials = credentials
        self._servers_only = servers_only
        self._known: set[str] = set()

    def forbids(self, source: str, target: str) -> str:
        """Why mail with this source may not come from it, in a word; "" if it may."""
        return self.cannot_be(source)

    def cannot_be(self, address: str) -> str:
        """Why this actor cannot be there, in a word; "" if it can: 60 ns for those that were met before."""
        if address in self._known:
            return ""
        why = self._why_not(role_of(address), node_of(address).lower())
        if not why:
            if len(self._known) >= self.KNOWN_MOST:
                self._known.clear()
            self._known.add(address)
        return why

    def _why_not(self, role: str, node: str) -> str:
        credentials, dc = self.credentials, node.rpartition(".")[2]
        if credentials.commands or (credentials.nodes and node not in credentials.nodes):
            return "other_node"
        if credentials.datacenters and dc not in credentials.datacenters:
            return "other_node"
        return "no_server" if role in self._servers_only and dc not in credentials.servers_of else ""
