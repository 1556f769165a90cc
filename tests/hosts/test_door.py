"""The door over real nng sockets: many clients, one answer each, junk refused, nothing left behind."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pynng
import pytest

import lictor
from lictor_actors.bus.sp import REP_GREETS, REQ_GREETS
from lictor_actors.bus.stream_inlet import Admission
from lictor_actors.client.connection import Connection
from lictor_actors.client.errors import BadRequest, ConnectionFailed, Indefinite, Unavailable
from lictor_actors.hosts.doors import rep
from lictor_actors.hosts.doors.clients import AskMessage, ClientDoor, DoorTerms
from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import ListLocalServices, LocalServices, ServerSilent
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.checker import CheckDue
from lictor_messages.codec import cluster_id, frame, open_frame, pack, unpack
from lictor_messages.door import ANY_CLUSTER
from lictor_messages.doorways import AskAgain
from lictor_messages.envelope import Envelope
from lictor_messages.host import Undeliverable
from lictor_messages.kv import Entries, Entry, GetKey, PutKey
from lictor_messages.raft import TimeoutNow
from lictor_messages.refusals import Refused

CLUSTER = cluster_id("test")
NS = 1_000_000_000
ANYWHERE = "tcp://127.0.0.1:0"
URLS = ("ipc://{dir}/door", ANYWHERE)


class Desk:
    """Stands for the agent: answers what it is told to answer, keeps what it got."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.answer: Callable[[Envelope], Message | None] = lambda _: LocalServices(services=())
        self.counts: Counter[str] = Counter()
        self.arrived = asyncio.Event()
        self.door: ClientDoor

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def deliver(self, envelope: Envelope) -> None:
        self.got.append(envelope)
        self.arrived.set()
        answer = self.answer(envelope)
        if envelope.request and answer is not None:
            self.reply(envelope, answer)

    def reply(self, to: Envelope, answer: Message) -> None:
        self.door.answered(Envelope("agent@n1.dc1", "door@n1.dc1", answer, request=to.request))


@contextlib.asynccontextmanager
async def open_door(url: str, **options: Any) -> AsyncIterator[Desk]:
    desk = Desk()
    terms = DoorTerms(**{name: options.pop(name) for name in DoorTerms._fields if name in options})
    desk.door = ClientDoor(
        "n1.dc1", "agent", (url,), CLUSTER, desk.deliver, lambda: Agent.hears, desk.count, terms, **options
    )
    await desk.door.start()
    try:
        yield desk
    finally:
        await desk.door.close()


@contextlib.asynccontextmanager
async def dialled(url: str, cluster: str = "") -> AsyncIterator[Connection]:
    connection = Connection(url, cluster)
    try:
        yield connection
    finally:
        await connection.close()


async def ask(connection: Connection, message: Message, request: str = "r1", within_s: float = 5.0) -> Message:
    return await connection.ask(message, request, "client@c", within_s)


@pytest.fixture(params=URLS)
def url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    return str(request.param).format(dir=tmp_path)


async def test_a_request_is_delivered_with_the_door_as_its_doorway(url: str) -> None:
    async with open_door(url) as desk, dialled(desk.door.urls[0]) as client:
        answer = await ask(client, ListLocalServices())
    assert answer == LocalServices(services=())
    (e,) = desk.got
    assert (e.source, e.target, e.reply_to, e.request) == ("door@n1.dc1", "agent@n1.dc1", "door@n1.dc1", "r1")
    assert e.budget > 0


async def test_many_clients_each_get_their_own_answers(url: str) -> None:
    async with open_door(url) as desk, contextlib.AsyncExitStack() as stack:
        desk.answer = lambda e: Entries(entries=(Entry(key=e.body.key),))  # type: ignore[attr-defined]
        clients = [await stack.enter_async_context(dialled(desk.door.urls[0])) for _ in range(5)]
        keys = [f"{c}/{n}" for c in range(5) for n in range(20)]
        answers = await asyncio.gather(*(ask(clients[int(k[0])], GetKey(key=k), request=k) for k in keys))
    assert [a.entries[0].key for a in answers if isinstance(a, Entries)] == keys


async def test_slow_answers_do_not_hold_up_quick_ones(url: str) -> None:
    async with open_door(url) as desk, dialled(desk.door.urls[0]) as client:
        desk.answer = lambda e: None if isinstance(e.body, GetKey) else LocalServices(services=())
        slow = [asyncio.create_task(ask(client, GetKey(key="x"), request=f"s{n}")) for n in range(20)]
        while len(desk.got) < 20:
            desk.arrived.clear()
            await desk.arrived.wait()
        assert await ask(client, ListLocalServices(), request="quick") == LocalServices(services=())
        for e in [e for e in desk.got if isinstance(e.body, GetKey)]:
            desk.reply(e, Entries(entries=()))
        assert all(isinstance(a, Entries) for a in await asyncio.gather(*slow))


