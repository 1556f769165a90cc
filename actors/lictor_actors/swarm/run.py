"""One seed from beginning to end: chaos with the judges watching, then healing, then the histories."""

from __future__ import annotations

import time
from collections.abc import Callable

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.cluster import add_cluster
from lictor_actors.hosts.world.network import Weather
from lictor_actors.hosts.world.streams import stream
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.judges import linearizability
from lictor_actors.swarm.bench import Bench
from lictor_actors.swarm.chaos import Chaos
from lictor_actors.swarm.owners import Owners
from lictor_actors.swarm.plan import Plan, draw
from lictor_actors.swarm.report import Report
from lictor_actors.swarm.workload import Clients

HEAL_WITHIN_S = 120.0
"""Serf tries to reach a failed member again every 30 s, one at a time."""
LOOK_EVERY_S = 0.25
CHECK_EVERY = 16
"""Turns from one actor's check of itself to the next: a store checks every row. Judges look at every turn."""


def run_seed(
    seed: int, until_s: float = 20.0, trace: Callable[[str], None] | None = None, plan: Plan | None = None
) -> Report:
    """Run one seed: ``until_s`` of chaos, then up to two minutes of virtual time to converge. Never raises."""
    started = time.perf_counter()
    run = _Run(plan or draw(seed), trace)
    try:
        run.chaos(until_s)
        run.heal()
        run.look_back()
    except (AssertionError, JournalCorrupt, RuntimeError) as broken:
        run.broken(f"{type(broken).__name__}: {broken}")
    return run.report(time.perf_counter() - started)


class _Run:
    def __init__(self, plan: Plan, trace: Callable[[str], None] | None) -> None:
        self.plan = plan
        self._failures: list[str] = []
        self._healed_after_s = 0.0
        self._undecided = 0
        self._world = World(
            plan.seed,
            weather=plan.weather,
            disk=plan.disk,
            buggify=plan.buggify,
            check_every=CHECK_EVERY,
            trace=trace,
        )
        self._bench = Bench(self._world)
        specs = add_cluster(self._world, plan.servers, plan.agents)
        self._clients = Clients(
            self._world,
            [spec.node for spec in specs],
            plan.clients,
            plan.keys,
            plan.think_max_s,
            stream(plan.seed, "workload"),
            definite="duplicate" not in plan.faults and not plan.weather.duplicate,
        )

        self._owners = Owners(self._world, [spec.node for spec in specs], stream(plan.seed, "owners"))

    def chaos(self, until_s: float) -> None:
        """Safety: whatever happens, the judges must have nothing to say."""
        self._world.run(min(2.0, until_s))
        chaos = Chaos(self._world, self.plan, stream(self.plan.seed, "chaos"))
        while self._world.time < until_s * 1e9:
            self._world.run(min(1.0, until_s - self._world.time / 1e9))
            self._crashes()
        chaos.end()
        self._owners.stop()
        self._world.network.weather = Weather()

    def heal(self) -> None:
        """Liveness: with nothing in the way the cluster must find itself again within a bounded time."""
        self._healed_after_s = self._become_whole()

    def _become_whole(self) -> float:
        began = self._world.time
        while wrong := self._wrong():
            if self._world.time - began > HEAL_WITHIN_S * 1e9:
                for text in wrong[:5]:
                    self.broken(f"not healed after {HEAL_WITHIN_S:.0f} s: {text}")
                break
            self._world.run(LOOK_EVERY_S)
            self._crashes()
        return (self._world.time - began) / 1e9

    def look_back(self) -> None:
        """The cluster must still be whole, and what the clients saw must be explained by one order."""
        self._clients.stop()
        self._world.run(4.0)
        audit = self._clients.audit(self._world.running()[0])
        self._world.run(4.0)
        self._crashes()
        if not all(operation.known for operation in audit):
            self.broken("a healed cluster did not answer every read and write")
        # A suspicion from before the healing may run out only now; then it must be refuted as well.
        self._become_whole()
        for text in self._bench.stores_wrong():
            self.broken(text)
        for verdict in linearizability.judge(self._clients.history):
            self._undecided += not verdict.decided
            if not verdict.ok:
                self.broken(f"not linearizable: {verdict}")

    def broken(self, what: str) -> None:
        self._failures.append(what)

    def report(self, wall_s: float) -> Report:
        world, raft, operations = self._world, self._bench.raft, self._clients.history.operations
        return Report(
            seed=self.plan.seed,
            plan=self.plan,
            failures=self._failures,
            counters=world.counters,
            operations=len(operations),
            unknown=sum(not o.known and o.action != "get" for o in operations),
            undecided=self._undecided,
            leaders=len(raft.leaders),
            committed=raft.committed,
            members_failed=self._bench.swim.failures,
            healed_after_s=self._healed_after_s,
            virtual_s=world.time / 1e9,
            wall_s=wall_s,
            events=world.trace.events,
            digest=world.trace.digest,
        )

    def _wrong(self) -> list[str]:
        for name in self._world.ended:
            return [f"{name} went down by itself: {self._world.ended[name]}"]
        if not self._bench.leader():
            return ["no server leads"]
        bench = self._bench
        return bench.members_wrong() or bench.catalog_wrong() or bench.services_wrong()

    def _crashes(self) -> None:
        if self._world.crashes:
            who, error = self._world.crashes[0]
            raise RuntimeError(f"{who} raised {error!r}") from error
