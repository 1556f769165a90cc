"""What carries the cluster: the simulator, processes of this machine, or Ray. The story is told on any of them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

import lictor
from lictor_actors.timeline import TimelineRecord
from lictor_actors.timeline.recorder import Recorder
from lictor_deploy.sim.cluster import SimCluster
from lictor_deploy.timelines.show import from_log, with_ends
from lictor_messages.envelope import at

P = ParamSpec("P")
T = TypeVar("T")
SERVERS = 3
CHECK_EVERY = 1000
"""Turns of the simulator from one actor's check of itself to the next, which walks through all members."""


class Sent(NamedTuple):
    """What the nodes have said to each other so far."""

    messages: int
    bytes: int


class Ground(Protocol):
    """Times are seconds since the start of the cluster began, names of nodes are without their datacenter."""

    name: str
    nodes: list[str]
    """Servers first."""
    faults: Any
    """The fault verbs."""

    def now(self) -> float: ...

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run it in the ground's time."""

    async def do(self, what: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """A call that blocks, beside what else the story does."""

    def client(self, node: str) -> lictor.AsyncClient:
        """For ``async with``: a client of this node's agent."""

    def whole(self) -> bool:
        """Every node sees every node, a server leads, and the catalog has all."""

    def leader(self) -> str:
        """The node that leads, "" if none does."""

    def sent(self) -> Sent: ...

    def records(self) -> list[TimelineRecord]:
        """The timeline so far, without single messages."""


class Simulated:
    """In one process and in virtual time; the seed decides everything."""

    def __init__(self, cluster: SimCluster) -> None:
        self.name = f"the simulator, seed {cluster.seed}"
        self.nodes, self.faults = list(cluster.nodes), cluster.faults
        self._cluster = cluster
        self._recorder = Recorder(cluster.world, messages=False)

    def now(self) -> float:
        return self._cluster.time_s

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        return self._cluster.client().wait(lambda: story)

    async def do(self, what: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        return what(*args, **options)  # no time passes

    def client(self, node: str) -> lictor.AsyncClient:
        return self._cluster.client(node).asynchronous

    def whole(self) -> bool:
        probers: list[Any] = [self._cluster.world.actor(at("prober", each)) for each in self._cluster.world.running()]
        alike = len({(prober.alive_count, prober.members_hash) for prober in probers}) == 1
        return alike and not self._cluster.disagreements()  # which compares every record of every node

    def leader(self) -> str:
        return self._cluster.leader()

    def sent(self) -> Sent:
        return Sent(self._cluster.world.network.messages, self._cluster.world.network.bytes)

    def records(self) -> list[TimelineRecord]:
        return self._recorder.records()


class Live:
    """Real processes, on this machine or over several."""

    def __init__(self, cluster: lictor.Cluster, name: str, began: float) -> None:
        self.name, self._began = name, began
        self.nodes, self.faults = list(cluster.nodes), cluster.faults
        self._cluster = cluster
        self._read: dict[Path, int] = {}
        """How much of each log is in ``_records``."""
        self._records: list[TimelineRecord] = []

    def now(self) -> float:
        return time.time() - self._began

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(story)

    async def do(self, what: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        return await asyncio.to_thread(what, *args, **options)

    def client(self, node: str) -> lictor.AsyncClient:
        return lictor.connect(self._cluster.nodes[node].door)

    def whole(self) -> bool:
        state = self._cluster.status()["status"]
        return bool(state["leader"]) and state["converged"] == state["nodes"] == state["catalog"]

    def leader(self) -> str:
        led: str = self._cluster.status()["status"]["majority_leader"]
        return led.partition(".")[0]

    def sent(self) -> Sent:
        return Sent(*(self._cluster.ask("counted", what=what)["counted"] for what in ("messages_out", "bytes_out")))

    def records(self) -> list[TimelineRecord]:
        for log in Path(self._cluster.logs).glob("*.log"):
            with log.open("rb") as file:
                file.seek(self._read.get(log, 0))
                whole, line_end, _ = file.read().rpartition(b"\n")
                self._read[log] = self._read.get(log, 0) + len(whole + line_end)
            found = from_log(whole.decode(errors="replace").splitlines())
            self._records += (replace(record, t=round(record.t - self._began, 6)) for record in found)
        return with_ends(self._records)


@contextmanager
def simulated(nodes: int, seed: int) -> Iterator[Ground]:
    yield Simulated(SimCluster(SERVERS, nodes - SERVERS, seed, check_every=CHECK_EVERY))


@contextmanager
def local(nodes: int) -> Iterator[Ground]:
    began = time.time()
    with lictor.Cluster.local(SERVERS, nodes - SERVERS, "-log-level", "INFO") as cluster:
        yield Live(cluster, "processes of one machine", began)


@contextmanager
def ray(nodes: int, address: str) -> Iterator[Ground]:
    began = time.time()
    with lictor.Cluster.ray(address or None, SERVERS, nodes - SERVERS, "-log-level", "INFO") as cluster:
        yield Live(cluster, f"Ray, {len(cluster.machines)} of its nodes", began)


def say(text: str) -> None:
    """Word of how far it has come: the page alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)
