"""The hunt for planted bugs: for each a mix of faults that gives it a chance, and how many seeds it takes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lictor_actors.swarm.patch import Bug, planted
from lictor_actors.swarm.plan import Plan, first_draws, of_datacenters
from lictor_actors.swarm.seeds import run_seed

SEEDS_MOST = 200


@dataclass(frozen=True, slots=True)
class Planted:
    """One bug, where to look for it, and what a judge says who has found it."""

    name: str
    bug: Bug
    says: str
    """A regular expression on the verdict."""
    known: int
    """A seed that finds it."""
    until_s: float = 20.0
    datacenters: bool = False
    """Whether it shows in seeds of several datacenters."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """What is not left to the seed's draw."""

    def plan_of(self, seed: int) -> Plan:
        """The seed's draw, bent towards where the bug may show; what came later only where it is asked for."""
        drawn = first_draws(seed)
        return replace(of_datacenters(drawn) if self.datacenters else drawn, **self.plan)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the hunt ended; ``verdict`` is "" if it found nothing."""

    name: str
    seeds: int
    cpu_s: float
    seed: int
    verdict: str


def hunt(bug: Planted, seeds: Iterable[int] = range(1, SEEDS_MOST + 1)) -> Outcome:
    """Try these seeds until a judge speaks."""
    started, tried = time.process_time(), 0
    with planted(bug.bug):
        for seed in seeds:
            tried += 1
            report = run_seed(seed, bug.until_s, plan=bug.plan_of(seed))
            said = next((failure for failure in report.failures if re.search(bug.says, failure)), "")
            if said:
                return Outcome(bug.name, tried, time.process_time() - started, seed, said)
    return Outcome(bug.name, tried, time.process_time() - started, 0, "")
