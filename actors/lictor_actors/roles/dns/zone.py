"""The zone that a DNS actor answers for: which names are within it, how things are called in it, how long they hold."""

from __future__ import annotations

from typing import NamedTuple

from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.names import from_text, labels_of
from lictor_actors.roles.dns.wire.records import TTL_MOST, ResourceRecord
from lictor_messages.dns import DnsOptions

NS = 1_000_000_000


class Zone(NamedTuple):
    """One domain, as the question has named it."""

    domain: bytes
    """On the wire."""
    options: DnsOptions
    dc: str
    """The datacenter that the question is about."""

    @property
    def translates(self) -> bool:
        """Whether the addresses for those outside are shown: they are of another datacenter's nodes."""
        return self.options.translate_wan_addrs and self.dc != self.options.dc

    def name(self, *labels: str) -> bytes:
        """A name of the zone. Raises ValueError for one that DNS cannot say."""
        return from_text(".".join(labels))[:-1] + self.domain

    def node(self, node: str) -> bytes:
        """``NODE.node.DC.consul``. Raises ValueError."""
        return self.name(node, "node", self.dc)

    def address(self, ip: bytes) -> bytes:
        """``HEXIP.addr.DC.consul``."""
        return self.name(ip.hex(), "addr", self.dc)

    def soa(self, wall_ns: int) -> ResourceRecord:
        """The serial is the time, so that no secondary takes two states for one."""
        told = self.options
        serial = (wall_ns // NS) & 0xFFFFFFFF
        numbers = (serial, told.soa_refresh, told.soa_retry, told.soa_expire, told.soa_min_ttl)
        rest = b"".join(number.to_bytes(4, "big") for number in numbers)
        master, person = self.name("ns"), self.name("hostmaster")
        return ResourceRecord(self.domain, q.SOA, told.soa_min_ttl, b"", master, person + rest)

    def ttl(self, service: str) -> int:
        """Seconds of a service's records: by its name, else by the longest prefix that is configured."""
        ttls, name = self.options.service_ttl, service.lower()
        if name in ttls:
            return _seconds(ttls[name])
        fitting = [key for key in ttls if key.endswith("*") and name.startswith(key[:-1])]
        return _seconds(ttls[max(fitting, key=len)]) if fitting else 0

    @property
    def node_ttl(self) -> int:
        """Seconds of a node's records."""
        return _seconds(self.options.node_ttl_ns)


def _seconds(ns: int) -> int:
    return min(ns // NS, TTL_MOST)


class Domains:
    """The domains of an actor. The longer one is tried first, for one may lie within the other."""

    def __init__(self, options: DnsOptions) -> None:
        texts = [text for text in (options.domain, options.alt_domain) if text]
        zones = [Zone(from_text(text.lower()), options, options.dc) for text in texts]
        self._zones = sorted(((tuple(labels_of(zone.domain)), zone) for zone in zones), key=lambda z: -len(z[0]))
        self.first = zones[0]

    def within(self, labels: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], Zone] | None:
        """The labels before the zone's own, and the zone; None for a name outside."""
        for own, zone in self._zones:
            if labels[len(labels) - len(own) :] == own and len(labels) >= len(own):
                return labels[: len(labels) - len(own)], zone
        return None
