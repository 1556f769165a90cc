"""Rapid's two scenarios of stability: do members that are half broken make the pool of a thousand change its mind?

    python benchmarks/stability.py            1,000 members, five minutes each: half an hour and more of two cores
    python benchmarks/stability.py 100        as many members

Suresh et al.: "Stable and Consistent Membership at Scale with Rapid", USENIX ATC 2018, section 7. One in a hundred
members hears nothing for 20 s of every 40 s; or loses 80 % of what it sends and of what is sent to it. There memberlist
oscillated and never removed all of them; Rapid removed these and no others.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random

from probers import RARELY, pool_of
from table import show

from lictor_actors.hosts.world import World
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swim.profile import LAN
from lictor_messages.envelope import Envelope, at, node_of
from lictor_messages.faults import FaultRule
from lictor_messages.members import MemberFailed, MemberJoined

LASTS_S = 300
PHASE_S = 20
LOSS = 0.8
QUIET_S = 10


def broken_of(members: int) -> int:
    """One in a hundred."""
    return max(1, members // 100)


@dataclass(slots=True)
class Told:
    """What healthy members were told, by the member that it is about."""

    failed: Counter[str] = field(default_factory=Counter)
    back: Counter[str] = field(default_factory=Counter)
    sizes: set[int] = field(default_factory=set)


class Scenario:
    """One pool, some of its members broken."""

    def __init__(self, name: str, members: int) -> None:
        self.name = name
        self.world, self.names = pool_of(members, LAN, World(seed=1, check_every=RARELY))
        self.broken = tuple(Random(1).sample(self.names, broken_of(members)))
        self.told = Told()
        self.world.run(QUIET_S)
        self.world.listeners.append(self._heard)

    def _heard(self, envelope: Envelope) -> None:
        event = envelope.body
        if not isinstance(event, MemberFailed | MemberJoined) or node_of(envelope.source) in self.broken:
            return
        self.told.sizes.add(event.alive)
        told = self.told.failed if isinstance(event, MemberFailed) else self.told.back
        told[event.member.node] += 1

    def deaf_by_turns(self) -> None:
        """They hear nothing, then everything, and so on."""
        for phase in range(LASTS_S // PHASE_S):
            deaf = FaultRule(id="deaf", effect="drop", targets=self.broken)
            self.world.network.set_rules(() if phase % 2 else (deaf,))
            self._go_on(phase)

    def lossy(self) -> None:
        """Most is lost, both ways."""
        ways = {"sources": self.broken}, {"targets": self.broken}
        rules = (FaultRule(id=next(iter(way)), effect="drop", probability=LOSS, **way) for way in ways)
        self.world.network.set_rules(tuple(rules))
        for phase in range(LASTS_S // PHASE_S):
            self._go_on(phase)

    def _go_on(self, phase: int) -> None:
        """One phase more, and what members were told so far."""
        self.world.run(PHASE_S)
        dead, back = (self._each(told) for told in (self.told.failed, self.told.back))
        told = f"held for dead {dead:.2f} times, taken back {back:.2f} times, {self._wrong()} healthy held for dead"
        when = f"{PHASE_S * (phase + 1)} of {LASTS_S} s"
        print(f"{self.name}, {len(self.names)} members, {when}: {told}", file=sys.stderr, flush=True)

    def _each(self, told: Counter[str]) -> float:
        """How often a healthy member was told it of a broken one."""
        healthy = len(self.names) - len(self.broken)
        return sum(told[name] for name in self.broken) / healthy / len(self.broken)

    def _wrong(self) -> int:
        """How often any healthy member was held for dead by another."""
        return sum(count for name, count in self.told.failed.items() if name not in self.broken)

    def row(self) -> tuple[str, ...]:
        """What came of it."""
        assert not self.world.crashes, self.world.crashes[0]
        views = [self.world.actor(at("prober", name)) for name in self.names if name not in self.broken]
        left = {view.alive_count for view in views if isinstance(view, Prober)}
        return (
            self.name,
            f"{self._each(self.told.failed):.1f}",
            f"{self._each(self.told.back):.1f}",
            str(self._wrong()),
            str(len(self.told.sizes)),
            f"{min(left)}-{max(left)}" if len(left) > 1 else str(min(left)),
            f"{time.process_time():.0f}",
        )


SCENARIOS = {"deaf for 20 s of 40 s": Scenario.deaf_by_turns, "80 % lost both ways": Scenario.lossy}


def run(name: str, members: int) -> tuple[str, ...]:
    """One of them, in a process of its own."""
    scenario = Scenario(name, members)
    SCENARIOS[name](scenario)
    return scenario.row()


def main(members: int) -> None:
    """Both scenarios, each on a core."""
    with ProcessPoolExecutor(len(SCENARIOS)) as pool:
        rows = list(pool.map(run, SCENARIOS, [members] * len(SCENARIOS)))
    head = (
        "scenario",
        "held for dead",
        "taken back",
        "healthy held for dead",
        "sizes told",
        "alive at the end",
        "CPU s",
    )
    show(
        f"{members} members, {broken_of(members)} broken, {LASTS_S} virtual s; per healthy and broken member",
        head,
        rows,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
