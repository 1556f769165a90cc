"""Seeds of several datacenters: two or three clusters that talk, with cuts, delays and losses on the links between.

While the faults last nothing may be where it does not belong. Then the links heal: within a bounded time every server
must know those of all datacenters, every datacenter answer from every other, and a prepared query be answered from the
first place of its list that has something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from lictor_actors.faults import Faults, world_faults
from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.hosts.world.streams import stream
from lictor_actors.judges.borders import BorderCrossed, BorderJudge
from lictor_actors.node.in_world import add_cluster
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.server.server import Server
from lictor_messages.base import Message
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord
from lictor_messages.kv import Entries, GetKey, PutKey
from lictor_messages.members import Join
from lictor_messages.queries import (
    CreatePreparedQuery,
    ExecutePreparedQuery,
    PreparedQuery,
    QueryExecuted,
    QueryFailover,
    ServiceQuery,
)

HEAL_WITHIN_S = 300.0
"""Servers that failed are tried again once in 30 s on average, by chance, and by one at a time."""
CALM_S = 10.0
"""After the start: each datacenter has its leader by then, and knows the others."""
QUERY = "abroad"


@dataclass(frozen=True, slots=True)
class DatacentersPlan:
    """One seed's draw."""

    seed: int
    names: tuple[str, ...]
    servers: int
    agents: int
    every_s: float
    lasts_s: float

    @property
    def others(self) -> tuple[str, ...]:
        """Where the prepared query looks that has nothing at home, in this order: the last one first."""
        return tuple(reversed(self.names[1:]))


@dataclass(slots=True)
class DatacentersReport:
    """What a seed showed."""

    plan: DatacentersPlan
    failures: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    looked: int = 0
    digest: str = ""


def draw_datacenters(seed: int) -> DatacentersPlan:
    """The plan of a seed."""
    rng = stream(seed, "datacenters")
    names = tuple(f"dc{number}" for number in range(1, rng.choice((2, 3)) + 1))
    return DatacentersPlan(
        seed, names, rng.choice((1, 3)), rng.randint(1, 2), rng.uniform(0.5, 3.0), rng.uniform(0.5, 12.0)
    )


def run_datacenters(seed: int, until_s: float = 30.0) -> DatacentersReport:
    """Run one seed. Never raises for what a judge finds."""
    run = _Run(draw_datacenters(seed))
    try:
        run.advance(until_s)
        run.heal()
    except (BorderCrossed, RuntimeError) as broken:
        run.report.failures.append(f"{type(broken).__name__}: {broken}")
    run.report.counters, run.report.looked = run.world.counters, run.judge.looked
    run.report.digest = run.world.trace.digest
    return run.report