async def test_too_many_open_requests_are_refused_not_left_hanging() -> None:
    async with open_door(ANYWHERE, open_most=3) as desk, dialled(desk.door.urls[0]) as client:
        desk.answer = lambda _: None
        held = [asyncio.create_task(ask(client, GetKey(key="x"), request=f"h{n}")) for n in range(3)]
        while len(desk.got) < 3:
            desk.arrived.clear()
            await desk.arrived.wait()
        with pytest.raises(Unavailable, match="Too many"):
            await ask(client, GetKey(key="x"), request="one too many")
        for e in list(desk.got):
            desk.reply(e, Entries(entries=()))
        await asyncio.gather(*held)
        desk.answer = lambda _: Entries(entries=())
        assert isinstance(await ask(client, GetKey(key="x"), request="again"), Entries)


@pytest.mark.slow
async def test_silence_ends_with_the_budget_and_the_agent_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lictor_actors.client.connection.GRACE_S", 3.0)  # a busy machine may be late by more than usual
    async with open_door(ANYWHERE) as desk, dialled(desk.door.urls[0]) as client:
        desk.answer = lambda _: None
        with pytest.raises(Indefinite) as refused:
            await ask(client, GetKey(key="x"), within_s=3.0)
    assert refused.value.code == "TimedOut"
    assert [e.body for e in desk.got[1:]] == [ServerSilent(request="r1")]


async def test_an_undeliverable_request_is_a_definite_refusal() -> None:
    async with open_door(ANYWHERE) as desk, dialled(desk.door.urls[0]) as client:
        desk.answer = lambda e: Undeliverable(
            request=e.request, target=e.target, about=e.body.kind, reason="actor_down"
        )
        with pytest.raises(Unavailable) as refused:
            await ask(client, GetKey(key="x"))
    assert (refused.value.code, refused.value.definite) == ("Undeliverable", True)


async def test_two_askers_with_one_id_share_the_answer() -> None:
    async with open_door(ANYWHERE) as desk, dialled(desk.door.urls[0]) as client:
        desk.answer = lambda _: None
        both = [asyncio.create_task(ask(client, GetKey(key="x"), request="same")) for _ in range(2)]
        while len(desk.got) < 2:
            desk.arrived.clear()
            await desk.arrived.wait()
        desk.reply(desk.got[0], Entries(entries=()))
        assert [type(a) for a in await asyncio.gather(*both)] == [Entries, Entries]
        desk.reply(desk.got[1], Entries(entries=()))
        assert desk.counts["late_answer"] == 1


@pytest.mark.parametrize(("stale", "asked"), [(False, 2), (True, 1)])
async def test_a_read_that_was_lost_with_its_server_is_asked_again(stale: bool, asked: int) -> None:
    told = AskAgain(stale=stale)
    query = GetKey(key="x", min_index=5, wait_ns=60 * NS)
    async with open_door(ANYWHERE) as desk, dialled(desk.door.urls[0]) as client:
        desk.answer = lambda _: None
        asking = asyncio.create_task(ask(client, query))
        await desk.arrived.wait()
        desk.door.answered(Envelope("agent@n1.dc1", "door@n1.dc1", told))
        assert [e.request for e in desk.got] == ["r1"] * asked
        assert all(0 < e.body.wait_ns <= query.wait_ns for e in desk.got)  # type: ignore[attr-defined]
        desk.reply(desk.got[-1], Entries(entries=()))
        assert await asking == Entries(entries=())
        desk.door.answered(Envelope("agent@n1.dc1", "door@n1.dc1", told))
        assert len(desk.got) == asked, "what is answered is asked no more"


async def test_a_write_that_may_be_lost_with_its_server_is_in_doubt_at_once() -> None:
    async with open_door(ANYWHERE) as desk, dialled(desk.door.urls[0]) as client:
        desk.answer = lambda _: None
        asking = asyncio.create_task(ask(client, PutKey(key="x")))
        await desk.arrived.wait()
        desk.door.answered(Envelope("agent@n1.dc1", "door@n1.dc1", AskAgain(stale=False)))
        with pytest.raises(Indefinite) as doubt:
            await asking
        assert (doubt.value.code, doubt.value.passing, len(desk.got)) == ("LeadershipLost", True, 1)


