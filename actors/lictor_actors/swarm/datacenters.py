"""Seeds of several datacenters: two or three clusters that talk, with cuts, delays and losses on the links between.

While the faults last nothing may be where it does not belong. Then the links heal: within a bounded time every server
must know those of all datacenters, every datacenter answer from every other, and a prepared query be answered from the
first place of its list that has something.
"""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world.network import Weather
from lictor_actors.hosts.world.streams import stream
from lictor_actors.judges.borders import BorderJudge
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.server.server import Server
from lictor_actors.store.store import Store
from lictor_actors.swarm.acl_writers import AclWriters, with_acl
from lictor_actors.swarm.judged import Judged
from lictor_actors.swarm.links import Links
from lictor_actors.swarm.nodes import world_of
from lictor_actors.swarm.plan import Plan
from lictor_actors.swarm.report import Report
from lictor_actors.swarm.travellers import QUERY, Travellers
from lictor_messages.kv import Entries, GetKey, PutKey
from lictor_messages.queries import ExecutePreparedQuery, QueryExecuted

HEAL_WITHIN_S = 300.0
"""Servers that failed are tried again once in 30 s on average, by chance, and by one at a time."""
REPLICATED_WITHIN_S = 150.0
"""A round that failed is tried again after 64 s at most, and what waits for news is given up after 45 s."""
CALM_S = 10.0
"""After the start: each datacenter has its leader by then, and knows the others."""