class _Run:
    def __init__(self, plan: DatacentersPlan) -> None:
        self.report = DatacentersReport(plan)
        self.judge = BorderJudge()
        self.world = World(plan.seed, check_every=16)
        self._plan = plan
        self._rng = stream(plan.seed, "travellers")
        self._specs = add_cluster(self.world, plan.servers, plan.agents, len(plan.names))
        self._faults: Faults = world_faults(self.world)
        self._indexes: dict[str, int] = {}
        self._doors: dict[str, Door] = {}
        self._written = 0
        self._going = True
        self.world.watchers["server"] = [self._saw_server]
        self.world.watchers["prober"] = [self._saw_prober]
        self.world.at(CALM_S, self._begin)

    # -- parts of a run ----------------------------------------------------------

    def advance(self, to_s: float) -> None:
        """Safety: faults on the links let nothing cross that was not asked for."""
        self.world.run(to_s)
        self._crashes()

    def heal(self) -> None:
        """Liveness, and then the answers that are to be expected."""
        self._going = False
        self._faults.heal_all()
        if not self.world.run_until(self._all_linked, HEAL_WITHIN_S):
            self.report.failures.append(f"not every server knows all others {HEAL_WITHIN_S:.0f} s after the last fault")
            return
        self.world.run(1.0)
        for dc in self._plan.names:
            for other in self._plan.names:
                self._demand_answer(dc, other)
        self._demand_failover()
        self._crashes()

    def _begin(self) -> None:
        for dc in self._plan.names[1:]:
            node = NodeRecord(node=f"web-{dc}", address="10.9.9.9", datacenter=dc)
            service = ServiceRecord(node=node.node, id="web", service="web")
            self._ask(self._node_of(dc), Register(node=node, service=service))
        failover = QueryFailover(datacenters=self._plan.others)
        query = PreparedQuery(id=f"{1:036}", name=QUERY, service=ServiceQuery(service="web", failover=failover))
        self._ask(self._node_of("dc1"), CreatePreparedQuery(query=query))
        self._travel()
        self._strike()

    # -- people --------------------------------------------------------------------

    def _travel(self) -> None:
        """Now a write for some datacenter from any other, now a prepared query, now a join to the wrong pool."""
        if not self._going:
            return
        rng = self._rng
        node, dc = self._node_of(rng.choice(self._plan.names)), rng.choice(self._plan.names)
        chance = rng.random()
        if chance < 0.7:
            self._written += 1
            self._ask(node, PutKey(key=f"{dc}/{rng.randrange(5)}", value=b"%d" % self._written, dc=dc))
        elif chance < 0.95:
            self._ask(self._node_of("dc1"), ExecutePreparedQuery(name_or_id=QUERY), self._found)
        else:
            there = next(spec for spec in self._specs if spec.dc == dc)
            self._ask(node, Join(addresses=(there.gossip_url,)))
        self.world.at(rng.expovariate(4.0), self._travel)

    def _found(self, answer: Message) -> None:
        if isinstance(answer, QueryExecuted):
            self.world.count(f"found_in_{answer.datacenter if answer.instances else 'none'}")
            self.judge.saw_answer("dc1", answer)

    def _strike(self) -> None:
        """A fault on one link, healed after a while."""
        if not self._going:
            return
        rng = self._rng
        one, other = rng.sample(self._plan.names, 2)
        self.world.count("links_struck")
        self.world.at(rng.expovariate(1 / self._plan.lasts_s), self._break(f"*.{one}", f"*.{other}", rng))
        self.world.at(rng.expovariate(1 / self._plan.every_s), self._strike)

    def _break(self, one: str, other: str, rng: Random) -> Callable[[], None]:
        """Break the link; returns what heals it."""
        match rng.randrange(3):
            case 0:
                return self._faults.cut(one, other).heal
            case 1:
                return self._faults.delay(one, other, rng.uniform(0.02, 2.0), rng.uniform(0.0, 0.3)).heal
            case _:
                return self._faults.loss(one, other, rng.uniform(0.1, 0.6)).heal

    # -- judges ----------------------------------------------------------------------

    def _saw_server(self, seat: Seat) -> None:
        if seat.life is None or not isinstance(seat.life.actor, Server):
            return
        server, node = seat.life.actor, seat.node.name
        if self._indexes.get(node) != server.applied:
            self._indexes[node] = server.applied
            tables = server.store
            keys = list(tables.kv.entries)
            nodes = [(record.node, record.datacenter) for record in tables.catalog.nodes.values()]
            self.judge.saw_store(node.rpartition(".")[2], keys, nodes)

    def _saw_prober(self, seat: Seat) -> None:
        if seat.life is not None and isinstance(seat.life.actor, Prober):
            others = seat.life.actor.members.others.values()
            dc = seat.node.name.rpartition(".")[2]
            self.judge.saw_pool(seat.node.name, dc, [(peer.node, peer.alive.dc) for peer in others])

    # -- what is to be true in the end -------------------------------------------------

    def _all_linked(self) -> bool:
        servers = [spec.node for spec in self._specs if spec.crosses]
        probers = [self.world.actor(f"prober-wan@{node}") for node in servers]
        return all(isinstance(prober, Prober) and prober.alive_count == len(servers) for prober in probers)

    def _demand_answer(self, dc: str, other: str) -> None:
        key, value = f"{other}/from-{dc}", b"hello from " + dc.encode()
        here, there = self._node_of(dc), self._node_of(other)
        self.world.ask(here, f"agent@{here}", PutKey(key=key, value=value, dc=other))
        found = self.world.ask(there, f"agent@{there}", GetKey(key=key))
        if not isinstance(found, Entries) or [entry.value for entry in found.entries] != [value]:
            self.report.failures.append(f"a write of {dc} for {other} is not there: {found}")

    def _demand_failover(self) -> None:
        node = self._node_of("dc1")
        found = self.world.ask(node, f"agent@{node}", ExecutePreparedQuery(name_or_id=QUERY))
        if isinstance(found, QueryExecuted):
            self.judge.saw_answer("dc1", found)
        expected = (self._plan.others[0], 1)
        told = (found.datacenter, found.failovers) if isinstance(found, QueryExecuted) and found.instances else found
        if told != expected:
            self.report.failures.append(f"failover goes to {expected}, and the answer was {told}")

    def _node_of(self, dc: str) -> str:
        return self._rng.choice([spec.node for spec in self._specs if spec.dc == dc])

    def _ask(self, node: str, message: Message, then: Callable[[Message], None] = lambda _: None) -> None:
        """Of a write that is cut off it is not known what becomes of it: the judges look at what is there."""
        door = self._doors.get(node) or self._doors.setdefault(node, self.world.door(node, "traveller"))
        door.ask("agent", message, then, 10.0)

    def _crashes(self) -> None:
        if self.world.crashes:
            who, error = self.world.crashes[0]
            raise RuntimeError(f"{who} raised {error!r}") from error
