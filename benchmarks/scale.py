"""Simulated clusters of thousands: what a death, a cut rack and a crowd of joiners take, in virtual time and in memory.

    python benchmarks/scale.py 10000          from one converged view: 1 % killed, a rack cut off and healed, 100 join
    python benchmarks/scale.py 1000 -join     a whole cluster that joins, is split in half, and healed

One core; a phase's line is printed when it is over, and how far it is meanwhile goes to the standard error. The same
size gives the same run.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable

from declared import Declared

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_converged, add_node, cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.roles.prober.prober import Prober
from lictor_messages.envelope import at
from lictor_messages.faults import FaultRule

SERVERS = 3
RACK = 100
LOOK_EVERY_S = 1.0
CHECK_EVERY = 100_003
"""Turns from one check of an actor's invariants to the next: that of a member table goes through all members."""
PATIENCE_S = 300.0


class Scale:
    """One world and the phases that it goes through."""

    def __init__(self, nodes: int, *, converged: bool) -> None:
        self.world = World(seed=1, check_every=CHECK_EVERY)
        self._side: dict[str, int] = {}
        """Node → its side of a cut; nothing passes from one to another."""
        self.declared = Declared(self.reaches)
        self.world.trace.taps.append(self.declared)
        self._rack = min(RACK, nodes // 10)
        self.specs = cluster_specs(1, SERVERS, nodes - SERVERS + self._rack)
        self.newcomers = [self.specs.pop() for _ in range(self._rack)]
        self.rack = [spec.node for spec in self.specs[-self._rack :]]
        self.victims = [spec.node for spec in self.specs[SERVERS : SERVERS + nodes // 100]]
        self._phase(
            "start" if converged else "full join",
            lambda: add_converged(self.world, self.specs) if converged else self.add(self.specs),
            lambda: [self.up()],
        )

    def up(self) -> list[str]:
        """Names of the nodes that run."""
        return self.world.running()

    def add(self, specs: Iterable[NodeSpec]) -> None:
        """Start these, each to join through the first servers."""
        for spec in specs:
            add_node(self.world, spec)

    def strike(self) -> None:
        """One in a hundred is killed and the rack is cut off, in the same moment: both cost the same messages."""
        rest = [name for name in self.up() if name not in {*self.rack, *self.victims}]
        self._phase("killed and cut", lambda: self._strike(rest), lambda: [rest])
        self._tell("killed", self.victims)
        self._tell("rack", self.rack)
        self._tell("the others", rest)

    def heal(self) -> None:
        """The rack is alone no more."""
        self._phase("rack healed", self.mend, lambda: [self.up()])

    def join(self) -> None:
        """Newcomers, all at once."""
        self._phase(f"{self._rack} join", lambda: self.add(self.newcomers), lambda: [self.up()])

    def halve(self) -> None:
        """Two halves hold each other for dead; then they are one again."""
        names = self.up()
        halves = [names[::2], names[1::2]]
        self._phase("split in half", lambda: self.part("halves", *halves), lambda: halves)
        self._tell("", names)
        self._phase("halves healed", self.mend, lambda: [names])

    def _strike(self, rest: list[str]) -> None:
        for victim in self.victims:
            self.world.kill(victim)
        self.part("rack", self.rack, rest)

    def part(self, rule: str, *groups: list[str]) -> None:
        """Nothing passes between these groups."""
        self.world.network.set_rules((FaultRule(id=rule, effect="drop", groups=tuple(map(tuple, groups))),))
        self._side = {node: side for side, group in enumerate(groups) for node in group}

    def mend(self) -> None:
        """Everything passes again."""
        self.world.network.set_rules(())
        self._side = {}

    def reaches(self, node: str, other: str) -> bool:
        """Whether this node runs and no cut keeps the other from hearing it."""
        return self.world.machines[node].running and self._side.get(node) == self._side.get(other)

    def seeing(self, nodes: list[str]) -> int:
        """How many of these see exactly these."""
        probers = [self.world.actor(at("prober", node)) for node in nodes]
        views = Counter((p.alive_count, p.members_hash) for p in probers if isinstance(p, Prober))
        return max((count for (alive, _), count in views.items() if alive == len(nodes)), default=0)

    def _phase(self, name: str, begin: Callable[[], object], groups: Callable[[], list[list[str]]]) -> None:
        """Until all nodes of each group see exactly the nodes of that group."""
        started, events, virtual = time.process_time(), self.world.trace.events, self.world.time
        self.declared.begin(virtual)
        begin()
        nodes = groups()
        total, see = sum(map(len, nodes)), 0
        while see < total and (passed := (self.world.time - virtual) / 1e9) < PATIENCE_S:
            self.world.run(LOOK_EVERY_S)
            see = sum(map(self.seeing, nodes))
            _progress(name, passed + LOOK_EVERY_S, see, total)
        print(
            f"{name:>14}  {see:,} of {total:,} know after {(self.world.time - virtual) / 1e9:.0f} virtual s, "
            f"{time.process_time() - started:,.1f} CPU s, {self.world.trace.events - events:,} events, "
            f"peak {peak_mib():,} MiB, {self.declared.false:,} false verdicts so far",
            flush=True,
        )
        assert not self.world.crashes, self.world.crashes[0]

    def _tell(self, which: str, nodes: Iterable[str]) -> None:
        print(f"{'':>14}  {which}: {self.declared.words(nodes)}", flush=True)


def peak_mib() -> int:
    """The most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _progress(phase: str, passed: float, see: int, total: int) -> None:
    """One line on a terminal, drawn anew; a line for each look elsewhere."""
    bar = "█" * (30 * see // total)
    spent = f"{time.process_time():,.0f} CPU s, {peak_mib():,} MiB"
    end = "\r" if sys.stderr.isatty() else "\n"
    print(
        f"{phase:>14}  {passed:5.0f} s  {bar:░<30}  {see:,} of {total:,}  {spent}  ",
        end=end,
        file=sys.stderr,
        flush=True,
    )


def main(nodes: int, *, joins: bool = False) -> None:
    """All phases at this size."""
    gc.disable()  # it would go through gigabytes again and again, and what messages leave behind has no cycles
    scale = Scale(nodes, converged=not joins)
    for phase in (scale.halve,) if joins else (scale.strike, scale.heal, scale.join):
        phase()
    print(f"{time.process_time():,.0f} CPU s in all, {scale.world.time / 1e9:.0f} virtual s, peak {peak_mib():,} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, joins="-join" in sys.argv)
