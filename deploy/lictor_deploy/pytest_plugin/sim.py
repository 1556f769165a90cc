"""A simulated cluster for a test, and the story of its seed when the test fails."""

from __future__ import annotations

from lictor_deploy.pytest_plugin.marker import ClusterMarker
from lictor_deploy.pytest_plugin.presets import inject
from lictor_deploy.sim.cluster import SimCluster

HAPPENED_LINES = 20
TRACE_LINES = 40


def make(wanted: ClusterMarker, seed: int) -> SimCluster:
    """Such a cluster, at the moment when it is switched on."""
    return SimCluster(wanted.servers, wanted.agents, seed, profile=wanted.profile)


def settle(cluster: SimCluster, wanted: ClusterMarker) -> None:
    """Until it is whole; from then on its faults are in force."""
    cluster.wait_whole()
    inject(cluster.faults, wanted.faults)


def story(cluster: SimCluster, again: str) -> str:
    """How far the seed came, what happened last, and how to run it again."""
    trace = cluster.trace
    happened = [line for line in trace if _happening(line)]
    down = [name for name in cluster.world.machines if name not in cluster.world.running()]
    return "\n".join(
        [
            f"seed {cluster.seed}, {len(cluster.nodes)} nodes, {cluster.time_s:.6f} s of virtual time",
            f"leader: {cluster.leader() or 'none'}",
            *(f"down: {name}" for name in down),
            *(f"in force: {fault.id} {fault.what}" for fault in cluster.faults.book.faults.values()),
            f"what happened (last {len(happened[-HAPPENED_LINES:])}):",
            *(f"  {line}" for line in happened[-HAPPENED_LINES:]),
            f"trace (last {len(trace[-TRACE_LINES:])} of {cluster.world.trace.events} events, hash {cluster.digest}):",
            *(f"  {line}" for line in trace[-TRACE_LINES:]),
            f"again: {again}",
        ]
    )


def _happening(line: str) -> bool:
    """Faults and what actors thought worth noting, not messages."""
    return line.split(" ", 3)[1:2] == ["!"] or line.split(" ", 3)[2:3] == ["="]
