"""The nemesis: injects the plan's faults at random and heals each after a while; at the end it heals everything.

Each strike has a number and draws from a stream of its own, so that leaving one out changes nothing about the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from lictor_actors.faults import Faults, world_faults
from lictor_actors.faults.in_force import Injected
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.streams import stream
from lictor_actors.node.spec import NodeSpec
from lictor_actors.swarm.bench import Bench
from lictor_actors.swarm.changes import Changes, Done
from lictor_actors.swarm.plan import ChangeName, FaultName, Plan

DRIFT_MAX = 0.02
"""A lease holds for nine tenths of an election time-out: clocks may differ in speed by less than that."""
LAGS_S = ((0.1, 0.4), (0.6, 3.0))
"""Shorter than an election time-out, so that leadership can still be handed over, and longer."""
BENT_MOST = 2
"""Clocks that are wrong at a time: drifts of one node add up."""


@dataclass(slots=True)
class Strike:
    """One fault of a run."""

    number: int
    name: FaultName | ChangeName
    at_s: float
    what: str = ""
    """In words, with whom it hit; "" if there was nobody to hit, or if it was left out."""
    injected: list[Injected | Done] = field(default_factory=list, repr=False)

    def heal(self) -> None:
        """End what it did."""
        for injected in self.injected:
            injected.heal()


class Chaos:
    """Faults on a world until ``end``. ``plan.without`` names strikes that are left out."""

    def __init__(self, world: World, plan: Plan, bench: Bench, specs: Sequence[NodeSpec]) -> None:
        self.faults: Faults = world_faults(world)
        self.strikes: list[Strike] = []
        self._world = world
        self._plan = plan
        self._bench = bench
        self._rng = stream(plan.seed, "chaos")
        self._going = True
        self._flapping = ""
        self._changes = Changes(world, bench, specs)
        if plan.changes_servers:
            self._changes.begin(stream(plan.seed, "operator"))
        self._again()

    def end(self) -> None:
        """Heal everything, start what is down."""
        self._going = False
        self.faults.heal_all()
        for strike in self.strikes:
            strike.heal()
        self._changes.end()
        for name, machine in self._world.machines.items():
            if not machine.running and name not in self._bench.gone:
                self._world.restart(name)

    def _again(self) -> None:
        self._world.at(self._rng.expovariate(1 / self._plan.every_s), self._strike)

    def _strike(self) -> None:
        if not self._going:
            return
        number = len(self.strikes) + 1
        rng = stream(self._plan.seed, "strike", str(number))
        strike = Strike(number, rng.choice(self._plan.faults), self._world.time / 1e9)
        self.strikes.append(strike)
        lasts_s = rng.expovariate(1 / self._plan.lasts_s)
        if number not in self._plan.without:
            self._world.count(f"fault_{strike.name}")
            strike.injected = list(self._inject(strike.name, rng))
            strike.what = "; ".join(injected.what for injected in strike.injected)
            self._world.at(max([lasts_s, *(i.lasts_s for i in strike.injected if isinstance(i, Done))]), strike.heal)
        self._again()

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
