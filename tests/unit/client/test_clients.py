"""Both clients against a door with a stand-in agent behind it."""

import asyncio
import contextlib
import copy
import pickle
import pydoc
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import lictor
from lictor_actors.bus.sp import REP_GREETS, REQ_GREETS
from lictor_actors.client.watching import Watching
from lictor_actors.hosts.doors.clients import ClientDoor
from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import Accepted, DescribeAgent, RegisterService, UpdateCheck
from lictor_messages.answers import Command, Query, Written
from lictor_messages.base import Message
from lictor_messages.catalog import ListServiceNodes, NodeRecord, Placement, ServiceNodes, ServiceRecord
from lictor_messages.codec import cluster_id
from lictor_messages.envelope import Envelope
from lictor_messages.kv import Entries, Entry, GetKey, KeyNames, PutKey
from lictor_messages.members import EventFired, FireEvent, ListMembers, Member, Members
from lictor_messages.refusals import Refused

CHILD = "pid = os.fork()\nif pid:\n    sys.exit(os.waitpid(pid, 0)[1])\n{}\nsys.exit(0)"
NODE = NodeRecord(node="n1", address="10.0.0.1")
WEB = ServiceRecord(node="n1", id="web-1", service="web", port=80)
MEMBER = Member(name="n1", dc="dc1", address="10.0.0.1", port=8301, gossip="", rest="")


class StandIn:
    """Answers like an agent with one service and one key; ``first`` is answered before anything else."""

    def __init__(self) -> None:
        self.asked: list[Envelope] = []
        self.first: list[Message] = []
        self.silent = False
        self.heard = asyncio.Event()
        self.door: ClientDoor

    def deliver(self, envelope: Envelope) -> None:
        self.asked.append(envelope)
        self.heard.set()
        if envelope.request and not self.silent:
            answer = self.first.pop(0) if self.first else self.answer_to(envelope.body)
            self.door.answered(Envelope("agent@n1.dc1", "door@n1.dc1", answer, request=envelope.request))

    def answer_to(self, body: Message) -> Message:
        match body:
            case ListServiceNodes():
                return ServiceNodes(index=7, placements=(Placement(node=NODE, service=WEB),))
            case GetKey(key="x"):
                return Entries(index=9, entries=(Entry(key="x", value=b"1", modify_index=9),))
            case PutKey(cas=None):
                return Written(index=10)
            case PutKey():
                return Written(ok=False, index=10)
            case Command():
                return Written()
            case Query():
                return Entries(entries=())
            case ListMembers():
                return Members(members=(MEMBER,))
            case FireEvent():
                return EventFired(id=body.id)
            case DescribeAgent():
                return KeyNames(keys=())
        return Accepted()


@contextlib.asynccontextmanager
async def standing_in(url: str) -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.door = ClientDoor(
        "n1.dc1", "agent", (url,), cluster_id("test"), stand_in.deliver, lambda: Agent.hears, print
    )
    await stand_in.door.start()
    try:
        yield stand_in
    finally:
        await stand_in.door.close()


@pytest.fixture
async def agent() -> AsyncIterator[StandIn]:
    async with standing_in("tcp://127.0.0.1:0") as stand_in:
        yield stand_in


@pytest.fixture
async def client(agent: StandIn) -> AsyncIterator[lictor.AsyncClient]:
    async with lictor.connect(agent.door.urls[0], timeout=5.0) as client:
        yield client


async def test_a_service_is_found(client: lictor.AsyncClient) -> None:
    found = await client.catalog.service("web")
    assert [(p.node.address, p.service.port) for p in found] == [("10.0.0.1", 80)]
    assert (found.index, len(found), found[0].service) == (7, 1, WEB)


async def test_keys_come_as_entries_or_none(client: lictor.AsyncClient) -> None:
    entry = await client.kv.get("x")
    assert entry is not None
    assert entry.value == b"1"
    assert await client.kv.get("y") is None
    assert await client.kv.put("x", "2") is True
    assert await client.kv.cas("x", b"2", 3) is False


async def test_options_become_fields_of_the_query(agent: StandIn, client: lictor.AsyncClient) -> None:
    await client.catalog.service(
        "web", tags=["a"], consistency="stale", max_stale=1.5, index=3, wait=2.0, filter="x", dc="dc2"
    )
    body = agent.asked[-1].body
    assert body == ListServiceNodes(
        service="web", tags=("a",), consistency="stale", max_stale_ns=1_500_000_000, min_index=3,
        wait_ns=2_000_000_000, filter="x", dc="dc2",
    )  # fmt: skip


