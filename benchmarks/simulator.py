"""The simulator: virtual seconds per second of processor time, at rest and under the swarm's chaos."""

from __future__ import annotations

import time
from typing import NamedTuple

from table import show

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_actors.swarm import run_seed
from lictor_actors.swarm.bench import Bench

SERVERS = 3
SIZES = {5: 120.0, 100: 20.0, 1000: 3.0}
"""Nodes -> virtual seconds that are measured once the members know each other."""
SETTLE_S = {5: 5.0, 100: 10.0, 1000: 6.0}
SEEDS = 20


class Speed(NamedTuple):
    """How fast one size ran."""

    nodes: int
    virtual_s: float
    cpu_s: float
    events: int
    members: int
    """That the last node sees alive at the end."""


def rest(nodes: int, for_s: float) -> Speed:
    """A cluster with nothing to do but to keep itself together; judges watch."""
    world = World(seed=1, check_every=64)
    Bench(world)
    specs = add_cluster(world, SERVERS, nodes - SERVERS)
    world.run(SETTLE_S[nodes])
    events, started = world.trace.events, time.process_time()
    world.run(for_s)
    cpu_s = time.process_time() - started
    prober = world.actor(f"prober@{specs[-1].node}")
    return Speed(nodes, for_s, cpu_s, world.trace.events - events, getattr(prober, "alive_count", 0))


def swarm(seeds: int) -> tuple[float, float, int]:
    """Virtual seconds, seconds and events of so many seeds, one after the other."""
    started = time.process_time()
    reports = [run_seed(seed) for seed in range(1, seeds + 1)]
    return sum(r.virtual_s for r in reports), time.process_time() - started, sum(r.events for r in reports)


def main(quick: bool = False) -> None:
    sizes = [5, 100] if quick else list(SIZES)
    rows = []
    for nodes in sizes:
        speed = rest(nodes, SIZES[nodes] / (4 if quick else 1))
        rows.append(
            [
                f"{nodes} nodes at rest",
                f"{speed.virtual_s / speed.cpu_s:.1f}",
                f"{speed.events / speed.cpu_s:,.0f}",
                f"{speed.members}",
            ]
        )
    virtual_s, cpu_s, events = swarm(SEEDS // (4 if quick else 1))
    rows.append(["the swarm's seeds", f"{virtual_s / cpu_s:.1f}", f"{events / cpu_s:,.0f}", "1 to 9"])
    show("Simulator, one core", ["", "virtual s per cpu s", "events per cpu s", "members seen"], rows)


if __name__ == "__main__":
    main()
