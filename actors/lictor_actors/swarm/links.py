"""The nemesis of several datacenters: what lies between two of them is cut, slow, or loses a part."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lictor_actors.faults.in_force import Injected
from lictor_actors.hosts.world import World
from lictor_actors.swarm.plan import ChangeName, FaultName, Plan
from lictor_actors.swarm.strikes import Strikes


class Links(Strikes):
    """Faults on the links between these datacenters until ``end``."""

    def __init__(self, world: World, plan: Plan, names: Sequence[str]) -> None:
        super().__init__(world, plan)
        self._names = names
        self._again()

    def _inject(self, name: FaultName | ChangeName, rng: Random) -> Sequence[Injected]:
        one, other = (f"*.{dc}" for dc in rng.sample(self._names, 2))
        match name:
            case "cut":
                return [self.faults.cut(one, other)]
            case "delay":
                return [self.faults.delay(one, other, rng.uniform(0.02, 2.0), rng.uniform(0.0, 0.3))]
            case "lose":
                return [self.faults.loss(one, other, rng.uniform(0.1, 0.6))]
        raise ValueError(f"no link between datacenters can have the fault {name}")
