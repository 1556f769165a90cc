"""Faults that strike at random times and heal after a while, until all is healed.

Each strike has a number and draws from a stream of its own, so that leaving one out changes nothing about the others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from lictor_actors.faults import Faults, world_faults
from lictor_actors.faults.in_force import Injected
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.streams import stream
from lictor_actors.swarm.changes import Done
from lictor_actors.swarm.plan import ChangeName, FaultName, Plan
from lictor_actors.swarm.report import Struck


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


class Strikes(ABC):
    """Strikes with the plan's faults until ``end``. ``plan.without`` names those that are left out."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.faults: Faults = world_faults(world)
        self.strikes: list[Strike] = []
        self._world = world
        self._plan = plan
        self._rng = stream(plan.seed, "chaos")
        self._going = True

    @property
    def struck(self) -> tuple[Struck, ...]:
        """Those that were not left out."""
        left = (strike for strike in self.strikes if strike.number not in self._plan.without)
        return tuple(Struck(s.number, s.name, s.at_s, s.what) for s in left)

    @abstractmethod
    def _inject(self, name: FaultName | ChangeName, rng: Random) -> Sequence[Injected | Done]:
        """Have this fault hit something; nothing if there is nothing to hit."""

    def end(self) -> None:
        """Heal everything."""
        self._going = False
        self.faults.heal_all()
        for strike in self.strikes:
            strike.heal()

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
