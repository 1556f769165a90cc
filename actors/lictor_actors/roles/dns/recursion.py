"""Names outside the zone: passed on to recursors, whose answers are passed back."""

from __future__ import annotations

from typing import NamedTuple

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.dns.open_question import OpenQuestion
from lictor_actors.roles.dns.wire import names
from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.records import ResourceRecord
from lictor_messages.addresses import split_host_port
from lictor_messages.dns import AskRecursors, DnsOptions, RecursorsAnswered

UNDER_WAY_MOST = 1024
DNS_PORT = 53


class Passed(NamedTuple):
    """A question that was passed on."""

    asked: OpenQuestion
    packet: bytes
    """As it was sent to the recursors."""


class Recursion:
    """Questions at recursors."""

    def __init__(self, options: DnsOptions) -> None:
        self._options = options
        self._servers = [split_host_port(text, DNS_PORT) for text in options.recursors]
        self._passed: dict[str, Passed] = {}
        self._own: dict[bytes, None] = {}
        """Packets under way. One that comes in here has gone in a circle."""
        self._count = 0

    def __len__(self) -> int:
        return len(self._passed)

    @property
    def there(self) -> bool:
        """Whether there are recursors."""
        return bool(self._options.recursors)

    def is_own(self, packet: bytes) -> bool:
        """True for a question that has come from this actor: a recursor leads back to it."""
        return packet in self._own

    def ask(self, asked: OpenQuestion, packet: bytes, turn: Turn) -> bool:
        """Pass it on under an id that strangers cannot guess; False if too many are under way."""
        if len(self._passed) >= UNDER_WAY_MOST:
            return False
        self._count += 1
        ticket, packet = f"r{self._count:x}", turn.secret(2) + packet[2:]
        servers = list(self._servers)
        if self._options.recursor_strategy == "random":
            turn.rng.shuffle(servers)
        self._passed[ticket] = Passed(asked, packet)
        self._own[packet] = None
        job = AskRecursors(
            ticket=ticket,
            packet=packet,
            servers=tuple(servers),
            tcp=asked.tcp,
            timeout_ns=self._options.recursor_timeout_ns,
        )
        turn.run(job)
        return True

    def answered(self, answer: RecursorsAnswered) -> OpenQuestion | None:
        """The question that this is the answer to."""
        passed = self._passed.pop(answer.ticket, None)
        if passed is None:
            return None
        self._own.pop(passed.packet, None)
        return passed.asked


def plain_question(name: bytes, type_: int) -> bytes:
    """A packet that asks for this, with an id to be filled in."""
    return b"\0\0" + q.RD.to_bytes(2, "big") + b"\0\1\0\0\0\0\0\0" + name + bytes((0, type_, 0, q.CLASS_IN))


def passed_back(asked: OpenQuestion, packet: bytes) -> bytes:
    """A recursor's answer under the id of the asker, cut to what the asker can take."""
    flags = int.from_bytes(packet[2:4], "big") | q.RA
    said = asked.question.id + flags.to_bytes(2, "big") + packet[4:]
    if asked.tcp or len(said) <= (asked.question.edns.limit if asked.question.edns is not None else 512):
        return said
    return said[:2] + (flags | q.TC).to_bytes(2, "big") + b"\0\1\0\0\0\0\0\0" + asked.question.raw


def addresses_in(packet: bytes) -> list[ResourceRecord]:
    """The addresses and aliases among the answers of a packet. Raises Malformed."""
    at, found = names.skip(packet, q.HEADER) + 4, []
    for _ in range(int.from_bytes(packet[6:8], "big")):
        owner, at = names.read(packet, at)
        if at + 10 > len(packet):
            raise names.Malformed("the packet ends within a record")
        type_, ttl = int.from_bytes(packet[at : at + 2], "big"), int.from_bytes(packet[at + 4 : at + 8], "big")
        begin, end = at + 10, at + 10 + int.from_bytes(packet[at + 8 : at + 10], "big")
        if end > len(packet):
            raise names.Malformed("the packet ends within a record")
        if type_ == q.CNAME:
            found.append(ResourceRecord(owner, type_, ttl, b"", names.read(packet, begin)[0]))
        elif (type_, end - begin) in ((q.A, 4), (q.AAAA, 16)):
            found.append(ResourceRecord(owner, type_, ttl, packet[begin:end]))
        at = end
    return found
