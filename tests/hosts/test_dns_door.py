"""The DNS door over real sockets, with a real node behind it: what clients send, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import socket
from random import Random

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import pytest
from dns_packets import LEGAL, ODD
from spoiled import spoil

from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.node.live import add_node
from lictor_actors.node.spec import NodeSpec

IP = "127.0.0.1"
WITHIN_S = 30


class Answering:
    """A server of its own with DNS."""

    def __init__(self, folder, **spec):
        self._spec = {"server": True, "bootstrap_expect": 1, **spec}
        self._folder = folder
        self.port = 0

    async def __aenter__(self):
        lanes = (f"ipc://{self._folder}/g", f"ipc://{self._folder}/r")
        self.host = LiveHost("test", lanes=lanes)
        await self.host.start()
        self.port = free_port()
        settings = {"prober.profile": "local", "server.raft_multiplier": 0.2, **self._spec.pop("settings", {})}
        spec = NodeSpec(name="n1", gossip=lanes[0], rest=lanes[1], dns_port=self.port, settings=settings, **self._spec)
        self.node = await add_node(self.host, spec)
        async with asyncio.timeout(WITHIN_S):
            while not (await self.ask("consul.service.consul", "SRV")).answer:  # refused until there is a leader
                continue
        return self

    async def __aexit__(self, *_):
        await self.host.close()

    async def ask(self, name, type_="A", *, tcp=False, **how):
        query = dns.message.make_query(name, type_, **how)
        by = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
        return await by(query, IP, timeout=WITHIN_S, port=self.port)

    @property
    def counters(self):
        return self.host.counters


def free_port():
    with socket.socket() as one:
        one.bind((IP, 0))
        return one.getsockname()[1]


@pytest.fixture
async def site(tmp_path):
    async with Answering(tmp_path) as answering:
        yield answering


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_node_is_found(site, tcp):
    said = await site.ask("n1.node.consul", tcp=tcp)
    assert [str(rr) for rr in said.answer[0]] == ["127.0.0.1"]
    assert said.flags & dns.flags.AA


async def test_questions_on_one_connection_in_pieces_and_many_at_once(site):
    reader, writer = await asyncio.open_connection(IP, site.port)
    queries = {}
    for number in range(200):
        query = dns.message.make_query("n1.node.consul", "A", id=number)
        queries[number] = query
    data = b"".join(len(wire := query.to_wire()).to_bytes(2, "big") + wire for query in queries.values())
    for at in range(0, len(data), 77):
        writer.write(data[at : at + 77])
        await writer.drain()
        await asyncio.sleep(0)
    async with asyncio.timeout(WITHIN_S):
        while queries:
            size = int.from_bytes(await reader.readexactly(2), "big")
            said = dns.message.from_wire(await reader.readexactly(size))
            assert queries.pop(said.id).is_response(said)
    writer.close()


async def test_a_packet_of_64_kib_by_tcp_is_answered(site):
    reader, writer = await asyncio.open_connection(IP, site.port)
    query = dns.message.make_query("n1.node.consul", "A").to_wire()
    packet = query + bytes(0xFFFF - len(query))
    writer.write(len(packet).to_bytes(2, "big") + packet)
    async with asyncio.timeout(WITHIN_S):
        said = dns.message.from_wire(await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big")))
    assert said.rcode() == dns.rcode.FORMERR
    writer.close()


async def test_a_thousand_silent_connections_keep_none_from_asking(site):
    silent = []
    for _ in range(1000):
        one = socket.socket()
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, (IP, site.port))
        silent.append(one)
    said = await site.ask("n1.node.consul", tcp=True)
    assert said.answer
    assert (await site.ask("n1.node.consul")).answer
    assert site.counters["dns_tcp_closed:full"] >= 1000 - 512
    for one in silent:
        one.close()


async def test_what_is_no_question_is_dropped_or_refused_and_counted(site):
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect((IP, site.port))
        answer = dns.message.make_response(dns.message.make_query("n1.node.consul", "A")).to_wire()
        for packet in (b"", b"x" * 11, answer, b"\xff" * 600, dns.message.make_query("x.", "A").to_wire()):
            client.send(packet)
        async with asyncio.timeout(WITHIN_S):
            said = dns.message.from_wire(await loop.sock_recv(client, 4096))
    assert said.rcode() == dns.rcode.REFUSED
    dropped = {name: n for name, n in site.counters.items() if name.startswith("dns_")}
    assert dropped["dns_dropped:short"] == 2
    assert dropped["dns_dropped:answer"] == 2
    assert dropped["dns_refused:other zone"] == 1


async def test_spoiled_packets_by_udp_and_by_tcp_harm_none_who_ask_well(site):
    loop, rng = asyncio.get_running_loop(), Random(11)
    packets = [spoil(rng, LEGAL, ODD)[:4096] for _ in range(1000)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect((IP, site.port))
        for packet in packets:
            await loop.sock_sendall(client, packet)
    reader, writer = await asyncio.open_connection(IP, site.port)
    for packet in packets:
        writer.write(len(packet).to_bytes(2, "big") + packet)
    last = dns.message.make_query("n1.node.consul", "A", id=0xFFFE).to_wire()
    writer.write(len(last).to_bytes(2, "big") + last)
    async with asyncio.timeout(WITHIN_S):
        while True:
            said = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            if said[:2] == last[:2]:
                break
    writer.close()
    for tcp in (False, True):
        assert (await site.ask("n1.node.consul", tcp=tcp)).answer
    assert site.counters["actor_crashes"] == 0


async def test_an_actor_that_crashes_leaves_no_client_hanging_for_long(site):
    site.node.handle_actor("crash", "dns")
    site.node.handle_actor("restart", "dns")
    assert (await site.ask("n1.node.consul")).answer


async def test_a_wildcard_answers_from_the_address_that_was_asked(tmp_path):
    async with Answering(tmp_path, client_addresses=("0.0.0.0",)) as answering:
        query = dns.message.make_query("n1.node.consul", "A")
        said = await dns.asyncquery.udp(query, "127.0.0.77", timeout=WITHIN_S, port=answering.port)
        assert said.answer
