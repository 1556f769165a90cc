"""Prepared tails: answers to questions that come again and again, found without parsing and sent without building.

A tail stands for one order of the records. A question has up to sixteen, used in turn, so that clients that take the
first record spread over all. It serves only while the read that it rests on lives, and goes at that read's index.

Most clients ask in small letters and each time with the same options: such a packet is found whole, but for its id, and
what is said behind the id is put together once. That takes a quarter of the time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lictor_actors.roles.dns.wire.answer import Tail
from lictor_actors.roles.dns.wire.question import CD, HEADER, RD, DnsQuestion

ORDERS = 16
BYTES_MOST = 16 << 20
"""Of all tails; more, and all are forgotten."""
OVERHEAD = 200
PLAIN_FLAGS = RD | CD | 0x20
"""Flags of usual questions, AD among them: with others each client could make tails of its own."""
LIMITS_MOST = 256
"""Sizes that clients have said. Most say one of a few."""


@dataclass(slots=True, eq=False)
class Basis:
    """What tails rest on. ``until``: the time up to which they serve."""

    until: int = 0
    used: bool = False
    """Whether one has served since that was last asked."""
    tails: list[tuple[dict[bytes, Prepared], bytes]] = field(default_factory=list)
    """Where those that rest on it are kept."""
    packets: list[tuple[dict[bytes, Ready], bytes]] = field(default_factory=list)
    """The same of what is ready for packets as they come."""


class Prepared:
    """The tails of one question over one transport."""

    __slots__ = ("basis", "edns", "most", "next", "orders")

    def __init__(self, basis: Basis, edns: bool, most: int) -> None:
        self.basis = basis
        self.edns = edns
        self.most = most
        self.orders: list[tuple[bytes, bytes]] = []
        """Head and body of each."""
        self.next = 0


class Ready:
    """What is said behind the id to a packet that comes just so, in each order."""

    __slots__ = ("basis", "next", "said")

    def __init__(self, basis: Basis, said: list[bytes]) -> None:
        self.basis = basis
        self.said = said
        self.next = 0


class Tails:
    """All tails for askers of equal rights, apart by transport."""

    def __init__(self) -> None:
        self._udp: dict[bytes, Prepared] = {}
        self._tcp: dict[bytes, Prepared] = {}
        self._ready: tuple[dict[bytes, Ready], dict[bytes, Ready]] = {}, {}
        """By UDP and by TCP; a packet without its id → what is said."""
        self._limits: dict[bytes, int] = {}
        """OPT records without options, as clients send them, to the size of answers by UDP."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._udp) + len(self._tcp)

    def answer(self, packet: bytes, tcp: bool, now: int) -> bytes | None:
        """The answer to this packet, None if it takes more than a look-up."""
        ready = self._ready[tcp].get(packet[2:])
        if ready is None:
            return self._spliced(packet, tcp, now)
        basis, said, turn = ready.basis, ready.said, ready.next
        if now > basis.until:
            return None
        ready.next = turn + 1 if turn + 1 < len(said) else 0
        basis.used = True
        return packet[:2] + said[turn]

    def _spliced(self, packet: bytes, tcp: bool, now: int) -> bytes | None:
        """In the letters in which it was asked.

        A name ends at its first zero unless a label holds one; then nothing is found, for no tail has half a name.
        """
        end = packet.find(0, HEADER) + 5
        key = packet[2:HEADER] + packet[HEADER : end - 4].lower() + packet[end - 4 : end]
        prepared = (self._tcp if tcp else self._udp).get(key)
        if prepared is None or len(prepared.orders) < prepared.most:
            return None
        basis = prepared.basis
        if now > basis.until:
            return None
        turn = prepared.next
        prepared.next = turn + 1 if turn + 1 < prepared.most else 0
        head, body = prepared.orders[turn]
        opt = packet[end:]
        said = b"".join((packet[:2], head, packet[HEADER:end], body, opt))
        if prepared.edns:
            limit = self._limits.get(opt)
            if limit is None or (not tcp and len(said) > limit):
                return None
        elif opt:
            return None
        basis.used = True
        if packet[2:end] == key and turn == prepared.most - 1:  # all orders have served
            self._make_ready(packet, packet[HEADER:end], opt, tcp, prepared)
        return said

    def _make_ready(self, packet: bytes, question: bytes, opt: bytes, tcp: bool, prepared: Prepared) -> None:
        said = [b"".join((head, question, body, opt)) for head, body in prepared.orders]
        if prepared.edns and not tcp and max(map(len, said)) + 2 > self._limits[opt]:
            return
        table, key = self._ready[tcp], packet[2:]
        table[key] = Ready(prepared.basis, said)
        prepared.basis.packets.append((table, key))
        self._grow(sum(map(len, said)) + OVERHEAD)

    def keep(self, question: DnsQuestion, tcp: bool, tail: Tail, basis: Basis, records: int) -> None:
        """One more order for this question, of sixteen if there are several records."""
        if question.flags & ~PLAIN_FLAGS:
            return
        edns = question.edns
        if edns is not None:
            if edns.subnet:
                return
            if len(self._limits) >= LIMITS_MOST:
                self._limits.clear()
            self._limits[edns.record()] = edns.limit
        key, table = _key(question), self._tcp if tcp else self._udp
        prepared = table.get(key)
        if prepared is None or prepared.basis is not basis:
            prepared = table[key] = Prepared(basis, edns is not None, ORDERS if records > 1 else 1)
            basis.tails.append((table, key))
        if len(prepared.orders) < prepared.most:
            prepared.orders.append((tail.head, tail.body))
            self._grow(len(tail.body) + OVERHEAD)

    def _grow(self, size: int) -> None:
        self._bytes += size
        if self._bytes > BYTES_MOST:
            self.clear()

    def drop(self, basis: Basis) -> None:
        """What rests on this serves no more."""
        for table, key in basis.tails:
            prepared = table.get(key)
            if prepared is not None and prepared.basis is basis:
                del table[key]
                self._bytes -= sum(len(body) + OVERHEAD for _, body in prepared.orders)
        for ready_table, key in basis.packets:
            ready = ready_table.get(key)
            if ready is not None and ready.basis is basis:
                del ready_table[key]
                self._bytes -= sum(map(len, ready.said)) + OVERHEAD
        basis.tails.clear()
        basis.packets.clear()

    def clear(self) -> None:
        """Forget all."""
        self._udp.clear()
        self._tcp.clear()
        for table in self._ready:
            table.clear()
        self._bytes = 0


def _key(question: DnsQuestion) -> bytes:
    """Flags, counts, and the name in small letters with type and class: the packet as a usual client sends it."""
    name, rest = question.raw[:-4].lower(), question.raw[-4:]
    counts = b"\0\1\0\0\0\0\0\1" if question.edns is not None else b"\0\1\0\0\0\0\0\0"
    return question.flags.to_bytes(2, "big") + counts + name + rest