async def test_the_agent_is_told(agent: StandIn, client: lictor.AsyncClient) -> None:
    await client.agent.register_service("web", port=80, checks=[lictor.CheckSpec(ttl_ns=1)], meta={"v": "1"})
    await client.agent.warn("service:web", "so so")
    register, update = agent.asked[0].body, agent.asked[1].body
    assert isinstance(register, RegisterService)
    assert (register.service.id, register.service.meta["v"], register.checks[0].ttl_ns) == ("web", "1", 1)
    assert update == UpdateCheck(id="service:web", status="warning", output="so so")


async def test_members_and_events(agent: StandIn, client: lictor.AsyncClient) -> None:
    assert await client.members() == (MEMBER,)
    fired = await client.event.fire("deploy", "v2", service="web")
    event = agent.asked[-1].body
    assert isinstance(event, FireEvent)
    assert (event.id, event.payload, event.service_filter) == (fired, b"v2", "web")


async def test_all_tries_of_a_write_carry_one_id(agent: StandIn, client: lictor.AsyncClient) -> None:
    agent.first = [Refused(code="NoLeader"), Refused(code="LeadershipLost")]
    assert await client.kv.put("x", b"")
    assert len({e.request for e in agent.asked}) == 1
    assert len(agent.asked) == 3


async def test_questions_differ_in_their_ids(agent: StandIn, client: lictor.AsyncClient) -> None:
    await asyncio.gather(*(client.kv.get("x") for _ in range(10)))
    assert len({e.request for e in agent.asked}) == 10


async def test_refusals_are_raised_with_their_text(agent: StandIn, client: lictor.AsyncClient) -> None:
    agent.first = [Refused(code="Invalid", text='ServiceID "zz" does not exist')]
    with pytest.raises(lictor.BadRequest, match='ServiceID "zz" does not exist') as refused:
        await client.kv.get("x")
    assert (refused.value.code, refused.value.status, refused.value.definite) == ("Invalid", 500, True)


async def test_an_answer_of_another_kind_is_unexpected(client: lictor.AsyncClient) -> None:
    with pytest.raises(lictor.LictorError):
        await client.kv.keys("")  # The stand-in answers Entries, which have no keys.


async def test_silence_is_a_timeout_that_says_it_may_have_happened(agent: StandIn, client: lictor.AsyncClient) -> None:
    agent.silent = True
    with pytest.raises((lictor.Timeout, lictor.Indefinite)) as silence:
        await client.kv.put("x", b"", timeout=0.3)
    assert not silence.value.definite


async def test_giving_up_at_any_moment_is_a_timeout(client: lictor.AsyncClient) -> None:
    """Also between sending and receiving, which pynng takes badly."""
    asked = [client.kv.get("x", timeout=tenths / 10_000) for tenths in range(300)]
    failures = [one for one in await asyncio.gather(*asked, return_exceptions=True) if isinstance(one, BaseException)]
    assert {type(failure) for failure in failures} <= {lictor.Timeout, lictor.ConnectionFailed}


async def test_a_value_beyond_all_limits_is_refused_here(agent: StandIn, client: lictor.AsyncClient) -> None:
    with pytest.raises(lictor.TooLarge) as refused:
        await client.kv.put("x", bytes(2 * 1024 * 1024))
    assert refused.value.definite
    assert agent.asked == []


async def test_being_cancelled_leaves_the_client_usable(agent: StandIn, client: lictor.AsyncClient) -> None:
    agent.silent = True
    waiting = asyncio.create_task(client.kv.get("x"))
    await agent.heard.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    agent.silent = False
    assert await client.kv.get("x") is not None


async def test_closing_ends_what_is_open(agent: StandIn) -> None:
    agent.silent = True
    client = lictor.AsyncClient(agent.door.urls[0])
    waiting = asyncio.create_task(client.kv.get("x"))
    await agent.heard.wait()
    await client.close()
    with pytest.raises(lictor.ClientClosed):
        await waiting
    with pytest.raises(lictor.ClientClosed):
        await client.kv.get("x")


async def test_nobody_at_the_door_is_said_on_entering() -> None:
    with pytest.raises(lictor.ConnectionFailed, match="nobody answers at tcp"):
        async with lictor.connect("tcp://127.0.0.1:9", timeout=0.1):
            pass