class DatacentersRun(Judged):
    """A world with a plan's datacenters, the people who travel, faults and judges; what ``Run`` is for one cluster."""

    def __init__(self, plan: Plan, trace: Callable[[str], None] | None = None) -> None:
        super().__init__(plan, world_of(plan, trace))
        self.chaos: Links | None = None
        """None before it begins."""
        self.judge = BorderJudge()
        self.specs = _specs(plan)
        for spec in self.specs:
            add_node(self.world, spec)
        self.names = tuple(dict.fromkeys(spec.dc for spec in self.specs))
        self._travellers = Travellers(self.world, self.judge, self.specs, stream(plan.seed, "travellers"))
        writers = stream(plan.seed, "acl writers")
        self._acl = AclWriters(self.world, self.specs, writers, self.broken) if plan.acl else None
        self._applied: dict[str, int] = {}
        self.world.watchers["server"] = [self._saw_server]
        self.world.watchers["prober"] = [self._saw_prober]
        self._first_strike = self.world.at(CALM_S, self._begin)

    def _begin(self) -> None:
        self._travellers.begin()
        if self._acl is not None:
            self._acl.begin()
        self.chaos = Links(self.world, self.plan, self.names)

    # -- parts of a run ----------------------------------------------------------

    def advance(self, to_s: float) -> None:
        """Safety: faults on the links let nothing cross that was not asked for."""
        self.world.run(max(0.0, to_s - self.world.time / 1e9))
        self._crashes()

    def heal(self) -> None:
        """Liveness: all servers must find each other again within a bounded time."""
        self._first_strike.cancel()
        self._travellers.stop()
        if self._acl is not None:
            self._acl.stop()
        if self.chaos is not None:
            self.chaos.end()
        self.world.network.weather = Weather()
        began = self.world.time
        if not self.world.run_until(lambda: self._travellers.settled and self._all_linked(), HEAL_WITHIN_S):
            self.broken(f"not every server knows all others {HEAL_WITHIN_S:.0f} s after the last fault")
        self._healed_after_s = (self.world.time - began) / 1e9
        self._crashes()

    def look_back(self) -> None:
        """What is asked of another datacenter is done there, and a failover goes where it should."""
        if self.chaos is None or self.failures:
            return
        self.world.run(1.0)
        for dc in self.names:
            for other in self.names:
                self._demand_answer(dc, other)
        self._demand_failover()
        self._demand_replicas()
        self._crashes()

    def mourn(self) -> None:
        """What a death means in a pool is looked at in seeds of one datacenter."""

    # -- judges ----------------------------------------------------------------------

    def _saw_server(self, seat: Seat) -> None:
        if seat.life is None or not isinstance(seat.life.actor, Server):
            return
        server, node = seat.life.actor, seat.node.name
        if self._applied.get(node) != server.applied:
            self._applied[node] = server.applied
            nodes = [(record.node, record.datacenter) for record in server.store.catalog.nodes.values()]
            self.judge.saw_store(node.rpartition(".")[2], list(server.store.kv.entries), nodes)
            if self._acl is not None:
                self._acl.saw(node, seat.life.number, server.store)

    def _saw_prober(self, seat: Seat) -> None:
        if seat.life is not None and isinstance(seat.life.actor, Prober):
            others = seat.life.actor.members.others.values()
            dc = seat.node.name.rpartition(".")[2]
            self.judge.saw_pool(seat.node.name, dc, [(peer.node, peer.alive.dc) for peer in others])

    # -- what is to be true in the end -------------------------------------------------

    def _all_linked(self) -> bool:
        servers = [spec.node for spec in self.specs if spec.crosses]
        probers = [self.world.actor(f"prober-wan@{node}") for node in servers]
        return all(isinstance(prober, Prober) and prober.alive_count == len(servers) for prober in probers)

    def _demand_answer(self, dc: str, other: str) -> None:
        key, value = f"{other}/from-{dc}", b"hello from " + dc.encode()
        here, there = self._travellers.node_of(dc), self._travellers.node_of(other)
        self.world.ask(here, f"agent@{here}", PutKey(key=key, value=value, dc=other))
        found = self.world.ask(there, f"agent@{there}", GetKey(key=key))
        if not isinstance(found, Entries) or [entry.value for entry in found.entries] != [value]:
            self.broken(f"a write of {dc} for {other} is not there: {found}")

    def _demand_failover(self) -> None:
        node = self._travellers.node_of(self.names[0])
        found = self.world.ask(node, f"agent@{node}", ExecutePreparedQuery(name_or_id=QUERY))
        if isinstance(found, QueryExecuted):
            self.judge.saw_answer(self.names[0], found)
        expected = (self._travellers.failover[0], 1)
        told = (found.datacenter, found.failovers) if isinstance(found, QueryExecuted) and found.instances else found
        if told != expected:
            self.broken(f"failover goes to {expected}, and the answer was {told}")

    def _demand_replicas(self) -> None:
        if self._acl is None:
            return
        began = self.world.time
        while behind := self._acl.behind(self._stores()):
            if self.world.time - began > REPLICATED_WITHIN_S * 1e9:
                self.broken(f"not as in the primary after {REPLICATED_WITHIN_S:.0f} s: {behind[0]}")
                return
            self.world.run(1.0)

    def _stores(self) -> dict[str, Store]:
        servers = {spec.node: self.world.actor(f"server@{spec.node}") for spec in self.specs if spec.crosses}
        return {node: server.store for node, server in servers.items() if isinstance(server, Server)}

    # -- what came of it ------------------------------------------------------------------

    def report(self, wall_s: float) -> Report:
        """What the run showed so far."""
        return Report(
            seed=self.plan.seed,
            plan=self.plan,
            failures=self.failures,
            broken_at_s=self.broken_at_s,
            struck=self.chaos.struck if self.chaos is not None else (),
            counters=self.world.counters,
            operations=self._travellers.asked,
            healed_after_s=self._healed_after_s,
            virtual_s=self.world.time / 1e9,
            wall_s=wall_s,
            events=self.world.trace.events,
            digest=self.world.trace.digest,
        )


def _specs(plan: Plan) -> list[NodeSpec]:
    specs = cluster_specs(plan.seed, plan.servers, plan.agents, plan.datacenters)
    return [with_acl(spec, specs[0].dc) for spec in specs] if plan.acl else specs
