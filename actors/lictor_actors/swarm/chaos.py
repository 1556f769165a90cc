"""The nemesis: injects the plan's faults at random and heals each after a while; at the end it heals everything."""

from __future__ import annotations

from functools import partial
from random import Random

from lictor_actors.faults import Faults, world_faults
from lictor_actors.faults.verbs import Injected
from lictor_actors.hosts.world import World
from lictor_actors.swarm.plan import FaultName, Plan

DRIFT_PPM_MAX = 20_000
"""A lease holds for nine tenths of an election time-out: clocks may differ in speed by less than that."""


class Chaos:
    """Faults on a world until ``end``."""

    def __init__(self, world: World, plan: Plan, rng: Random) -> None:
        self.faults: Faults = world_faults(world)
        self._world = world
        self._plan = plan
        self._rng = rng
        self._going = True
        self._again()

    def end(self) -> None:
        """Heal everything, start what is down, steady the clocks."""
        self._going = False
        self.faults.heal_all()
        for name, machine in self._world.machines.items():
            machine.clock.drift(0, self._world.time)
            if not machine.running:
                self._world.restart(name)

    def _again(self) -> None:
        self._world.at(self._rng.expovariate(1 / self._plan.every_s), self._strike)

    def _strike(self) -> None:
        if not self._going:
            return
        name = self._rng.choice(self._plan.faults)
        self._world.count(f"fault_{name}")
        injected = self._inject(name)
        if injected is not None:
            self._world.at(self._rng.expovariate(1 / self._plan.lasts_s), injected.heal)
        self._again()

    def _inject(self, name: FaultName) -> Injected | None:
        faults, rng = self.faults, self._rng
        match name:
            case "partition":
                nodes = list(self._world.machines)
                return faults.partition(rng.sample(nodes, rng.randint(1, max(1, len(nodes) // 2))))
            case "isolate":
                return faults.isolate(self._victim())
            case "cut":
                return faults.cut(self._victim(), self._victim())
            case "lose":
                return faults.lose(self._someone(), self._someone(), rng.uniform(0.05, 0.5))
            case "delay":
                return faults.delay(self._someone(), self._someone(), rng.uniform(0, 0.3), rng.uniform(0, 0.5))
            case "duplicate":
                return faults.duplicate(self._someone(), self._someone(), rng.uniform(0.05, 0.5))
        return self._strike_one(name)

    def _strike_one(self, name: FaultName) -> Injected | None:
        match name:
            case "pause":
                return self.faults.pause(self._actor())
            case "crash_actor":
                return self.faults.crash(self._actor())
            case "power_cut":
                return self.faults.crash(self._victim())
            case "restart_actor":
                self.faults.restart(self._actor())
            case "kill":
                self._kill(self._victim())
            case "clock":
                self._bend_clock(self._victim())
        return None

    def _victim(self) -> str:
        """Any node, the leader more often than others."""
        leaders = [node.name for node in self.faults.book.nodes() if node.leader]
        return leaders[0] if leaders and self._rng.random() < 0.4 else self._rng.choice(list(self._world.machines))

    def _someone(self) -> str:
        return "all" if self._rng.random() < 0.5 else self._victim()

    def _actor(self) -> str:
        """One actor, or a whole node."""
        node = self._victim()
        roles = self._world.machines[node].roles
        return node if self._rng.random() < 0.3 else f"{self._rng.choice(roles)}@{node}"

    def _kill(self, node: str) -> None:
        """A process dies and its supervisor starts it again."""
        self._world.kill(node)
        self._world.at(self._rng.expovariate(1 / self._plan.lasts_s), partial(self._start, node))

    def _start(self, node: str) -> None:
        if self._going and not self._world.machines[node].running:
            self._world.restart(node)

    def _bend_clock(self, node: str) -> None:
        clock = self._world.machines[node].clock
        clock.skew(self._rng.randint(-10, 10) * 1_000_000_000)
        clock.drift(self._rng.randint(-DRIFT_PPM_MAX, DRIFT_PPM_MAX), self._world.time)
        self._world.trace.fault(self._world.time, f"clock of {node} bent")
