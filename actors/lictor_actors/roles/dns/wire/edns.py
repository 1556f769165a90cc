"""EDNS: the pseudo-record OPT of RFC 6891, and in it the client's subnet of RFC 7871. Other options are ignored."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

from lictor_actors.roles.dns.wire.names import Malformed

OPT = 41
VERSION = 0
SUBNET = 8
SIZE_LEAST = 512
SIZE_MOST = 4096
"""Larger answers go by TCP, also to clients that could take them: what is longer than a frame of the network may
not arrive, and serves those who ask in the name of others."""
_BITS = {1: 32, 2: 128}
"""Of an address, by its family."""
_HEAD = b"\0\0\x29"


class Edns(NamedTuple):
    """What the client's OPT record says."""

    size: int
    """As the client has sent it: bytes of a UDP answer that it can take."""
    version: int = VERSION
    dnssec: bool = False
    subnet: bytes = b""
    """The value of the option ECS: family, source prefix, scope 0, address."""

    @property
    def place(self) -> str:
        """The client's address as far as the option ECS tells it, "" if it does not."""
        family, prefix = int.from_bytes(self.subnet[:2], "big"), self.subnet[2:3]
        return str(ip_address(self.subnet[4:].ljust(_BITS[family] // 8, b"\0"))) if prefix > b"\0" else ""

    def scoped(self) -> Edns:
        """The same with an answer in view that holds for this subnet alone."""
        return self._replace(subnet=self.subnet[:3] + self.subnet[2:3] + self.subnet[4:])

    @property
    def limit(self) -> int:
        """Bytes of an answer over UDP."""
        return min(max(self.size, SIZE_LEAST), SIZE_MOST)

    def record(self, extended_rcode: int = 0) -> bytes:
        """The OPT record of the answer. The subnet is echoed, with a scope of 0 unless the answer depends on it."""
        flags = b"\x80\0" if self.dnssec else b"\0\0"
        option = b"\0\x08" + len(self.subnet).to_bytes(2, "big") + self.subnet if self.subnet else b""
        head = _HEAD + self.size.to_bytes(2, "big") + bytes((extended_rcode, VERSION)) + flags
        return head + len(option).to_bytes(2, "big") + option


def read_opt(size: int, ttl: bytes, data: bytes) -> Edns:
    """From the class, the TTL and the data of an OPT record. Raises Malformed."""
    subnet, at = b"", 0
    while at < len(data):
        code, length = data[at : at + 2], int.from_bytes(data[at + 2 : at + 4], "big")
        value = data[at + 4 : at + 4 + length]
        if at + 4 + length > len(data):
            raise Malformed("an option of EDNS is cut")
        if int.from_bytes(code, "big") == SUBNET:
            subnet = _subnet(value)
        at += 4 + length
    return Edns(size, ttl[1], bool(ttl[2] & 0x80), subnet)


def _subnet(value: bytes) -> bytes:
    family, source, scope, address = int.from_bytes(value[:2], "big"), value[2:3], value[3:4], value[4:]
    bits = _BITS.get(family)
    if bits is None or len(value) < 4 or source[0] > bits or scope != b"\0":
        raise Malformed("the client's subnet has another family, prefix or scope than queries have")
    spare = -source[0] % 8
    if len(address) != (source[0] + 7) // 8 or (address and address[-1] & ((1 << spare) - 1)):
        raise Malformed("the client's subnet has more or fewer bits than its prefix")
    return value
