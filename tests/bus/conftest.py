"""A bus with a memory of what it delivered, gave back and counted; events instead of sleeps."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from memory_bus import Exchange, MemoryBus

from lictor_actors.bus.frames import PlainFrames
from lictor_actors.bus.nng import NngBus
from lictor_messages.codec import cluster_id, unpack
from lictor_messages.envelope import Envelope
from lictor_messages.kv import PutKey

try:
    import uvloop
except ImportError:
    uvloop = None

CLUSTER = cluster_id("test")


@pytest.hookimpl(optionalhook=True)  # pytest-asyncio has it since 1.4
def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Each test runs on both loops: they differ in when a callback is called and in how a socket is watched."""
    return {"asyncio": asyncio.new_event_loop} | ({"uvloop": uvloop.new_event_loop} if uvloop else {})


class Station:
    """One bus and everything that happened to it."""

    def __init__(self, stage: Stage, url: str, cluster: bytes) -> None:
        self.url = url
        self._other_lane = stage.new_url()
        self._lane = stage.lane
        self.counters: Counter[str] = Counter()
        self.delivered: list[Envelope] = []
        self.returned: list[tuple[Envelope, str]] = []
        self.full = False
        self._changed = asyncio.Event()
        self.bus = stage.make(self, cluster)

    def deliver(self, envelope: Envelope) -> None:
        self.delivered.append(envelope)
        self._changed.set()

    def take(self, packed: bytes, _: object) -> None:
        self.deliver(unpack(packed))

    def give_back(self, envelope: Envelope, reason: str) -> None:
        self.returned.append((envelope, reason))
        self._changed.set()

    def count(self, what: str) -> None:
        self.counters[what] += 1
        self._changed.set()

    def listen(self) -> None:
        lanes = (self.url, self._other_lane)
        self.bus.listen(*(lanes if self._lane == "gossip" else reversed(lanes)))

    async def until(self, predicate: Callable[[], bool], within_s: float = 10.0) -> None:
        async with asyncio.timeout(within_s):
            while not predicate():
                self._changed.clear()
                await self._changed.wait()


class Stage:
    """Makes stations over one kind of transport, on one of the lanes."""

    def __init__(self, transport: str, lane: str, folder: Path) -> None:
        self.transport = transport
        self.lane = lane
        self.exchange = Exchange()
        self.stations: list[Station] = []
        self._folder = folder
        self._numbers = itertools.count(1)

    @property
    def role(self) -> str:
        """Whose mail travels on this lane."""
        return "prober" if self.lane == "gossip" else "server"

    def put(self, key: str, value: bytes = b"", request: str = "") -> Envelope:
        body = PutKey(key=key, value=value)
        return Envelope("client@a.dc1", f"{self.role}@b.dc1", body, request=request, reply_to="x@a.dc1")

    async def serve(self, url: str, client: Callable[..., Awaitable[None]]) -> asyncio.Server:
        """A server of another kind there."""
        if url.startswith("ipc"):
            return await asyncio.start_unix_server(client, url.removeprefix("ipc://"))
        host, _, port = url.removeprefix("tcp://").partition(":")
        return await asyncio.start_server(client, host, int(port))

    @property
    def over_nng(self) -> bool:
        return self.transport != "memory"

    def station(self, *, listening: bool = True, url: str = "", cluster: bytes = CLUSTER) -> Station:
        station = Station(self, url or self.new_url(), cluster)
        if listening:
            station.listen()
        self.stations.append(station)
        return station

    def make(self, station: Station, cluster: bytes) -> NngBus | MemoryBus:
        loop = asyncio.get_running_loop()
        if self.over_nng:
            return NngBus(
                PlainFrames(cluster), loop, station.take, lambda: station.full, station.give_back, station.count
            )
        return MemoryBus(self.exchange, cluster, loop, station.deliver, station.give_back, station.count)

    def new_url(self) -> str:
        number = next(self._numbers)
        match self.transport:
            case "tcp":
                return f"tcp://{_OWN_IP}:{next(_PORTS)}"
            case "ipc":
                return f"ipc://{self._folder}/{number}"
        return f"memory://{self._folder}/{number}"


_OWN_IP = f"127.77.{os.getpid() % 200}.{os.getpid() // 200 % 200}"
"""No other process's: tests run in several."""
_PORTS = itertools.count(20_000)


@pytest.fixture(params=["memory", "ipc gossip", "ipc rest", "tcp gossip", "tcp rest"])
async def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    transport, _, lane = request.param.partition(" ")
    made = Stage(transport, lane, tmp_path_factory.mktemp("b"))
    yield made
    for station in made.stations:
        station.bus.close()
