"""Lifeguard's experiments in the world: false positives, detection times and load, beside the published figures.

    python benchmarks/lifeguard.py            the tables of docs/failure-detection.md, on both cores
    python benchmarks/lifeguard.py -quick     one run of each kind

Dadgar, Phillips, Currey: "Lifeguard: Local Health Awareness for More Accurate Failure Detection", 2018. 128 members, of
which C stop hearing and being heard, all at once: for D, again and again with I between (interval test: false
positives), or once (threshold test: how soon it is known). The paper ran 4,320 interval runs a configuration, ten of
each point of its grid; here points are drawn from that grid, and totals are scaled to as many runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from statistics import mean, quantiles

from probers import RARELY, pool_of
from table import show

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.network import Weather
from lictor_actors.swim.profile import LAN, Profile, S
from lictor_messages.envelope import Envelope, at, node_of
from lictor_messages.faults import FaultRule
from lictor_messages.members import MemberFailed
from lictor_messages.swim import Ping

MEMBERS = 128
QUIET_S = 15.0
LASTS_S = 120.0
LOOPBACK = Weather(latency_min_ns=100_000, latency_max_ns=500_000)
ANOMALIES = (1, 4, 8, 12, 16, 20, 24, 28, 32)
BLOCKED_MS = (128, 512, 2048, 8192, 16384, 32768)
RUNNING_MS = (1, 4, 16, 64, 256, 1024, 4096, 16384)
GRID = tuple(product(ANOMALIES, BLOCKED_MS, RUNNING_MS))
RUNS_OF_PAPER = 4320
LONGEST_MS = BLOCKED_MS[-1]

PAPER = replace(LAN, suspicion_mult=5, awareness_max=9, lag_tolerance=3600 * S)
"""Nine times at most, as published; and what this implementation adds, doubt of one's own clock, is off."""
CONFIGURATIONS: dict[str, Profile] = {
    "SWIM": replace(PAPER, suspicion_max_mult=1, awareness_max=1),
    "LHA-Probe": replace(PAPER, suspicion_max_mult=1),
    "LHA-Suspicion": replace(PAPER, awareness_max=1),
    "Lifeguard": PAPER,
    "ours": LAN,
}
PUBLISHED: dict[str, tuple[str, ...]] = {
    "SWIM": ("339,002", "1,326", "12.44 / 16.96 / 19.40", "12.90 / 16.93 / 20.17", "435.3"),
    "LHA-Probe": ("229,574", "436", "12.42 / 17.75 / 20.10", "12.90 / 17.98 / 20.56", "428.6"),
    "LHA-Suspicion": ("10,174", "89", "12.42 / 17.47 / 25.41", "12.89 / 17.33 / 23.80", "484.6"),
    "Lifeguard": ("5,193", "25", "12.45 / 17.90 / 21.20", "12.91 / 18.05 / 21.68", "481.4"),
    "ours": ("", "", "", "", ""),
}


@dataclass(slots=True)
class Seen:
    """What one run has shown; times in seconds since the members were blocked."""

    false: int = 0
    """Failures told of members that were never blocked, by any member."""
    false_at_healthy: int = 0
    messages: int = 0
    first: tuple[float, ...] = ()
    """For each blocked member: when the first healthy one knew."""
    all: tuple[float, ...] = ()
    """When the last healthy one knew."""


