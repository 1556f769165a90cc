"""Names of Consul's zone: what each of them asks for.

Source: Consul's documentation of its DNS interface (services/discovery/dns-static-lookups and -dynamic-lookups). The
labels come in small letters, without the zone's own.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

Labels = tuple[str, ...]
KINDS = ("addr", "connect", "ingress", "node", "query", "service", "virtual")
"""The label before which the name of the thing stands, and behind which its datacenter."""
DEFAULT = "default"
"""The namespace, the partition and the network segment that there is."""


class NodeNamed(NamedTuple):
    """``NODE.node[.DC]``."""

    node: str
    dc: str = ""


class ServiceNamed(NamedTuple):
    """``[TAG.]SERVICE.service[.DC]`` or ``_SERVICE._TAG.service[.DC]``."""

    service: str
    tag: str = ""
    dc: str = ""


class VirtualNamed(NamedTuple):
    """``SERVICE.virtual``: the one address for all instances."""

    service: str
    dc: str = ""


class PreparedNamed(NamedTuple):
    """``QUERY.query[.DC]``."""

    query: str
    dc: str = ""


class AddressNamed(NamedTuple):
    """``HEXIP.addr[.DC]``: the address that the name spells."""

    ip: bytes


class ZoneNamed(NamedTuple):
    """The zone itself."""


Named = NodeNamed | ServiceNamed | VirtualNamed | PreparedNamed | AddressNamed | ZoneNamed


def named(labels: Labels, *, srv: bool = False) -> Named | None:
    """What the labels ask for, None if nothing can have such a name. ``srv``: the ``service`` label may be left out."""
    if not labels:
        return ZoneNamed()
    for at in range(len(labels) - 1, -1, -1):
        if labels[at] in KINDS:
            return _of_kind(labels[at], labels[:at], _datacenter(labels[at + 1 :]))
        if srv and labels[at].startswith("_"):
            return _of_kind("service", labels[: at + 1], _datacenter(labels[at + 1 :]))
    return None


def _datacenter(suffix: Labels) -> str | None:
    """``DC``, ``DC.dc``, or ``NAMESPACE.ns.PARTITION.ap.DC.dc`` in any order; None for what is none of these."""
    if len(suffix) == 1:
        return suffix[0]
    dc = ""
    if len(suffix) % 2:
        return None
    for name, kind in zip(suffix[::2], suffix[1::2], strict=True):
        if kind == "dc":
            dc = name
        elif kind not in ("ap", "ns", "sg") or name != DEFAULT:
            return None
    return dc


def _of_kind(kind: str, parts: Labels, dc: str | None) -> Named | None:
    if dc is None or not parts:
        return None
    match kind:
        case "node":
            return NodeNamed(".".join(parts), dc)
        case "query":
            return PreparedNamed(".".join(parts), dc)
        case "service":
            return _service(parts, dc)
        case "virtual":
            return VirtualNamed(parts[-1], dc)
        case "addr" if len(parts) == 1:
            return _address(parts[0])
    return None


def _service(parts: Labels, dc: str) -> ServiceNamed:
    if len(parts) == 2 and all(part.startswith("_") for part in parts):
        tag = parts[1][1:]
        return ServiceNamed(parts[0][1:], "" if tag == "tcp" else tag, dc)
    return ServiceNamed(parts[-1], ".".join(parts[:-1]), dc)


def _address(digits: str) -> AddressNamed | None:
    try:
        ip = bytes.fromhex(digits)
    except ValueError:
        return None
    return AddressNamed(ip) if len(digits) in (8, 32) else None


def reversed_ip(labels: Labels) -> str:
    """``4.3.2.1.in-addr.arpa`` → ``1.2.3.4``, and the same for ``ip6.arpa``; "" for what is no whole address."""
    match labels[-2:]:
        case ("in-addr", "arpa") if len(labels) == 6 and all(part.isdigit() for part in labels[:4]):
            try:
                return str(IPv4Address(".".join(reversed(labels[:4]))))
            except ValueError:
                return ""
        case ("ip6", "arpa") if len(labels) == 34 and all(len(part) == 1 for part in labels[:32]):
            try:
                return str(IPv6Address(bytes.fromhex("".join(reversed(labels[:32])))))
            except ValueError:
                return ""
    return ""


def meta_text(key: str, value: str) -> str:
    """Meta data of a node as RFC 1464 writes it: ``key=value``, or the bare value of a key ``rfc1035-…``."""
    if key.startswith("rfc1035-"):
        return value
    quoted = key.replace("`", "``").replace("=", "`=")
    inner = quoted.strip(" ")
    leading = len(quoted) - len(quoted.lstrip(" "))
    trailing = len(quoted) - len(inner) - leading if inner else 0
    return f"{'` ' * leading}{inner}{'` ' * trailing}={value.replace('`', '``')}"