def test_a_traceback_shows_the_callers_line_and_little_of_ours() -> None:
    client = lictor.Client("tcp://127.0.0.1:1", timeout=0.2)
    with pytest.raises(lictor.ConnectionFailed) as raised:
        client.kv.get("a")
    client.close()
    files = [str(frame.path) for frame in raised.traceback]
    assert len(files) <= 5
    assert not [file for file in files if "tenacity" in file or "concurrent" in file]
    assert raised.value.__suppress_context__


async def test_an_address_that_is_none_is_said() -> None:
    for url in ("127.0.0.1:8304", "tcp://127.0.0.1", "inproc://x", ""):
        with pytest.raises(lictor.ConnectionFailed, match=r"cannot dial .*8304"):
            async with lictor.connect(url, timeout=60):
                pass


@pytest.mark.parametrize("url", [8304, b"tcp://127.0.0.1:8304", ("127.0.0.1", 8304), True])
@pytest.mark.parametrize("made", [lictor.Client, lictor.AsyncClient])
def test_an_address_that_is_no_text_is_said_at_once(made: Any, url: Any) -> None:
    with pytest.raises(
        lictor.InvalidArgument, match=re.escape(f"url is {url!r}: write http://HOST:8500 or tcp://HOST:8304")
    ):
        made(url)


@pytest.mark.parametrize("made", [lictor.Client, lictor.AsyncClient])
def test_a_client_stays_in_its_process(made: Any) -> None:
    client = made("tcp://127.0.0.1:1")
    for carried in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="make one in each process"):
            carried(client)


async def test_a_port_that_speaks_something_else_is_said_at_once() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(lictor.ConnectionFailed, match=r"no agent's bus: dial .*8304"):
            async with lictor.connect(f"tcp://127.0.0.1:{port}", timeout=60):
                pass


async def test_what_a_door_that_greeted_says_wrongly_leaves_the_request_in_doubt() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REP_GREETS)
        await reader.readexactly(len(REQ_GREETS) + 1)  # the greeting, and the first byte of a request
        writer.write((2**40).to_bytes(8))  # the length of an answer that is too large for anything
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with lictor.connect(f"tcp://127.0.0.1:{port}", timeout=20) as client:
            with pytest.raises(lictor.Unexpected, match="no answer: too_large") as wrong:
                await client.kv.put("a", "1")
    assert (wrong.value.definite, wrong.value.passing) == (False, False)


