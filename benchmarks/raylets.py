"""Machines of Ray die under a write load and their disks with them: what is lost, and when do agents answer elsewhere?

    python benchmarks raylets           ten with Ray as it comes, ten with Ray tuned, a quarter of an hour
    python benchmarks -quick raylets    two each

Each round ends a raylet by SIGKILL, deletes all that its machine wrote, waits for a newcomer to vote in place of a
server that was there, and lets an empty machine join. tests/ray/test_raylet_killed.py runs one.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec

from failover import Campaign, by_role, judge_all
from machines import until
from moving_nodes import FollowingStore, agents_answer_away_from, places
from ray_machines import FAST, RayMachine, RayMachines, ray_machines
from recorded import Recorder
from table import show

from lictor_deploy.local.handle import Cluster

MACHINES, AGENTS, CLIENTS = 3, 21, 6
MOVED_WITHIN_S = 60.0
"""A bound of sanity; the figures that are printed are what counts."""
WHOLE_WITHIN_S = 120.0
ANSWERS_WITHIN_S = 10.0


@dataclass
class Losses:
    """What a cluster did whose machines died one after the other."""

    moved_s: list[float] = field(default_factory=list)
    """From each SIGKILL until every agent answered elsewhere."""
    writes: int = 0
    """Those that were acknowledged."""
    report: Campaign = field(default_factory=lambda: Campaign(servers=3))


async def lose_machines(rack: RayMachines, rounds: int) -> Losses:
    """Kill one machine after the other while clients write, and judge what they were told."""
    losses, recorder = Losses(), Recorder()
    with Cluster.ray(rack.address, 3, AGENTS) as cluster:
        stores = [FollowingStore(cluster, seed) for seed in range(CLIENTS)]
        clients = [asyncio.create_task(recorder.work(f"c{i}", store, i)) for i, store in enumerate(stores)]
        for number in range(rounds):
            victim = rack.machines[number % len(rack.machines)]
            lost = servers_at(victim, cluster)
            losses.report.kills.append(time.monotonic_ns())
            losses.moved_s.append(await asyncio.to_thread(kill, victim, cluster))
            await asyncio.to_thread(bring_back, victim, cluster, lost)
        recorder.over.set()
        await asyncio.gather(*clients)
        await judge_all(by_role(cluster)[0], recorder, [], losses.report)
        for store in stores:
            store.close()
    losses.writes = len(recorder.acknowledged)
    return losses


def kill(victim: RayMachine, cluster: Cluster) -> float:
    """SIGKILL to its raylet, and its disk is lost. Seconds until every agent answers elsewhere."""
    assert any(place.ip == victim.ip for place in places(cluster).values())
    began = time.monotonic()
    victim.kill_raylet()
    until(lambda: agents_answer_away_from(cluster, victim.ip), MOVED_WITHIN_S)
    took = time.monotonic() - began
    victim.kill()
    victim.lose_disk()
    return took


def bring_back(victim: RayMachine, cluster: Cluster, lost: set[str]) -> None:
    """An empty machine in its place; return when the cluster is whole, with as many voters as before.

    Right after the kill the ``lost`` servers still count as servers and voters: the next kill must wait until they do
    not and newcomers vote, or it takes a majority.
    """

    def replaced() -> bool:
        servers = servers_of(cluster)
        return lost.isdisjoint(servers) and voters_by(cluster, "agent-1") == servers

    try:
        until(replaced, WHOLE_WITHIN_S)
    except AssertionError:
        said = {node: sorted(voters_by(cluster, node)) for node in places(cluster)}
        raise AssertionError(f"{servers_of(cluster)} should vote; by each node's word: {said}") from None
    cluster.wait_whole(WHOLE_WITHIN_S)
    victim.boot()
    until(lambda: any(machine["ip"] == victim.ip and machine["pid"] for machine in machines_of(cluster)))


def servers_of(cluster: Cluster) -> set[str]:
    """The servers that the cluster has now."""
    return {name for name in places(cluster) if name.startswith("server-")}


def servers_at(machine: RayMachine, cluster: Cluster) -> set[str]:
    """Those that are on this machine now."""
    return {name for name, place in places(cluster).items() if name.startswith("server-") and place.ip == machine.ip}


def voters_by(cluster: Cluster, node: str) -> set[str]:
    """The voters of Raft, by this node's word; none while it cannot tell."""
    connection = HTTPConnection(places(cluster)[node].http, timeout=ANSWERS_WITHIN_S)
    try:
        connection.request("GET", "/v1/operator/raft/configuration")
        answer = connection.getresponse()
        servers = json.loads(answer.read())["Servers"] if answer.status == 200 else []
    except (OSError, HTTPException):
        return set()
    finally:
        connection.close()
    return {row["Node"] for row in servers if row["Voter"]}


def machines_of(cluster: Cluster) -> list[dict[str, object]]:
    """Those that the parent knows now."""
    cluster.look_again()
    return cluster.machines


# -- the figures ---------------------------------------------------------------------


def main(quick: bool) -> None:
    """Ray as it comes, then Ray tuned."""
    if find_spec("ray") is None:
        print("Ray is not installed: make .venv/.installed-ray")
        return
    rounds = 2 if quick else 10
    lost = {}
    for name, tuned in {"Ray as it comes": None, "Ray tuned": FAST}.items():
        with ray_machines(MACHINES, tuned) as rack:
            lost[name] = asyncio.run(lose_machines(rack, rounds))
    head = ("", "killed", "acknowledged", "wrong", "undecided", "agents elsewhere, s", "most", "next write, s", "most")
    show(f"raylets killed under load, 3 servers and {AGENTS} agents", head, [_row(*each) for each in lost.items()])
    for name, losses in lost.items():
        print(f"  {name}: " + " ".join(f"{each:.1f}" for each in sorted(losses.moved_s)))
        for line in losses.report.wrong[:20]:
            print(f"  {name}: {line}")
    print(f"  load {' '.join(f'{each:.1f}' for each in os.getloadavg())}")


def _row(name: str, losses: Losses) -> tuple[str, ...]:
    report = losses.report
    counts = (len(report.kills), losses.writes, len(report.wrong), report.undecided)
    times = [each(seconds) for seconds in (losses.moved_s, report.gaps_s) for each in (statistics.median, max)]
    return name, *(f"{count:,}" for count in counts), *(f"{each:.2f}" for each in times)


if __name__ == "__main__":
    main("-quick" in sys.argv)
