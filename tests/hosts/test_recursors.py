"""Questions at other DNS servers, by UDP and by TCP: the first good answer counts, and no wait is too long."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from lictor_actors.hosts.live.recursors import ask_recursors
from lictor_actors.roles.dns.recursion import Recursion
from lictor_messages.dns import AskRecursors, DnsOptions

MS = 1_000_000
Says = Callable[[bytes], bytes]
both = pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])


def good(packet: bytes) -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(packet))
    answer.answer.append(dns.rrset.from_text("example.com.", 60, "IN", "A", "192.0.2.1"))
    return answer.to_wire()


def fails(packet: bytes) -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(packet))
    answer.set_rcode(dns.rcode.SERVFAIL)
    return answer.to_wire()


def knows_of_none(packet: bytes) -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(packet))
    answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()


def is_silent(_: bytes) -> bytes:
    return b""


def answers_another(packet: bytes) -> bytes:
    return bytes((packet[0] ^ 1,)) + good(packet)[1:]


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, says: Says) -> None:
        self.says = says

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        if said := self.says(data):
            self.transport.sendto(said, source)


@contextlib.asynccontextmanager
async def recursor(says: Says) -> AsyncIterator[tuple[str, int]]:
    """One that speaks so by both transports, at one port."""
    ended = asyncio.Event()

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packet = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        if said := says(packet):
            writer.write(len(said).to_bytes(2, "big") + said)
        else:
            await ended.wait()
        writer.close()

    server = await asyncio.start_server(stream, "127.0.0.1", 0)
    place = server.sockets[0].getsockname()[:2]
    datagrams, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Datagrams(says), local_addr=place)
    try:
        yield place
    finally:
        ended.set()
        datagrams.close()
        server.close()


async def told(tcp: bool, *speakers: Says, timeout_ms: int = 20_000) -> tuple[dns.message.Message | None, str]:
    packet = dns.message.make_query("example.com.", "A", id=7).to_wire()
    async with contextlib.AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(recursor(says)) for says in speakers]
        job = AskRecursors(ticket="r", packet=packet, servers=tuple(servers), tcp=tcp, timeout_ns=timeout_ms * MS)
        said = await ask_recursors(job)
    return dns.message.from_wire(said.packet) if said.packet else None, said.error


@both
@pytest.mark.parametrize("before", [(), (fails,), (fails, fails)], ids=["first", "second", "third"])
async def test_the_first_good_answer_counts(tcp: bool, before: tuple[Says, ...]) -> None:
    answer, error = await told(tcp, *before, good, knows_of_none)
    assert answer is not None
    assert [str(rr) for rr in answer.answer[0]] == ["192.0.2.1"]
    assert (answer.id, error) == (7, "")


@both
async def test_that_there_is_no_such_name_is_an_answer(tcp: bool) -> None:
    answer, _ = await told(tcp, knows_of_none, good)
    assert answer is not None
    assert answer.rcode() == dns.rcode.NXDOMAIN


@both
async def test_one_that_is_silent_is_followed_by_the_next(tcp: bool) -> None:
    answer, _ = await told(tcp, is_silent, good, timeout_ms=300)
    assert answer is not None
    assert answer.rcode() == dns.rcode.NOERROR


@both
async def test_an_answer_to_another_question_is_none(tcp: bool) -> None:
    answer, error = await told(tcp, answers_another, timeout_ms=300)
    assert answer is None
    assert error.startswith("127.0.0.1:")


@both
async def test_of_bad_answers_the_last_is_passed_back(tcp: bool) -> None:
    answer, _ = await told(tcp, fails)
    assert answer is not None
    assert answer.rcode() == dns.rcode.SERVFAIL


@both
async def test_where_no_server_is_the_next_is_asked_at_once(tcp: bool) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = taken.getsockname()
        packet = dns.message.make_query("example.com.", "A", id=7).to_wire()
        async with recursor(good) as there:
            job = AskRecursors(ticket="r", packet=packet, servers=(nowhere, there), tcp=tcp, timeout_ns=60_000 * MS)
            said = await ask_recursors(job)
    assert dns.message.from_wire(said.packet).answer


@pytest.mark.parametrize(("strategy", "orders"), [("sequential", 1), ("random", 6)])
def test_they_are_asked_in_order_or_in_any(strategy: str, orders: int) -> None:
    options = DnsOptions(node="n.dc1", dc="dc1", recursors=("10.0.0.1", "10.0.0.2", "10.0.0.3:54"))
    recursion = Recursion(options.model_copy(update={"recursor_strategy": strategy}))
    jobs: list[AskRecursors] = []
    turn: Any = SimpleNamespace(rng=Random(3), secret=lambda size: bytes(size), run=jobs.append)
    for number in range(60):
        assert recursion.ask(SimpleNamespace(tcp=False), number.to_bytes(4, "big"), turn)  # type: ignore[arg-type]
    assert len({job.servers for job in jobs}) == orders
    assert {frozenset(job.servers) for job in jobs} == {
        frozenset({("10.0.0.1", 53), ("10.0.0.2", 53), ("10.0.0.3", 54)})
    }