async def test_a_connection_that_breaks_is_dialled_again_and_the_write_keeps_its_id(agent: StandIn) -> None:
    broken: list[asyncio.StreamWriter] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Passes all on to the door, but hangs up on the first connection as soon as it has been asked something."""
        place = agent.door.urls[0].removeprefix("tcp://").split(":")
        there, on = await asyncio.open_connection(*place)
        first = not broken
        broken.append(writer)

        async def back() -> None:
            while data := await there.read(65536):
                writer.write(data)
            writer.close()

        pump = asyncio.create_task(back())
        while data := await reader.read(65536):
            on.write(data)
            if first and len(data) > 8:
                await agent.heard.wait()
                writer.transport.abort()
                break
        on.close()
        await pump

    agent.silent = True
    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with lictor.connect(f"tcp://127.0.0.1:{port}", timeout=20) as client:
            put = asyncio.create_task(client.kv.put("a", "1"))
            await agent.heard.wait()
            agent.silent = False
            assert await put
    assert len({e.request for e in agent.asked}) == 1 < len(agent.asked)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda c: c.kv.put("k", 5), "value is 5"),
        (lambda c: c.kv.put(7, "v"), "key is 7"),
        (lambda c: c.kv.put("k", "v", flags="x"), "flags is 'x'"),
        (lambda c: c.kv.put("k", None), "value is None"),
        (lambda c: c.kv.get(None), "key is None"),
        (lambda c: c.kv.get("k", wait="soon"), "wait is 'soon'"),
        (lambda c: c.kv.get("k", timeout=-1), "timeout is -1"),
        (lambda c: c.kv.get("k", timeout=True), "timeout is True"),
        (lambda c: c.kv.get("k", consistency="maybe"), "consistency is 'maybe'"),
        (lambda c: c.kv.get("k", index=-1), "index is -1"),
        (lambda c: c.session.create(ttl="10"), "ttl is '10'"),
        (lambda c: c.event.fire("x", 1.5), "payload is 1.5"),
        (lambda c: c.agent.register_service("web", port="http"), "port is 'http'"),
        (lambda c: c.kv.put("\ud800", "v"), "PutKey cannot be sent: "),
        (lambda c: c.kv.get("a/\udfff"), "GetKey cannot be sent: "),
        (lambda c: c.health.service("web\ud800"), "cannot be sent: "),
        (lambda c: c.catalog.services(node_meta=(("\ud800", "x"),)), "cannot be sent: "),
        (lambda c: c.agent.register_service("web", tags=("\ud800",)), "cannot be sent: "),
        (lambda c: c.kv.put("k", "v", flags=2**64), "cannot be sent: "),
    ],
)
async def test_an_argument_that_no_request_can_be_made_of_is_named(
    agent: StandIn, client: lictor.AsyncClient, call: Callable[[Any], Any], says: str
) -> None:
    with pytest.raises(lictor.InvalidArgument) as invalid:
        await call(client)
    assert says in str(invalid.value)
    assert isinstance(invalid.value, lictor.LictorError | ValueError)
    assert agent.asked == []


@pytest.mark.parametrize("ttl", [90, 90.0, "90s", "1m30s", "90000ms", timedelta(seconds=90)])
def test_durations_are_seconds_texts_or_timedeltas(ttl: Any) -> None:
    assert lictor.CheckSpec(ttl=ttl).ttl_ns == 90 * 10**9


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"tll": "10s"}, "no field 'tll': did you mean 'ttl'?"),
        ({"url": "http://x"}, "no field 'url'"),
        ({"ttl": "10"}, "CheckSpec's ttl is '10': time: missing unit"),
        ({"ttl": None}, "CheckSpec's ttl is None"),
        ({"interval": "-1s"}, "cannot be negative"),
        ({"http": 5}, "http is 5"),
        ({"args": "true"}, "args is 'true'"),
        ({"maintenance": True}, "no field 'maintenance'"),
    ],
)
def test_a_check_has_no_unknown_fields_and_no_odd_values(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(lictor.InvalidArgument) as invalid:
        lictor.CheckSpec(**fields)
    assert says in str(invalid.value)


def test_help_shows_the_parts_of_a_client() -> None:
    shown = pydoc.plain(pydoc.render_doc(lictor.Client))
    assert "Keys and values" in shown
    assert "lock(self, key: 'str'" in shown
    assert "timeout: 'Duration | None' = None) -> 'SyncHolding'" in shown
    assert "-> 'AsyncLock'" in pydoc.plain(pydoc.render_doc(lictor.AsyncClient))
    assert "get(self, key: 'str', **options: 'Unpack[ReadOptions]') -> 'Entry | None'" in pydoc.plain(
        pydoc.render_doc(type(lictor.Client().kv))
    )


async def test_a_watch_yields_changes_only(agent: StandIn, client: lictor.AsyncClient) -> None:
    agent.first = [KeyNames(index=index, keys=()) for index in (3, 3, 5, 2, 2, 6)]
    changes = client.watch(client.kv.keys, "web")
    # 2 is a restored snapshot: the watch starts anew and sees it as its first answer.
    assert [(await anext(changes)).index for _ in range(4)] == [3, 5, 2, 6]


async def test_one_key_is_watched_and_is_none_while_it_does_not_exist(
    agent: StandIn, client: lictor.AsyncClient
) -> None:
    entry = Entry(key="a", value=b"1", modify_index=5)
    agent.first = [Entries(index=index, entries=rows) for index, rows in ((3, ()), (3, ()), (5, (entry,)), (7, ()))]
    changes = client.watch(client.kv.get, "a")
    assert [await anext(changes) for _ in range(3)] == [None, entry, None]
    assert [envelope.body.min_index for envelope in agent.asked] == [0, 3, 3, 5]  # type: ignore[attr-defined]


@pytest.mark.parametrize("read", [len, "kv.get", lambda **_: None])
async def test_only_a_read_of_the_client_is_watched(client: lictor.AsyncClient, read: Any) -> None:
    with pytest.raises(lictor.InvalidArgument, match=r"such as client\.kv\.get"):
        await anext(client.watch(read))


@pytest.mark.parametrize("option", ["consistent", "filter"])
async def test_an_option_that_a_read_does_not_take_is_refused(client: lictor.AsyncClient, option: str) -> None:
    with pytest.raises(lictor.InvalidArgument, match=f"this read takes no {option}: it takes dc, consistency"):
        await client.kv.get("a", **{option: "x"})  # type: ignore[misc]
    with pytest.raises(lictor.InvalidArgument, match=r"this read takes no consistent: it takes dc, .*node_meta"):
        await client.catalog.nodes(consistent=True)  # type: ignore[call-arg]


async def test_a_read_that_cannot_wait_is_not_watched(client: lictor.AsyncClient) -> None:
    with pytest.raises((TypeError, lictor.InvalidArgument)):
        await anext(client.watch(client.members))


def test_a_watch_backs_off_and_gives_up_only_on_what_stands() -> None:
    watching: Watching[Any] = Watching(lictor.Client("tcp://127.0.0.1:1").kv.get, ("a",), {})
    waits = [watching.failed(lictor.ConnectionFailed("x")) for _ in range(9)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.1, 10.0)
    assert watching.changed(4)
    assert watching.failed(lictor.Timeout("x")) == 0.1
    with pytest.raises(lictor.Unexpected):
        watching.failed(lictor.Unexpected("x"))


# -- the client that blocks ----------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[StandIn]:
    """A stand-in whose door is served by a loop in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    context = standing_in("tcp://127.0.0.1:0")
    yield asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result()
    asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_the_blocking_client_says_the_same(elsewhere: StandIn) -> None:
    with lictor.Client(elsewhere.door.urls[0]) as client:
        assert [p.service.id for p in client.catalog.service("web")] == ["web-1"]
        assert client.kv.put("x", "1") is True
        assert client.members() == (MEMBER,)
        assert client.ask(ListMembers()) == Members(members=(MEMBER,))
        with pytest.raises(lictor.LictorError):
            client.agent.self()


