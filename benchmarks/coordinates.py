"""How near coordinates come to the truth: a cluster over four regions in the world, its estimates minute by minute.

The round trips between regions are those of large clouds, about; within one the world's own network takes a
millisecond. Time is virtual and each run follows from its seed: the figures are the same on every machine.
"""

from __future__ import annotations

from itertools import combinations
from statistics import mean, quantiles

from table import show

from lictor_actors.hosts.world.network import Weather
from lictor_deploy.sim.cluster import SimCluster
from lictor_messages.coordinates import distance_s

REGIONS = ("eu", "us", "ap", "sa")
ROUND_TRIPS_MS = {
    ("eu", "us"): 90,
    ("ap", "eu"): 180,
    ("eu", "sa"): 200,
    ("ap", "us"): 150,
    ("sa", "us"): 120,
    ("ap", "sa"): 300,
}
"""Between regions in the order of their names, beside what the world's network itself takes."""
BASE_MS = (Weather().latency_min_ns + Weather().latency_max_ns) / 1e6
"""The mean round trip of that network."""
MINUTES = (1, 2, 5, 10)
SEEDS = 5


def spread(nodes: int, seed: int) -> tuple[SimCluster, dict[str, str]]:
    """A cluster whose nodes are dealt over the regions, and where each of them is."""
    cluster = SimCluster(3, nodes - 3, seed=seed)
    cluster.wait_whole()
    where = {name: REGIONS[place % len(REGIONS)] for place, name in enumerate(sorted(cluster.world.machines))}
    for pair, rtt in ROUND_TRIPS_MS.items():
        one, other = ([name for name in where if where[name] == region] for region in pair)
        cluster.faults.delay(one, other, latency=rtt / 2000)
        cluster.faults.delay(other, one, latency=rtt / 2000)
    return cluster, where


def missed(cluster: SimCluster, where: dict[str, str]) -> list[float]:
    """The relative error of the estimate for each pair in different regions."""
    lies = {name: cluster.world.actor(f"prober@{name}").pool.coordinate for name in where}
    found = []
    for one, other in combinations(sorted(where), 2):
        if where[one] != where[other]:
            first, second = sorted((where[one], where[other]))
            truth = (ROUND_TRIPS_MS[first, second] + BASE_MS) / 1000
            found.append(abs(distance_s(lies[one], lies[other]) - truth) / truth)
    return found


def main(quick: bool = False) -> None:
    """Print the table of docs/coordinates.md."""
    nodes, seeds = (20, 1) if quick else (40, SEEDS)
    found: dict[int, list[float]] = {minute: [] for minute in MINUTES}
    for seed in range(seeds):
        cluster, where = spread(nodes, seed)
        for minute in MINUTES:
            cluster.run(minute * 60 - cluster.time_s)
            found[minute] += missed(cluster, where)
    rows = [
        (f"{minute} min", f"{mean(errors):.3f}", f"{quantiles(errors, n=100)[94]:.3f}", f"{max(errors):.3f}")
        for minute, errors in found.items()
    ]
    title = f"Relative error of estimated round trips between regions ({nodes} nodes, {seeds} seeds)"
    show(title, ("after", "mean", "95 % below", "most"), rows)