async def raw(url: str, data: bytes) -> Message:
    def ask() -> bytes:
        with pynng.Req0(dial=url) as socket:
            socket.send(data)
            return socket.recv()

    answer = await asyncio.to_thread(ask)
    cluster = CLUSTER if data[5:13] != bytes(8) else bytes(8)
    return unpack(next(open_frame(cluster, answer))).body


def framed(*envelopes: Envelope, cluster: bytes = CLUSTER) -> bytes:
    return frame(cluster, [pack(e) for e in envelopes])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "foreign_bytes"),
        (b"", "foreign_bytes"),
        (framed(Envelope("", "", ListLocalServices(), request="r"), cluster=cluster_id("prod")), "other_cluster"),
        (framed(), "malformed"),
        (framed(*[Envelope("", "", ListLocalServices(), request="r")] * 2), "malformed"),
        (framed(Envelope("", "", ListLocalServices())), "malformed"),
        (framed(Envelope("", "", CheckDue(id="x"), request="r")), "unknown_kind"),
        (framed(Envelope("", "", TimeoutNow(term=1), request="r")), "not_for_clients"),
        (framed(Envelope("", "", GetKey(key="x"), request="r" * 600)), "malformed"),
        (framed(Envelope("", "server@n1.dc1", GetKey(key="x"), request="r")), "not_for_clients"),
        (framed(Envelope("", "", GetKey(key="x"), request="r"))[:-3], "corrupt"),
    ],
)
async def test_junk_is_refused_by_name_and_counted(data: bytes, why: str) -> None:
    async with open_door("tcp://127.0.0.1:0") as desk:
        answer = await raw(desk.door.urls[0], data)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.text.partition(":")[0]) == ("BadRequest", why)
    assert desk.counts[why] == 1
    assert desk.got == []


@pytest.mark.parametrize("role", ["server", "agent", "dns", "gateway"])
async def test_a_client_speaks_in_the_doors_name_and_in_no_other(role: str) -> None:
    """The agent lends tokens of its own to some actors of its node: a client cannot say that it is one of them."""
    name = f"{role}@n1.dc1"
    forged = Envelope(name, "agent@n1.dc1", ListLocalServices(), request="r", reply_to=name, via=name, origin="home")
    async with open_door(ANYWHERE) as desk:
        assert await raw(desk.door.urls[0], framed(forged)) == LocalServices(services=())
    (e,) = desk.got
    assert (e.source, e.reply_to, e.via, e.origin) == ("door@n1.dc1", "door@n1.dc1", "", "client")


async def test_a_client_that_names_another_cluster_is_refused() -> None:
    async with open_door(ANYWHERE) as desk:
        async with dialled(desk.door.urls[0], "test") as client:
            assert await ask(client, ListLocalServices()) == LocalServices(services=())
        async with dialled(desk.door.urls[0], "prod") as client:
            with pytest.raises(BadRequest, match="another cluster"):
                await ask(client, ListLocalServices())


async def test_closing_answers_what_is_open_and_leaves_nothing(tmp_path: object) -> None:
    url = f"ipc://{tmp_path}/door"
    before = asyncio.all_tasks()
    async with dialled(url) as client:
        async with open_door(url) as desk:
            desk.answer = lambda _: None
            open_request = asyncio.create_task(ask(client, GetKey(key="x")))
            await desk.arrived.wait()
        with pytest.raises(Unavailable) as refused:
            await open_request
    assert refused.value.code == "Stopping"
    assert asyncio.all_tasks() == before


async def test_an_address_in_use_is_a_sentence() -> None:
    async with open_door("tcp://127.0.0.1:0") as desk:
        second = ClientDoor("n2.dc1", "agent", desk.door.urls, CLUSTER, desk.deliver, lambda: Agent.hears, desk.count)
        with pytest.raises(OSError, match=f"cannot listen for client actors at {desk.door.urls[0]}: .*in use"):
            await second.start()


async def test_a_door_that_comes_back_is_found_again(tmp_path: object) -> None:
    url = f"ipc://{tmp_path}/door"
    client = lictor.AsyncClient(url)
    for _ in ("before", "after"):
        async with open_door(url):
            assert await client.ask(ListLocalServices()) == LocalServices(services=())
    await client.close()


async def test_nobody_there_is_said_in_time() -> None:
    async with dialled("tcp://127.0.0.1:9") as client:
        with pytest.raises(ConnectionFailed, match="nobody answers") as failed:
            await ask(client, ListLocalServices(), within_s=0.1)
    assert failed.value.definite


