"""Simulated clusters of thousands: what a death, a cut rack and a crowd of joiners take, in virtual time and in memory.

    python benchmarks/scale.py 10000          from one converged view: kill 1 %, cut a rack of 100, 100 nodes join
    python benchmarks/scale.py 1000 -join     a whole cluster that joins, is split in half, and healed

One core; each line is printed when its phase is over. The same size gives the same run.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Iterable

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
        self._rack = min(RACK, nodes // 10)
        self.specs = cluster_specs(1, SERVERS, nodes - SERVERS + self._rack)
        self.newcomers = [self.specs.pop() for _ in range(self._rack)]
        self.rack = [spec.node for spec in self.specs[-self._rack :]]
        self.victims = [spec.node for spec in self.specs[SERVERS : SERVERS + nodes // 100]]
        self._phase(
            "start" if converged else "full join",
            lambda: add_converged(self.world, self.specs) if converged else self.add(self.specs),
            lambda: self.whole(self.up()),
        )

    def up(self) -> list[str]:
        """Names of the nodes that run."""
        return self.world.running()

    def add(self, specs: Iterable[NodeSpec]) -> None:
        """Start these, each to join through the first servers."""
        for spec in specs:
            add_node(self.world, spec)

    def kill(self) -> None:
        """One in a hundred, at once."""
        self._phase("1 % killed", lambda: [self.world.kill(n) for n in self.victims], lambda: self.whole(self.up()))

    def cut(self) -> None:
        """The rack is alone; then it is not any more."""
        rest = [name for name in self.up() if name not in self.rack]
        rules = (FaultRule(id="rack", effect="drop", groups=(tuple(self.rack), tuple(rest))),)
        self._phase("rack cut", lambda: self.world.network.set_rules(rules), lambda: self.whole(rest))
        self._phase("rack healed", lambda: self.world.network.set_rules(()), lambda: self.whole(self.up()))

    def join(self) -> None:
        """Newcomers, all at once."""
        self._phase(f"{self._rack} join", lambda: self.add(self.newcomers), lambda: self.whole(self.up()))

    def halve(self) -> None:
        """Two halves hold each other for dead; then they are one again."""
        names = self.up()
        halves = names[::2], names[1::2]
        rules = (FaultRule(id="halves", effect="drop", groups=(tuple(halves[0]), tuple(halves[1]))),)
        self._phase("split in half", lambda: self.world.network.set_rules(rules), lambda: all(map(self.whole, halves)))
        self._phase("halves healed", lambda: self.world.network.set_rules(()), lambda: self.whole(names))

    def whole(self, nodes: list[str]) -> bool:
        """True if each of these sees exactly these."""
        probers = [self.world.actor(at("prober", node)) for node in nodes]
        views = {(p.alive_count, p.members_hash) for p in probers if isinstance(p, Prober)}
        return len(views) == 1 and views.pop()[0] == len(nodes)

    def _run_on(self) -> None:
        """What is there by now is not looked at again: a full collection would go through gigabytes."""
        gc.collect(0)
        gc.freeze()
        self.world.run(LOOK_EVERY_S)

    def _phase(self, name: str, begin: Callable[[], object], over: Callable[[], bool]) -> None:
        started, events, virtual = time.process_time(), self.world.trace.events, self.world.time
        begin()
        self._run_on()
        while not over() and (self.world.time - virtual) / 1e9 < PATIENCE_S:
            self._run_on()
        took, passed = time.process_time() - started, (self.world.time - virtual) / 1e9
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{name:>14}  {'all know' if over() else 'NOT ALL KNOW'} after {passed:5.0f} virtual s, "
            f"{took:7.1f} CPU s, {self.world.trace.events - events:>10,} events, peak {peak:,} MiB",
            flush=True,
        )
        assert not self.world.crashes, self.world.crashes[0]


def main(nodes: int, *, joins: bool = False) -> None:
    """All phases at this size."""
    scale = Scale(nodes, converged=not joins)
    if joins:
        scale.halve()
        return
    scale.kill()
    scale.cut()
    scale.join()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, joins="-join" in sys.argv)
