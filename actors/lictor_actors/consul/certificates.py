"""Who a certificate says that its holder is: by the names that Consul's certificates have.

``server.dc1.consul`` is a server of dc1 and ``client.dc1.consul`` one of its agents; with a name in front,
``n1.client.dc1.consul``, it is this node, as ``consul tls cert create -server -node=NAME`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Credentials(NamedTuple):
    """What the names of one certificate say. All of them are in small letters."""

    nodes: frozenset[str] = frozenset()
    """Nodes (``name.dc``) in whose name its holder may speak; empty: it names none, so any of its datacenters."""
    datacenters: frozenset[str] = frozenset()
    """Of which it is a node; empty: it has none of these names."""
    servers_of: frozenset[str] = frozenset()
    """Datacenters of which it is a server."""
    commands: bool = False
    """It is for commands (``cli.dc1.consul``) alone: its holder is no node."""


def credentials_of(certificate: Mapping[str, Any], domain: str) -> Credentials:
    """Of a certificate as ``ssl`` gives it. ``domain`` is the cluster's: ``consul``."""
    names = list(_names(certificate, domain.lower().strip(".")))
    nodes = [(node, kind, dc) for node, kind, dc in names if kind != "cli"]
    return Credentials(
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
