"""The client's lock, against a door with a whole store behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

import lictor
from lictor_actors.client import holding
from lictor_actors.client.locks import AsyncLock
from lictor_actors.hosts.doors.clients import ClientDoor
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.store.store import Store
from lictor_messages.agent import Accepted
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.catalog import NodeRecord, Register
from lictor_messages.codec import cluster_id
from lictor_messages.envelope import Envelope
from lictor_messages.kv import DeleteKey, GetKey
from lictor_messages.refusals import Refused
from lictor_messages.sessions import CreateSession, DestroySession, RenewSession


class StoreBehindDoor:
    """One server without a log: commands are applied as they come, reads block until their index moves."""

    def __init__(self) -> None:
        self.store = Store()
        self.index = 0
        self.parked: list[Envelope] = []
        self.refuse: list[Refused] = []
        self.renewals = 0
        self.silent = False
        self.heard = asyncio.Event()
        self.door: ClientDoor
        self.apply(Register(node=NodeRecord(node="n1", address="10.0.0.1")))

    def apply(self, command: Message) -> Message:
        self.index += 1
        outcome = self.store.apply(self.index, int(asyncio.get_event_loop().time() * 1e9), command)
        parked, self.parked = self.parked, []
        for envelope in parked:
            self.read(envelope)
        return outcome

    def deliver(self, envelope: Envelope) -> None:
        body = envelope.body
        self.heard.set()
        if self.refuse:
            self.say(envelope, self.refuse.pop(0))
        elif isinstance(body, CreateSession):
            session = body.session.model_copy(update={"node": "n1", "node_checks": ()})
            self.say(envelope, self.apply(CreateSession(session=session)))
        elif isinstance(body, Command):
            self.say(envelope, self.apply(body))
        elif isinstance(body, Query):
            self.renewals += isinstance(body, RenewSession)
            self.read(envelope)
        else:
            self.say(envelope, Accepted())

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            self.heard.clear()
            await self.heard.wait()

    def read(self, envelope: Envelope) -> None:
        query = envelope.body
        assert isinstance(query, Query)
        answer = self.store.evaluate(query)
        if query.min_index and answer.index <= query.min_index:
            self.parked.append(envelope)
        else:
            self.say(envelope, answer)

    def say(self, envelope: Envelope, answer: Message) -> None:
        if not self.silent:
            self.door.answered(Envelope("agent@n1.dc1", "door@n1.dc1", answer, request=envelope.request))

    def holder(self, key: str = "k") -> str:
        entries = self.store.evaluate(GetKey(key=key)).entries
        return entries[0].session if entries else ""


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StoreBehindDoor]:
    monkeypatch.setattr(holding, "RETRY_S", 0.01)
    behind = StoreBehindDoor()
    behind.door = ClientDoor(
        "n1.dc1", "agent", ("tcp://127.0.0.1:0",), cluster_id("test"), behind.deliver, lambda: Agent.hears, print
    )
    await behind.door.start()
    yield behind
    await behind.door.close()


@pytest.fixture
async def client(server: StoreBehindDoor) -> AsyncIterator[lictor.AsyncClient]:
    async with lictor.connect(server.door.urls[0], timeout=5.0) as client:
        yield client


async def test_sessions_from_create_to_destroy(server, client) -> None:
    session = await client.session.create("mine", ttl=10.0, lock_delay=1.5, behavior="delete", node_checks=())
    found = await client.session.info(session)
    assert (found.name, found.ttl, found.lock_delay_ns, found.behavior) == ("mine", "10s", 1_500_000_000, "delete")
    assert (await client.session.renew(session)).id == session
    assert [s.id for s in await client.session.list()] == [s.id for s in await client.session.list("n1")] == [session]
    assert await client.session.destroy(session)
    assert await client.session.info(session) is None
    assert await client.session.renew(session) is None


async def test_a_bad_session_is_refused_in_consuls_words(client) -> None:
    with pytest.raises(lictor.BadRequest, match="Invalid Session TTL '1000000000'"):
        await client.session.create(ttl=1.0)


async def test_a_lock_is_held_inside_and_free_outside(server, client) -> None:
    lock = client.lock("k", "me")
    assert server.store.sessions.rows == {}
    async with lock:
        assert lock.held
        assert lock.fence == ("k", 1, server.holder())
        lock.check()
    assert (server.holder(), lock.held, lock.fence) == ("", False, None)
    assert server.store.sessions.rows == {}
    assert server.store.sessions.locks.delays == {}
    with pytest.raises(lictor.LockLost):
        lock.check()


async def test_the_second_waits_for_the_first_and_gets_a_higher_fence(server, client) -> None:
    order = []

    async def worker(name: str) -> None:
        async with client.lock("k", name) as lock:
            order.append((name, lock.fence.lock_index))
            await asyncio.sleep(0)
            assert server.holder() == lock.fence.session

    await asyncio.gather(*(worker(name) for name in "abcd"))
    assert sorted(name for name, _ in order) == ["a", "b", "c", "d"]
    assert [number for _, number in order] == [1, 2, 3, 4]


async def test_a_lock_that_is_not_free_in_time_is_a_timeout_that_leaves_nothing_behind(server, client) -> None:
    async with client.lock("k"):
        with pytest.raises(lictor.Timeout, match="not free within"):
            await client.lock("k", timeout=0.05).acquire()
        assert len(server.store.sessions.rows) == 1


async def test_a_lock_delay_is_waited_out(server, client) -> None:
    session = await client.session.create(lock_delay=0.1)
    await client.kv.acquire("k", session)
    server.apply(DestroySession(id=session))
    began = asyncio.get_running_loop().time()
    async with client.lock("k"):
        assert asyncio.get_running_loop().time() - began >= 0.1


@pytest.mark.parametrize("end", ["session", "key"])
async def test_whoever_loses_the_lock_is_told(server, client, end: str) -> None:
    async with client.lock("k") as lock:
        server.apply(DestroySession(id=lock.session) if end == "session" else DeleteKey(key="k"))
        await asyncio.wait_for(lock.lost(), 5)
        with pytest.raises(lictor.LockLost):
            lock.check()
        first = lock.fence
        server.store.sessions.locks.delays.clear()
        again = await lock.acquire()
        assert again != first
        assert lock.held


async def test_a_session_that_ends_while_waiting_is_replaced(server, client) -> None:
    async with client.lock("k") as first:
        waiting = asyncio.create_task(client.lock("k").acquire())
        await server.until(lambda: len(server.store.sessions.rows) == 2)
        doomed = next(session for session in server.store.sessions.rows if session != first.session)
        server.apply(DestroySession(id=doomed))
    fence = await waiting
    assert fence.session not in ("", doomed)


async def test_a_lock_that_came_after_the_trust_in_its_session_is_taken_anew(server, client, monkeypatch) -> None:
    sessions = []

    async def late(lock: AsyncLock) -> lictor.Fence | None:
        fence = await contend(lock)
        sessions.append(lock.session)
        if len(sessions) == 1:
            lock._trusted_until = 0.0
        return fence

    contend = AsyncLock._contend
    monkeypatch.setattr(AsyncLock, "_contend", late)
    async with client.lock("k", lock_delay=0.0) as lock:
        assert lock.held
        assert lock.session == sessions[1] != sessions[0]
        assert await client.session.info(sessions[0]) is None


async def test_refusals_that_pass_are_waited_out(server, client) -> None:
    server.refuse = [Refused(code="NoLeader")] * 3
    async with client.lock("k") as lock:
        assert lock.held


async def test_the_session_is_renewed_and_silence_for_a_ttl_is_the_end_of_trust(server, client, monkeypatch) -> None:
    monkeypatch.setattr(holding, "RENEWALS", 1000)
    async with client.lock("k", ttl=10.0) as lock:
        lock._ttl = 0.2  # the store takes no TTL that a test could wait for
        await server.until(lambda: server.renewals == 3)
        assert lock.held
        server.silent = True
        await asyncio.wait_for(lock.lost(), 5)
        server.silent = False


def test_the_blocking_client_locks_too() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> StoreBehindDoor:
        behind = StoreBehindDoor()
        behind.door = ClientDoor(
            "n1.dc1", "agent", ("tcp://127.0.0.1:0",), cluster_id("test"), behind.deliver, lambda: Agent.hears, print
        )
        await behind.door.start()
        return behind

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    with lictor.Client(server.door.urls[0], timeout=5.0) as client, client.lock("k", "me") as lock:
        lock.check()
        assert (lock.key, lock.held, lock.fence.lock_index) == ("k", True, 1)
        assert client.session.list()[0].id == lock.fence.session
    assert server.holder() == ""
    asyncio.run_coroutine_threadsafe(server.door.close(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
