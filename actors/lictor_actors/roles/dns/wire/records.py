"""Resource records as they are made here, and the reply that is made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from lictor_actors.roles.dns.wire import question as q

STRING_MOST = 255
"""Bytes of one string of a TXT record; longer texts are several."""
TTL_MOST = 2**31 - 1


class ResourceRecord(NamedTuple):
    """One record; its data may hold one name."""

    owner: bytes
    type: int
    ttl: int
    data: bytes = b""
    """What comes before the name, or all of it."""
    target: bytes = b""
    """The name in the data, "" if there is none."""
    rest: bytes = b""
    """What comes behind the name."""


@dataclass(slots=True)
class Reply:
    """What is to be said, before anything is left out for want of room."""

    rcode: int = q.NOERROR
    answers: list[ResourceRecord] = field(default_factory=list)
    authority: list[ResourceRecord] = field(default_factory=list)
    additional: list[ResourceRecord] = field(default_factory=list)
    authoritative: bool = True


@lru_cache(4096)
def packed(address: str) -> bytes:
    """An IP in 4 or 16 bytes, b"" for what is none."""
    try:
        return ip_address(address).packed
    except ValueError:
        return b""


def address_record(owner: bytes, ip: bytes, ttl: int) -> ResourceRecord:
    """A or AAAA, by the length of the address."""
    return ResourceRecord(owner, q.A if len(ip) == 4 else q.AAAA, ttl, ip)


def fits(type_: int, ip: bytes) -> bool:
    """Whether a question of this type is answered with that address."""
    return bool(ip) and (type_ == q.ANY or type_ == (q.A if len(ip) == 4 else q.AAAA))


def srv(owner: bytes, ttl: int, weight: int, port: int, target: bytes) -> ResourceRecord:
    """RFC 2782; all have the same priority."""
    numbers = (1, min(max(weight, 0), 0xFFFF), port & 0xFFFF)
    return ResourceRecord(owner, q.SRV, ttl, b"".join(n.to_bytes(2, "big") for n in numbers), target)


def txt(owner: bytes, ttl: int, text: str) -> ResourceRecord:
    """One text, in strings of the size that fits."""
    data = text.encode()
    cuts = [data[at : at + STRING_MOST] for at in range(0, len(data), STRING_MOST)] or [b""]
    return ResourceRecord(owner, q.TXT, ttl, b"".join(bytes((len(cut),)) + cut for cut in cuts))
