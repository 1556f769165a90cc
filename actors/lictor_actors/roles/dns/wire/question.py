"""A packet read as a question, or what to say of a packet that is none."""

from __future__ import annotations

from typing import NamedTuple

from lictor_actors.roles.dns.wire import names
from lictor_actors.roles.dns.wire.edns import OPT, VERSION, Edns, read_opt
from lictor_actors.roles.dns.wire.names import Malformed

HEADER = 12
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16
A, NS, CNAME, SOA, PTR, TXT, AAAA, SRV, IXFR, AXFR, ANY = 1, 2, 5, 6, 12, 16, 28, 33, 251, 252, 255
CLASS_IN, CLASS_ANY = 1, 255
QR, OPCODE, AA, TC, RD, RA, CD = 0x8000, 0x7800, 0x0400, 0x0200, 0x0100, 0x0080, 0x0010
ECHOED = OPCODE | RD | CD
"""Flags of a question that its answer repeats."""


class Dropped(Exception):
    """The packet deserves no answer; ``args[0]`` counts why."""


class Objection(NamedTuple):
    """An error that is answered in place of the question."""

    rcode: int
    why: str
    """What it is counted as."""


class DnsQuestion(NamedTuple):
    """One question as it came."""

    id: bytes
    flags: int
    name: bytes
    """On the wire, in the case in which it was asked."""
    type: int
    raw: bytes
    """Name, type and class, to be repeated in the answer."""
    edns: Edns | None
    objection: Objection | None = None


def read_question(packet: bytes) -> DnsQuestion:
    """What the packet asks, with an ``objection`` if it cannot be asked so. Raises Dropped.

    Lengths of labels are below the codes of letters: a whole name on the wire may be put into small letters.
    """
    if len(packet) < HEADER:
        raise Dropped("short")
    flags = int.from_bytes(packet[2:4], "big")
    if flags & QR:
        raise Dropped("answer")
    try:
        return _read(packet, flags)
    except Malformed:
        return DnsQuestion(packet[:2], flags, names.ROOT, 0, b"", None, Objection(FORMERR, "malformed"))


def _read(packet: bytes, flags: int) -> DnsQuestion:
    if flags & OPCODE:
        return DnsQuestion(packet[:2], flags, names.ROOT, 0, b"", None, Objection(NOTIMP, "opcode"))
    questions, *counts = (int.from_bytes(packet[at : at + 2], "big") for at in (4, 6, 8, 10))
    if questions != 1:
        raise Malformed("there is one question in a packet")
    end = names.read_plain(packet, HEADER)
    if end + 4 > len(packet):
        raise Malformed("the packet ends within its question")
    raw, type_, class_ = packet[HEADER : end + 4], _number(packet, end), _number(packet, end + 2)
    edns = _read_edns(packet, end + 4, sum(counts))
    objection = _objection(type_, class_, edns)
    return DnsQuestion(packet[:2], flags, packet[HEADER:end], type_, raw, edns, objection)


def _objection(type_: int, class_: int, edns: Edns | None) -> Objection | None:
    if edns is not None and edns.version != VERSION:
        return Objection(BADVERS, "version")
    if class_ not in (CLASS_IN, CLASS_ANY):
        return Objection(REFUSED, "class")
    if type_ in (AXFR, IXFR):
        return Objection(NOTIMP, "transfer")
    return None


def _read_edns(packet: bytes, at: int, records: int) -> Edns | None:
    """From the records behind the question, of which the others mean nothing here."""
    edns = None
    for _ in range(records):
        name, at = at, names.skip(packet, at)
        if at + 10 > len(packet):
            raise Malformed("the packet ends within a record")
        type_, begin = _number(packet, at), at + 10
        end = begin + _number(packet, at + 8)
        if end > len(packet):
            raise Malformed("the packet ends within a record")
        if type_ == OPT:
            if edns is not None or at - name != 1:
                raise Malformed("one OPT at most, of the root")
            edns = read_opt(_number(packet, at + 2), packet[at + 4 : at + 8], packet[begin:end])
        at = end
    if at != len(packet):
        raise Malformed("something is left over")
    return edns


def _number(packet: bytes, at: int) -> int:
    return int.from_bytes(packet[at : at + 2], "big")
