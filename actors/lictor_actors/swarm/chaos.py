"""The nemesis of a cluster: which nodes each of the plan's faults hits, and how hard."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random

from lictor_actors.faults.in_force import Injected
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.streams import stream
from lictor_actors.node.spec import NodeSpec
from lictor_actors.swarm.bench import Bench
from lictor_actors.swarm.changes import Changes, Done
from lictor_actors.swarm.plan import ChangeName, FaultName, Plan
from lictor_actors.swarm.strikes import Strikes

DRIFT_MAX = 0.02
"""A lease holds for nine tenths of an election time-out: clocks may differ in speed by less than that."""
LAGS_S = ((0.1, 0.4), (0.6, 3.0))
"""Shorter than an election time-out, so that leadership can still be handed over, and longer."""
BENT_MOST = 2
"""Clocks that are wrong at a time: drifts of one node add up."""


class Chaos(Strikes):
    """Faults on a world's nodes until ``end``."""

    def __init__(self, world: World, plan: Plan, bench: Bench, specs: Sequence[NodeSpec]) -> None:
        super().__init__(world, plan)
        self._bench = bench
        self._flapping = ""
        self._changes = Changes(world, bench, specs)
        if plan.changes_servers:
            self._changes.begin(stream(plan.seed, "operator"))
        self._again()

    def end(self) -> None:
        """Heal everything, start what is down."""
        super().end()
        self._changes.end()
        for name, machine in self._world.machines.items():
            if not machine.running and name not in self._bench.gone:
                self._world.restart(name)

    def _inject(self, name: FaultName | ChangeName, rng: Random) -> Sequence[Injected | Done]:
        faults = self.faults
        match name:
            case "partition":
                nodes = list(self._world.machines)
                return [faults.partition(rng.sample(nodes, rng.randint(1, max(1, len(nodes) // 2))))]
            case "isolate":
                return [faults.isolate(self._victim(rng))]
            case "cut":
                return [faults.cut(self._victim(rng), self._victim(rng))]
            case "hold":
                return [faults.hold(self._victim(rng), self._someone(rng))]
            case "lose":
                return [faults.loss(self._someone(rng), self._someone(rng), rng.uniform(0.05, 0.5))]
            case "delay":
                return [faults.delay(self._someone(rng), self._someone(rng), rng.uniform(0, 0.3), rng.uniform(0, 0.5))]
            case "duplicate":
                return [faults.duplicate(self._someone(rng), self._someone(rng), rng.uniform(0.05, 0.5))]
            case "reorder":
                return [faults.reorder(self._someone(rng), self._someone(rng), rng.uniform(0.01, 0.3))]
            case "corrupt":
                return [faults.corrupt(self._someone(rng), self._someone(rng), probability=rng.uniform(0.02, 0.3))]
            case "flap":
                return self._flap(rng)
            case "set_back":
                node = self._victim(rng)
                return [faults.isolate(node), faults.skew(node, -float(rng.randint(1, 10)))]
        return self._hit_one(name, rng)

    def _hit_one(self, name: FaultName | ChangeName, rng: Random) -> Sequence[Injected | Done]:
        faults = self.faults
        match name:
            case "lag":
                return self._lag(rng)
            case "pause":
                return [faults.pause(self._actor(rng))]
            case "crash_actor":
                return [faults.crash(self._actor(rng))]
            case "restart_actor":
                return [faults.restart(self._actor(rng))]
            case "power_cut":
                return [faults.torn_write(self._victim(rng))]
            case "kill":
                return [faults.kill(self._victim(rng))]
            case "slow_disk":
                return [faults.slow_disk(self._victim(rng), rng.uniform(0.02, 0.4), rng.uniform(0.1, 1.0))]
            case "clock" if len(faults.book.in_force.clocks) < 2 * BENT_MOST:
                node = self._victim(rng)
                rate = 1 + rng.uniform(-DRIFT_MAX, DRIFT_MAX)
                return [faults.skew(node, float(rng.randint(-10, 10))), faults.drift(node, rate)]
            case "add_server" | "leave" | "remove_peer" | "wipe" | "abandon" | "transfer":
                change = self._changes.make(name, rng)
                return [change] if change is not None else []
        return []

    # -- whom ------------------------------------------------------------------

    def _victim(self, rng: Random) -> str:
        """Any node, the leader more often than others."""
        chosen, lead = rng.choice(list(self._world.machines)), rng.random() < 0.4
        leaders = [node.name for node in self.faults.book.nodes() if node.leader]
        return leaders[0] if leaders and lead else chosen

    def _someone(self, rng: Random) -> str:
        return "all" if rng.random() < 0.5 else self._victim(rng)

    def _actor(self, rng: Random) -> str:
        """One actor, or a whole node."""
        node, whole = self._victim(rng), rng.random() < 0.3
        role = rng.choice(self._world.machines[node].roles)
        return node if whole else f"{role}@{node}"

    # -- a long way back --------------------------------------------------------

    def _lag(self, rng: Random) -> list[Injected]:
        """What the other servers say to one, mostly the leader, comes late: it leads on in its own eyes."""
        servers = [node.name for node in self.faults.book.nodes() if node.server]
        late = self._victim(rng)
        others = [f"server@{name}" for name in servers if name != late]
        latency_s = rng.uniform(*rng.choice(LAGS_S))
        return [self.faults.delay(others, f"server@{late}", latency_s)] if late in servers and others else []

    # -- a bad cable -------------------------------------------------------------

    def _flap(self, rng: Random) -> list[Injected]:
        """A server that does not lead is cut off again and again, each time long enough to grow impatient.

        It is the same one all along, so that a leader always has a majority.
        """
        nodes = self.faults.book.nodes()
        followers = [node.name for node in nodes if node.server and not node.leader]
        if not followers or not any(node.leader for node in nodes):
            return []
        chosen = rng.choice(followers)
        self._flapping = self._flapping or chosen
        if self._flapping not in followers:
            return []
        return [self._cut_off(self._flapping, rng.randint(2, 5), rng)]

    def _cut_off(self, victim: str, times: int, rng: Random) -> Injected:
        cut = self.faults.isolate(victim)
        self._world.at(rng.uniform(0.6, 1.8), cut.heal)
        if times > 1:
            self._world.at(rng.uniform(2.0, 3.0), partial(self._cut_off_again, victim, times - 1, rng))
        return cut

    def _cut_off_again(self, victim: str, times: int, rng: Random) -> None:
        if self._going:
            self._cut_off(victim, times, rng)
