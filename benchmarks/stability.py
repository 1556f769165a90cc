"""Rapid's two scenarios of stability: do members that are half broken make the pool of a thousand change its mind?

    python benchmarks/stability.py            1,000 members, five minutes each
    python benchmarks/stability.py 100        as many members

Suresh et al.: "Stable and Consistent Membership at Scale with Rapid", USENIX ATC 2018, section 7. One in a hundred
members hears nothing for 20 s of every 40 s; or loses 80 % of what it sends and of what is sent to it. There memberlist
oscillated and never removed all of them; Rapid removed these and no others.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
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


@dataclass(slots=True)
class Told:
    """What healthy members were told, by the member that it is about."""

    failed: Counter[str] = field(default_factory=Counter)
    back: Counter[str] = field(default_factory=Counter)
    sizes: set[int] = field(default_factory=set)


class Scenario:
    """One pool, some of its members broken."""

    def __init__(self, members: int) -> None:
        self.world, self.names = pool_of(members, LAN, World(seed=1, check_every=RARELY))
        self.broken = tuple(Random(1).sample(self.names, max(1, members // 100)))
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
            self.world.run(PHASE_S)

    def lossy(self) -> None:
        """Most is lost, both ways."""
        ways = {"sources": self.broken}, {"targets": self.broken}
        rules = (FaultRule(id=next(iter(way)), effect="drop", probability=LOSS, **way) for way in ways)
        self.world.network.set_rules(tuple(rules))
        self.world.run(LASTS_S)

    def row(self, name: str, cpu_s: float) -> tuple[str, ...]:
        """What came of it."""
        assert not self.world.crashes, self.world.crashes[0]
        healthy = len(self.names) - len(self.broken)
        of_broken = [self.told.failed[name] / healthy for name in self.broken]
        wrong = sum(count for name, count in self.told.failed.items() if name not in self.broken)
        views = [self.world.actor(at("prober", name)) for name in self.names if name not in self.broken]
        left = {view.alive_count for view in views if isinstance(view, Prober)}
        return (
            name,
            f"{sum(of_broken) / len(of_broken):.1f}",
            f"{sum(self.told.back[name] for name in self.broken) / healthy / len(self.broken):.1f}",
            str(wrong),
            str(len(self.told.sizes)),
            f"{min(left)}-{max(left)}" if len(left) > 1 else str(min(left)),
            f"{cpu_s:.0f}",
        )


def main(members: int) -> None:
    """Both scenarios."""
    rows = []
    for name, broken in (("deaf for 20 s of 40 s", Scenario.deaf_by_turns), ("80 % lost both ways", Scenario.lossy)):
        began = time.process_time()
        scenario = Scenario(members)
        broken(scenario)
        rows.append(scenario.row(name, time.process_time() - began))
        print(f"{name}: done", file=sys.stderr, flush=True)
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
        f"{members} members, {len(scenario.broken)} broken, {LASTS_S} virtual s; per healthy and broken member",
        head,
        rows,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
