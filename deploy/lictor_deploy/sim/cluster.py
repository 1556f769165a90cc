"""A simulated cluster for a person or a test: the same actors as live, one seed, virtual time, judges watching."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from lictor_actors.client.both import Sync
from lictor_actors.client.errors import LictorError
from lictor_actors.client.kv import KeyValues
from lictor_actors.faults import Faults, world_faults
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.swarm.bench import Bench
from lictor_deploy.sim.client import SECOND, SimClient
from lictor_deploy.sim.loop import WorldLoop
from lictor_messages.html import table

if TYPE_CHECKING:
    from lictor_deploy.pictures import Plot

TRACE_KEPT = 10_000
"""Lines of the trace that a cluster remembers."""
LOOK_EVERY_S = 0.05
CHECK_EVERY = 16
"""A store checks every row. Judges look at every turn."""


class SimCluster:
    """Servers and agents in a world. Nothing here waits for a clock: time passes when you say so.

    Everything happens as the seed has it: the same calls in the same order give the same trace. Raft's judge and the
    actors' own invariants look on; whatever they find, and an actor that raises, is an AssertionError in whichever
    call let the time pass. ``check_every``: turns from one actor's check of itself to the next; a cluster of a thousand
    needs it larger, as a prober's check walks through all members.
    """

    def __init__(
        self,
        servers: int = 3,
        agents: int = 5,
        seed: int = 0,
        *,
        profile: Literal["lan", "wan", "local"] = "lan",
        check_every: int = CHECK_EVERY,
    ) -> None:
        self.seed = seed
        self._lines: deque[str] = deque(maxlen=TRACE_KEPT)
        self.world = World(seed, check_every=check_every, trace=self._lines.append)
        """For what the verbs here do not cover: messages to single actors, weather, clocks, disks."""
        self.bench = Bench(self.world)
        """The judges."""
        specs = [spec.having({"prober.profile": profile}) for spec in cluster_specs(seed, servers, agents)]
        self.nodes: dict[str, NodeSpec] = {spec.name: spec for spec in specs}
        """By name (``server-1``, ``agent-2`` …), servers first."""
        for spec in specs:
            add_node(self.world, spec)
        self.faults: Faults = world_faults(self.world)
        """The fault verbs; each returns a handle that heals."""
        self._clients: dict[str, SimClient] = {}
        self._loop = _loop_of(self.world)
        weakref.finalize(self, _end, self._loop)

    # -- time ------------------------------------------------------------------

    @property
    def time_s(self) -> float:
        """Seconds since this world began."""
        return self.world.time / SECOND

    def run(self, seconds: float) -> None:
        """Let this much virtual time pass, or AssertionError at the moment when an actor raises."""
        self._pass(lambda: bool(self.world.crashes), seconds)

    def eventually(self, predicate: Callable[[], object], within_s: float = 30.0) -> None:
        """Let time pass until the predicate holds; AssertionError if it does not within so many virtual seconds.

        A LictorError that the predicate raises counts as not yet.
        """
        end = self.world.time + round(within_s * SECOND)
        while not (tried := _holds(predicate))[0]:
            if self.world.time >= end:
                last = f"; the last look raised {tried[1]!r}" if tried[1] else ""
                raise AssertionError(f"seed {self.seed}: not within {within_s:g} s of virtual time{last}")
            self.run(LOOK_EVERY_S)

    def always(self, predicate: Callable[[], object], for_s: float) -> None:
        """Let so much time pass and demand that the predicate holds all along; it is looked at 20 times a second."""
        end = self.world.time + round(for_s * SECOND)
        while self.world.time < end:
            if not predicate():
                raise AssertionError(f"seed {self.seed}: no longer true at {self.time_s:.3f} s of virtual time")
            self.run(LOOK_EVERY_S)

    def check(self) -> None:
        """AssertionError if an actor has raised, which no actor ever may."""
        _check(self.world)

    # -- what it is like -------------------------------------------------------

    def leader(self) -> str:
        """The name of the server that leads the highest term and is able to serve, "" if there is none."""
        return self.bench.leader().partition(".")[0]

    def wait_for_leader(self, within_s: float = 10.0, *, other_than: str = "") -> str:
        """Let time pass until a server leads, one that is not ``other_than``; returns its name."""
        old = other_than.partition(".")[0]
        self.eventually(lambda: self.leader() not in ("", old), within_s)
        return self.leader()

    def wait_whole(self, within_s: float = 120.0) -> None:
        """Let time pass until a server leads, all that run see exactly each other, and every catalog says the same.

        Two minutes are the default because Serf tries to reach a failed member again every 30 s, one at a time.
        """
        end = self.world.time + round(within_s * SECOND)
        while wrong := self.disagreements():
            if self.world.time >= end:
                raise AssertionError(
                    f"seed {self.seed}: not whole after {within_s:g} virtual s: {'; '.join(wrong[:5])}"
                )
            self.run(LOOK_EVERY_S)

    def disagreements(self) -> list[str]:
        """In words: what keeps this cluster from being whole."""
        if not self.bench.leader():
            return ["no server leads"]
        return self.bench.members_wrong() or self.bench.catalog_wrong()

    @property
    def trace(self) -> list[str]:
        """The last 10,000 events, a line each."""
        return list(self._lines)

    @property
    def digest(self) -> str:
        """A hash over all events so far: equal for equal runs, on any machine."""
        return self.world.trace.digest

    # -- clients and nodes -----------------------------------------------------

    @property
    def kv(self) -> KeyValues[Sync]:
        """Keys and values through the last node's agent: ``cluster.kv.put("a", b"1")``."""
        return self.client().kv

    def client(self, node: str = "") -> SimClient:
        """A client of this node's agent (the last node's if left out): ``client("agent-1").catalog.nodes()``."""
        name = self._full(node or list(self.nodes)[-1])
        if name not in self._clients:
            self._clients[name] = SimClient(self.world, name, "client", self._loop)
        return self._clients[name]

    def crash(self, node: str) -> None:
        """Power cut: the node is gone at once, and its disk loses or tears what was not synced."""
        self.world.crash(self._full(node))

    def restart(self, node: str, *, keep_disk: bool = True) -> None:
        """Start a node that is down (or cut its power first), with what its disk holds or with an empty one."""
        self.world.restart(self._full(node), keep_disk=keep_disk)

    def __repr__(self) -> str:
        return f"<simulated cluster of {len(self.nodes)} nodes, seed {self.seed}, at {self.time_s:.3f} s>"

    def _repr_html_(self) -> str:
        """The nodes, and what each server's Raft is about; no time passes for it."""
        return table(self.bench.standing(), f"seed {self.seed}, {self.time_s:.3f} s")

    def graph(self) -> Plot:
        """Which nodes see each other, as a picture for notebooks; no time passes. Needs ``lictor[notebooks]``."""
        from lictor_deploy.pictures import mutual_views

        kinds = {spec.node: self._kind(spec) for spec in self.nodes.values()}
        return mutual_views(f"Which nodes see each other at {self.time_s:.1f} s", kinds, self.bench.views())

    def _kind(self, spec: NodeSpec) -> str:
        if spec.node not in self.world.running():
            return "down"
        if spec.node == self.bench.leader():
            return "leader"
        return "server" if spec.server else "agent"

    def _full(self, node: str) -> str:
        name = node.partition(".")[0]
        if name not in self.nodes:
            raise LookupError(f"{node!r} names no node of this cluster: it has {', '.join(self.nodes)}")
        return self.nodes[name].node

    def _pass(self, true: Callable[[], bool], within_s: float) -> bool:
        if self._loop.is_running() or not asyncio.all_tasks(self._loop):
            found = self.world.run_until(true, within_s)
        else:
            found = self._loop.pass_until(true, within_s)
        self.check()
        return found


def _holds(predicate: Callable[[], object]) -> tuple[bool, LictorError | None]:
    try:
        return bool(predicate()), None
    except LictorError as error:
        return False, error


def _check(world: World) -> None:
    if world.crashes:
        who, error = world.crashes[0]
        raise AssertionError(f"seed {world.seed}: {who} raised {error!r}") from error


def _loop_of(world: World) -> WorldLoop:
    def let_pass(true: Callable[[], bool], within_s: float) -> bool:
        found = world.run_until(lambda: bool(world.crashes) or true(), within_s)
        _check(world)
        return found

    return WorldLoop(lambda: world.time / SECOND, let_pass)


def _end(loop: WorldLoop) -> None:
    """What clients of the cluster still run, a lock's renewals, ends with it."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.complete(asyncio.wait(tasks))
    loop.close()
