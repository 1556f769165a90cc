"""Who a certificate says that its holder is: by the names that Consul's certificates have.

``server.dc1.consul`` is a server of dc1 and ``client.dc1.consul`` one of its agents; with a name in front,
``n1.client.dc1.consul``, it is this node, as ``consul tls cert create -server -node=NAME`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lictor_messages.envelope import node_of, role_of


class Identity(NamedTuple):
    """What the names of one certificate say. All of them are in small letters."""

    nodes: frozenset[str] = frozenset()
    """Nodes (``name.dc``) in whose name its holder may speak; empty: it names none, so any of its datacenters."""
    datacenters: frozenset[str] = frozenset()
    """Of which it is a node; empty: it has none of these names."""
    servers_of: frozenset[str] = frozenset()
    """Datacenters of which it is a server."""
    commands: bool = False
    """It is for commands (``cli.dc1.consul``) alone: its holder is no node."""


def identity_of(certificate: Mapping[str, Any], domain: str) -> Identity:
    """Of a certificate as ``ssl`` gives it. ``domain`` is the cluster's: ``consul``."""
    names = list(_names(certificate, domain.lower().strip(".")))
    nodes = [(node, kind, dc) for node, kind, dc in names if kind != "cli"]
    return Identity(
        frozenset(f"{node}.{dc}" for node, _, dc in nodes if node),
        frozenset(dc for _, _, dc in nodes),
        frozenset(dc for _, kind, dc in nodes if kind == "server"),
        commands=bool(names) and not nodes,
    )


def _names(certificate: Mapping[str, Any], domain: str) -> Iterator[tuple[str, str, str]]:
    """Node ("" if it is not named), kind and datacenter of each name that has them."""
    for sort, name in certificate.get("subjectAltName", ()):
        inner = name.lower().removesuffix(f".{domain}") if sort == "DNS" else ""
        rest, _, dc = inner.rpartition(".")
        node, _, kind = rest.rpartition(".")
        if inner != name.lower() and kind in ("server", "client", "cli"):
            yield node, kind, dc


class Certified:
    """The node at the other end of a connection, as far as its certificate says who it is."""

    KNOWN_MOST = 1024
    """Addresses that are remembered: a node has some ten actors."""

    def __init__(self, identity: Identity, servers_only: frozenset[str] = frozenset()) -> None:
        """``servers_only``: the roles that no node has but a server; empty: servers are not told from others."""
        self.identity = identity
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
        identity, dc = self.identity, node.rpartition(".")[2]
        if identity.commands or (identity.nodes and node not in identity.nodes):
            return "other_node"
        if identity.datacenters and dc not in identity.datacenters:
            return "other_node"
        return "no_server" if role in self._servers_only and dc not in identity.servers_of else ""
