"""Who may break a cluster over HTTP: whoever is on this machine, or whoever knows the token."""

from __future__ import annotations

import hmac
from ipaddress import IPv6Address, ip_address

from lictor_messages.web import HttpAsked

FOREIGN = "Faults cannot be asked for by another site's page: this request has its Origin."
ELSEWHERE = (
    "Faults are taken from this machine only: this request comes from {peer}. For others give the agent a "
    '"fault_injection_token" in its configuration, and send it as X-Consul-Token.'
)
NO_TOKEN = "This agent takes faults only with its fault_injection_token: send it in the header X-Consul-Token."


def objection(asked: HttpAsked, token: str) -> str:
    """Why this request is not listened to, "" if it is."""
    headers = dict(asked.headers)
    if token:
        return "" if hmac.compare_digest(_given(headers).encode(), token.encode()) else NO_TOKEN
    if asked.peer and not _is_loopback(asked.peer):
        return ELSEWHERE.format(peer=asked.peer)
    return FOREIGN if _is_foreign(headers) else ""


def _given(headers: dict[str, str]) -> str:
    return headers.get("x-consul-token") or headers.get("authorization", "").removeprefix("Bearer ")


def _is_foreign(headers: dict[str, str]) -> bool:
    """A browser says which site's page it asks for, and a page that somebody only looks at must not break a cluster.

    Nor may one whose own name its owner has pointed to this machine: then Host is that name, and no address.
    """
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is None:
        return False
    return origin.partition("://")[2] != host or not _is_here(host.rpartition(":")[0] or host)


def _is_here(name: str) -> bool:
    try:
        return name == "localhost" or bool(ip_address(name.strip("[]")))
    except ValueError:
        return False


def _is_loopback(peer: str) -> bool:
    address = ip_address(peer)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
