"""What a node costs in clusters of 100 to 1,000 on this machine, and whether a larger one keeps its promises."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from laptop import log_stamps, wait
from processes import cpu_s, family, pss_mib
from table import show

from lictor_actors.swim.profile import LAN
from lictor_deploy.local.handle import Cluster

SIZES = (100, 300, 500, 1000)
REST_S = 20.0
BUSY_PERCENT = 60.0
"""Of a core: a cluster that uses less is at rest."""


class Figures(NamedTuple):
    """Of one size."""

    whole_s: float
    whole_cpu_s: float
    rest_after_s: float
    pss_mib: float
    rest_percent: float
    messages: float
    bytes: float
    first_failed_s: float
    last_failed_s: float
    suspicions: int
    buried_alive: int


NAMES = {
    "whole_s": "each sees all, s after the start",
    "whole_cpu_s": "processor time to there, s",
    "rest_after_s": "at rest, s after that",
    "pss_mib": "memory of all processes (PSS), MiB",
    "rest_percent": "at rest, % of a core",
    "messages": "messages a node and second, at rest",
    "bytes": "bytes a node and second, at rest",
    "first_failed_s": "a crash, first to know, s",
    "last_failed_s": "a crash, last to know, s",
    "suspicions": "accusations of nodes that live",
    "buried_alive": "nodes that live and were declared dead",
}


def main(quick: bool) -> None:
    """Measure each size by itself; the quick form leaves the largest two out."""
    sizes = SIZES[:2] if quick else SIZES
    figures = [_measure(nodes) for nodes in sizes]
    rows = [(name, *(f"{getattr(one, field):.2f}" for one in figures)) for field, name in NAMES.items()]
    rows += [("the bound of the formulas for the last, s", *(f"{_bound_s(nodes):.0f}" for nodes in sizes))]
    show("nodes on this machine (lan profile)", ("", *(f"{nodes:,}" for nodes in sizes)), rows)


def _measure(nodes: int) -> Figures:
    began = time.monotonic()
    with Cluster.local(3, nodes - 3, "-log-level", "info") as cluster:
        whole, processes = time.monotonic() - began, family(os.getpid())[1:]
        spent, rest_after = cpu_s(processes), _until_rest(processes)
        percent, messages, size = _rest(cluster, processes)
        memory, victim = pss_mib(processes), f"agent-{nodes // 2}"
        known = _known_after_s(cluster, victim, nodes)
        accused = len(log_stamps(cluster, "suspects:")) - len(log_stamps(cluster, f"suspects: {victim}.dc1"))
        buried = len(log_stamps(cluster, "failed:")) - len(known)
    per_node = nodes * REST_S
    return Figures(
        whole,
        spent,
        rest_after,
        memory,
        percent,
        messages / per_node,
        size / per_node,
        min(known),
        max(known),
        accused,
        buried,
    )


def _until_rest(processes: Sequence[int]) -> float:
    began = time.monotonic()
    while True:
        before, since = cpu_s(processes), time.monotonic()
        time.sleep(1.0)
        if 100 * (cpu_s(processes) - before) / (time.monotonic() - since) < BUSY_PERCENT:
            return since - began


def _rest(cluster: Cluster, processes: Sequence[int]) -> tuple[float, int, int]:
    """Percent of a core, and what the nodes say to each other in ``REST_S``."""
    said = [_counted(cluster, what) for what in ("messages_out", "bytes_out")]
    before, began = cpu_s(processes), time.monotonic()
    time.sleep(REST_S)
    percent = 100 * (cpu_s(processes) - before) / (time.monotonic() - began)
    messages, size = (_counted(cluster, what) for what in ("messages_out", "bytes_out"))
    return percent, messages - said[0], size - said[1]


def _counted(cluster: Cluster, what: str) -> int:
    count: int = cluster.ask("counted", what=what)["counted"]
    return count


def _known_after_s(cluster: Cluster, victim: str, nodes: int) -> list[float]:
    """Seconds after the crash at which each of the others has declared the victim dead."""
    failed, crashed_at = f"failed: {victim}.dc1", datetime.now(UTC)
    cluster.faults.crash(victim)
    wait(lambda: len(log_stamps(cluster, failed)) >= nodes - 1, _bound_s(nodes))
    return [(stamp - crashed_at).total_seconds() for stamp in log_stamps(cluster, failed)]


def _bound_s(nodes: int) -> float:
    """Each member probes it once in N rounds, so the first does within two; its round, the longest suspicion, and what
    gossip takes to reach all: log(N) rounds and as many again (reference: SWIM section 4, Lifeguard section IV)."""
    spread = 2 * LAN.retransmit_limit(nodes) * LAN.gossip_interval
    return (3 * LAN.probe_interval + LAN.suspicion_max(nodes) + spread) / 1e9


if __name__ == "__main__":
    main(False)
