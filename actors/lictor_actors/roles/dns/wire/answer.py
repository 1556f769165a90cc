"""An answer as bytes: what fits is found, names are compressed, and the part behind the question is made apart.

That part is the same for all who ask the same, in any case and under any id: a pointer to the question leads
to byte 12 in each of their packets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.edns import SIZE_LEAST
from lictor_actors.roles.dns.wire.question import DnsQuestion
from lictor_actors.roles.dns.wire.records import Reply, ResourceRecord

TCP_MOST = 0xFFFF
POINTS_MOST = 0x3FFF
TCP_ANSWERS_MOST = {q.SRV: 1024}
TCP_ANSWERS_USUAL = 4096
UDP_ANSWERS_MOST = 8
"""Of the answers to a client without EDNS, even where ``udp_answer_limit`` is higher."""


class Manner(NamedTuple):
    """How all questions are answered."""

    recursion: bool = False
    """True if there are recursors."""
    truncate: bool = False
    """Whether TC says that something was left out."""
    compress: bool = True
    udp_answers: int = 3


class Tail(NamedTuple):
    """An answer without what depends on the asker."""

    head: bytes
    """Flags and counts."""
    body: bytes
    """All records but OPT."""
    whole: bool
    """True if nothing was left out."""


def error(question: DnsQuestion, rcode: int) -> bytes:
    """An answer without records."""
    flags = q.QR | (question.flags & q.ECHOED) | (rcode & 0xF)
    opt = question.edns.record(rcode >> 4) if question.edns is not None else b""
    counts = (1 if question.raw else 0, 0, 0, 1 if opt else 0)
    return question.id + _numbers(flags, *counts) + question.raw + opt


def see_tcp(question: DnsQuestion) -> bytes:
    """An answer without records that says: ask by TCP."""
    said = error(question, q.NOERROR)
    return said[:2] + (int.from_bytes(said[2:4], "big") | q.TC).to_bytes(2, "big") + said[4:]


def splice(question: DnsQuestion, tail: Tail) -> bytes:
    """The answer to this question."""
    opt = question.edns.record() if question.edns is not None else b""
    return b"".join((question.id, tail.head, question.raw, tail.body, opt))


def tail_of(question: DnsQuestion, reply: Reply, manner: Manner, tcp: bool) -> Tail:
    """As much of the reply as the question's transport takes."""
    fitted, body = _fitted(question, reply, manner, tcp)
    whole = len(fitted.answers) == len(reply.answers) and len(fitted.additional) == len(reply.additional)
    flags = q.QR | (question.flags & q.ECHOED) | reply.rcode
    flags |= q.AA if reply.authoritative else 0
    flags |= q.RA if manner.recursion else 0
    flags |= q.TC if manner.truncate and not whole else 0
    extra = len(fitted.additional) + (question.edns is not None)
    return Tail(_numbers(flags, 1, len(fitted.answers), len(fitted.authority), extra), body, whole)


def _fitted(question: DnsQuestion, reply: Reply, manner: Manner, tcp: bool) -> tuple[Reply, bytes]:
    """The most answers that fit, with what belongs to them; first of all the authority goes."""
    room, counted, most = _room(question, reply, manner, tcp)
    kept = reply if most >= len(reply.answers) else _first(reply, most)
    body = _body(question, kept, manner.compress)
    if _size(question, kept, body, counted) <= room:
        return kept, body
    low, high = 0, len(kept.answers)
    while low < high:
        middle = (low + high + 1) // 2
        tried = _first(reply, middle)
        if _size(question, tried, _body(question, tried, manner.compress), counted) <= room:
            low = middle
        else:
            high = middle - 1
    kept = _first(reply, low) if low else _bare(reply)
    return kept, _body(question, kept, manner.compress)


def _bare(reply: Reply) -> Reply:
    """One answer and nothing that belongs to it: better than none, and two names fit into the smallest packet."""
    return Reply(reply.rcode, reply.answers[:1], authoritative=reply.authoritative)


def _room(question: DnsQuestion, reply: Reply, manner: Manner, tcp: bool) -> tuple[int, bool, int]:
    """Bytes behind the question, whether names count as compressed, and the most answers."""
    opt = len(question.edns.record()) if question.edns is not None else 0
    taken = q.HEADER + len(question.raw) + opt
    if tcp:
        return TCP_MOST - taken, manner.compress, TCP_ANSWERS_MOST.get(question.type, TCP_ANSWERS_USUAL)
    if question.edns is None:
        return SIZE_LEAST - taken, False, min(manner.udp_answers, UDP_ANSWERS_MOST)
    return question.edns.limit - taken, manner.compress, len(reply.answers)


def _first(reply: Reply, number: int) -> Reply:
    """So many answers and what belongs to them: records of their targets, and of the name itself."""
    answers = reply.answers[:number]
    named = {record.target for record in answers} | {record.owner for record in answers}
    additional = [record for record in reply.additional if record.owner in named]
    return Reply(reply.rcode, answers, [], additional, reply.authoritative)


def _size(question: DnsQuestion, reply: Reply, body: bytes, compressed: bool) -> int:
    """A client without EDNS may have a forwarder behind it that expands names, so for it all names count in full."""
    return len(body) if compressed else len(_body(question, reply, compress=False))


def _body(question: DnsQuestion, reply: Reply, compress: bool) -> bytes:
    known: dict[bytes, int] | None = {} if compress else None
    out = bytearray()
    if known is not None:
        _learn(known, question.name.lower(), q.HEADER)
    begin = q.HEADER + len(question.raw)
    for section in (reply.answers, reply.authority, reply.additional):
        _write(out, section, begin, known)
    return bytes(out)


def _write(out: bytearray, records: Iterable[ResourceRecord], begin: int, known: dict[bytes, int] | None) -> None:
    for owner, type_, ttl, data, target, rest in records:
        _name(out, owner, begin, known)
        out += _numbers(type_, q.CLASS_IN) + ttl.to_bytes(4, "big") + b"\0\0"
        at = len(out)
        out += data
        if target:
            _name(out, target, begin, known, whole=type_ == q.SRV)  # RFC 2782: the target is not compressed
        out += rest
        out[at - 2 : at] = (len(out) - at).to_bytes(2, "big")


def _name(out: bytearray, name: bytes, begin: int, known: dict[bytes, int] | None, *, whole: bool = False) -> None:
    if known is None:
        out += name
        return
    at = 0
    while name[at] and not whole:
        place = known.get(name[at:].lower())
        if place is not None:
            _learn(known, name, begin + len(out), at)
            out += name[:at] + (0xC000 | place).to_bytes(2, "big")
            return
        at += 1 + name[at]
    _learn(known, name, begin + len(out))
    out += name


def _learn(known: dict[bytes, int], name: bytes, place: int, upto: int = -1) -> None:
    """From now on this name and its ends are found here; with ``upto`` only the ends that begin before it."""
    at = 0
    while name[at] and (upto < 0 or at < upto) and place + at <= POINTS_MOST:
        known.setdefault(name[at:].lower(), place + at)
        at += 1 + name[at]


def _numbers(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2, "big") for number in numbers)