def test_it_may_be_asked_from_many_threads_and_leaves_none(elsewhere: StandIn) -> None:
    before = threading.active_count()
    with lictor.Client(elsewhere.door.urls[0]) as client, ThreadPoolExecutor(8) as pool:
        values: Callable[[int], object] = lambda _: client.kv.get("x")  # noqa: E731
        assert len([v for v in pool.map(values, range(50)) if v]) == 50
    assert threading.active_count() == before


def test_closed_is_closed(elsewhere: StandIn) -> None:
    client = lictor.Client(elsewhere.door.urls[0])
    client.close()
    client.close()
    with pytest.raises(lictor.ClientClosed):
        client.kv.get("x")


def test_a_blocking_watch_yields_changes(elsewhere: StandIn) -> None:
    with lictor.Client(elsewhere.door.urls[0]) as client:
        assert next(iter(client.watch(client.catalog.service, "web"))).index == 7


# -- the package -----------------------------------------------------------------


def test_every_public_name_is_there() -> None:
    assert lictor.__all__ == sorted(lictor.__all__)
    for name in lictor.__all__:
        assert getattr(lictor, name) is not None
    for_type_checkers = re.findall(r"(\w+) as \1", Path(lictor.__file__).read_text())
    assert sorted(for_type_checkers) == lictor.__all__
    with pytest.raises(AttributeError):
        _ = lictor.nothing_of_the_kind  # type: ignore[attr-defined]


def test_the_client_is_light() -> None:
    heavy = ("pynng", "aiohttp", "httptools", "orjson", "rich", "cyclopts", "sortedcontainers", "lark", "uvloop")
    code = f"import lictor, sys; lictor.Client, lictor.connect; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# -- the end of a process, and fork ------------------------------------------------

THREAD = "threading.Thread(target={}, daemon=True).start()"
ENDINGS = {
    "the end": "",
    "sys.exit": "sys.exit(0)",
    "a watch in a thread": THREAD.format("lambda: list(client.watch(client.kv.get, 'x'))"),
    "a waiting read": THREAD.format("lambda: client.kv.get('x', index=9)"),
    "closed with a lock open": "client.close()",
    "a child that uses it": CHILD.format("client.kv.put('x', '2')"),
    "a child that exits": CHILD.format("pass"),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.slow
def test_a_process_ends_in_order_whatever_is_open(elsewhere: StandIn, end: str) -> None:
    code = f"""
import lictor, os, sys, threading
client = lictor.Client({elsewhere.door.urls[0]!r}, timeout=5)
client.kv.put("x", "1")
lock = client.lock("x", ttl=0.5)
client.wait(lock._holding._open)
{end}
"""
    ran = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=30)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_parent_and_child_give_their_requests_different_ids(elsewhere: StandIn) -> None:
    code = f"""
import lictor, os, sys
client = lictor.Client({elsewhere.door.urls[0]!r}, timeout=5)
client.kv.put("before", "1")
if pid := os.fork():
    client.kv.put("parent", "1")
    sys.exit(os.waitpid(pid, 0)[1])
client.kv.put("child", "1")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
    asked = [e.request for e in elsewhere.asked]
    assert len(asked) == len(set(asked)) == 3