async def test_what_was_under_way_when_the_connection_broke_may_have_happened(tmp_path: object) -> None:
    url = f"ipc://{tmp_path}/door"
    async with dialled(url) as client:
        with pynng.Rep0(listen=url) as first:
            asking = asyncio.create_task(ask(client, PutKey(key="x")))
            await first.arecv()
        with pytest.raises(ConnectionFailed) as caught:
            await asking
        assert (caught.value.definite, caught.value.passing) == (False, True)
        with pynng.Rep0(listen=url) as second:
            asking = asyncio.create_task(ask(client, PutKey(key="x")))
            again = unpack(next(open_frame(ANY_CLUSTER, await second.arecv())))
            done = Envelope("door@n1.dc1", "", Written(), request=again.request)
            await second.asend(frame(ANY_CLUSTER, [pack(done)]))
            assert await asking == Written()


@pytest.mark.parametrize(("url", "ip"), [(ANYWHERE, "127.0.0.1"), ("tcp://[::1]:0", "::1"), ("ipc://{dir}/door", "")])
async def test_what_is_put_around_the_door_hears_where_a_request_comes_from(url: str, ip: str, tmp_path: Any) -> None:
    heard: list[str] = []

    def over(ask: AskMessage) -> AskMessage:
        async def asked(envelope: Envelope, ip: str) -> Message:
            heard.append(ip)
            return await ask(envelope, ip)

        return asked

    async with open_door(url.format(dir=tmp_path), over=over) as desk, dialled(desk.door.urls[0]) as client:
        assert await ask(client, ListLocalServices()) == LocalServices(services=())
    assert heard == [ip]


@pytest.mark.parametrize("said", [b"", b"\x00SP"])
async def test_a_client_that_never_greets_is_hung_up_on(said: bytes) -> None:
    async with open_door(ANYWHERE, admission=Admission(greeting_s=0.05)) as desk:
        host, port = desk.door.urls[0].removeprefix("tcp://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(said)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == REP_GREETS
        writer.close()
    assert desk.counts["never_greeted"] == 1


async def opened(desk: Desk) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that says nothing."""
    host, port = desk.door.urls[0].removeprefix("tcp://").split(":")
    return await asyncio.open_connection(host, int(port))


async def ended(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(ConnectionResetError):
        while await reader.read(64):
            pass
    return True


async def test_an_address_has_so_many_connections_and_one_more_when_one_is_closed() -> None:
    async with open_door(ANYWHERE, admission=Admission(per_client=3)) as desk, contextlib.AsyncExitStack() as stack:
        silent = [await opened(desk) for _ in range(2)]
        for reader, _ in silent:
            assert await reader.readexactly(len(REP_GREETS)) == REP_GREETS
        known = await stack.enter_async_context(dialled(desk.door.urls[0]))
        await ask(known, ListLocalServices())
        one_more, writer = await opened(desk)
        assert await ended(one_more)
        assert desk.counts["too_many_connections"] == 1
        assert await ask(known, ListLocalServices(), "r2") == LocalServices(services=())
        silent[0][1].close()
        while len(desk.door._reception.connections) == 3:  # noqa: ASYNC110  the door tells of no end
            await asyncio.sleep(0)
        again = await stack.enter_async_context(dialled(desk.door.urls[0]))
        assert await ask(again, ListLocalServices(), "r3") == LocalServices(services=())
        for each in (writer, silent[1][1]):
            each.close()


async def test_silent_connections_crowd_each_other_out_and_none_that_has_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rep, "UNKNOWN_MOST", 3)
    async with open_door(ANYWHERE) as desk, dialled(desk.door.urls[0]) as known:
        await ask(known, ListLocalServices())
        silent = [await opened(desk) for _ in range(4)]
        assert await ended(silent[0][0])
        assert desk.counts["too_many_unknown"] == 1
        assert await ask(known, ListLocalServices(), "r2") == LocalServices(services=())
        async with dialled(desk.door.urls[0]) as newcomer:
            assert await ask(newcomer, ListLocalServices(), "r3") == LocalServices(services=())
        for _, writer in silent:
            writer.close()


async def test_a_client_that_takes_no_answers_is_asked_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answers would be held for as long as it likes."""
    async with open_door(ANYWHERE) as desk:
        desk.answer = lambda _: Entries(entries=(Entry(key="x", value=bytes(500_000)),))
        host, port = desk.door.urls[0].removeprefix("tcp://").split(":")
        _greedy, writer = await asyncio.open_connection(host, int(port), limit=1024)
        request = framed(Envelope("", "", GetKey(key="x"), request="r"))
        one = (len(request) + 4).to_bytes(8) + b"\x80\x00\x00\x01" + request
        writer.write(REQ_GREETS)
        for _ in range(1000):
            writer.write(one)
            await asyncio.sleep(0)
        assert 0 < len(desk.got) < 1000
        writer.transport.abort()