class Experiment:
    """One world of probers alone that know each other from the start."""

    def __init__(self, configuration: str, seed: int, anomalies: int, members: int) -> None:
        world = World(seed, weather=LOOPBACK, check_every=RARELY)
        self.world, names = pool_of(members, CONFIGURATIONS[configuration], world)
        self.blocked = frozenset(Random(seed).sample(names, anomalies))
        self.healthy = len(names) - anomalies
        self.seen = Seen()
        self._known: dict[str, list[float]] = {}
        self._since = 0
        self._running: set[str] = set()
        """Those that are blocked, and have not come to a ping yet."""
        self.world.listeners.append(self._heard)
        self.world.run(QUIET_S)

    def _heard(self, envelope: Envelope) -> None:
        observer = node_of(envelope.source)
        if node_of(envelope.target) != observer:
            self.seen.messages += 1
            if observer in self._running and isinstance(envelope.body, Ping):
                self._running.remove(observer)
                self.world.soon(self.world.seat(envelope.source).pause)
        elif isinstance(envelope.body, MemberFailed):
            failed = envelope.body.member.node
            if failed not in self.blocked:
                self.seen.false += 1
                self.seen.false_at_healthy += observer not in self.blocked
            elif observer not in self.blocked:
                self._known.setdefault(failed, []).append((self.world.time - self._since) / S)

    def block(self, for_s: float) -> None:
        """Nothing comes from them or to them, and each stands where it would have sent its next ping.

        That is how the paper's agents were blocked: before a send, with the time of the send noted already. When they
        go on, the time-outs of that ping have passed, and they look at those before they look at what has come.
        """
        self._since = self.world.time
        self._running = set(self.blocked)
        some = tuple(self.blocked)
        rules = (FaultRule(id="from", effect="hold", sources=some), FaultRule(id="to", effect="hold", targets=some))
        self.world.network.set_rules(rules)
        self.world.run(for_s)
        for name in self.blocked - self._running:
            self.world.seat(at("prober", name)).resume()
        self._running = set()
        self.world.network.set_rules(())

    def outcome(self) -> Seen:
        """The run is over."""
        assert not self.world.crashes, self.world.crashes[0]
        known = [times for times in self._known.values() if times]
        self.seen.first = tuple(min(times) for times in known)
        self.seen.all = tuple(max(times) for times in known if len(times) >= self.healthy)
        return self.seen


def interval(configuration: str, seed: int, point: tuple[int, int, int], members: int = MEMBERS) -> Seen:
    """Blocked and running in turn for two minutes; it ends with the next anomaly."""
    anomalies, blocked_ms, running_ms = point
    experiment = Experiment(configuration, seed, anomalies, members)
    until = experiment.world.time + round(LASTS_S * S)
    while experiment.world.time < until:
        experiment.block(blocked_ms / 1000)
        experiment.world.run(running_ms / 1000)
    return experiment.outcome()


def threshold(configuration: str, seed: int, anomalies: int, members: int = MEMBERS) -> Seen:
    """Blocked once, for as long as the longest anomaly of the grid."""
    experiment = Experiment(configuration, seed, anomalies, members)
    experiment.block(LONGEST_MS / 1000)
    return experiment.outcome()


def total(values: Sequence[int], draws: Random) -> str:
    """For as many runs as the paper's, with 95 % of what resampling gives."""
    means = sorted(mean(draws.choices(values, k=len(values))) for _ in range(2000))
    low, high = (round(means[place] * RUNS_OF_PAPER) for place in (49, 1949))
    return f"{round(mean(values) * RUNS_OF_PAPER):,} ({low:,}–{high:,})"


def shares(times: Sequence[float]) -> str:
    """Median, 99 and 99.9 %."""
    cut = quantiles(times, n=1000, method="inclusive")
    return " / ".join(f"{cut[place]:.2f}" for place in (499, 989, 998))


def row(name: str, of_intervals: Sequence[Seen], of_thresholds: Sequence[Seen]) -> tuple[str, ...]:
    """What was seen of one configuration."""
    draws = Random(1)
    first = [time for run in of_thresholds for time in run.first]
    everywhere = [time for run in of_thresholds for time in run.all]
    return (
        name,
        total([run.false for run in of_intervals], draws),
        total([run.false_at_healthy for run in of_intervals], draws),
        shares(first),
        shares(everywhere),
        f"{mean(run.messages for run in of_intervals) * RUNS_OF_PAPER / 1e6:.1f}",
    )


def main(points: int, thresholds: int) -> None:
    """Print the table: each configuration on the same points and seeds."""
    chosen = Random(7).sample(GRID, points)
    head = ("configuration", "false positives", "at healthy", "first knows (s)", "all know (s)", "M messages")
    rows: list[tuple[str, ...]] = []
    with ProcessPoolExecutor(2) as pool:
        for name in CONFIGURATIONS:
            seeds = range(points)
            runs = list(pool.map(interval, [name] * points, seeds, chosen, chunksize=1))
            anomalies = [ANOMALIES[seed % len(ANOMALIES)] for seed in range(thresholds)]
            latencies = list(pool.map(threshold, [name] * thresholds, range(thresholds), anomalies, chunksize=1))
            rows += [row(name, runs, latencies), ("  published", *PUBLISHED[name])]
            print(f"{name}: {points} interval runs, {thresholds} threshold runs", file=sys.stderr, flush=True)
    show(f"{points} of the grid's {len(GRID)} points, {thresholds} threshold runs", head, rows)


if __name__ == "__main__":
    main(*((2, 2) if "-quick" in sys.argv else (36, 27)))
