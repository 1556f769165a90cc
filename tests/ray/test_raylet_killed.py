"""Machines of Ray die under a write load and their disks with them: no acknowledged write is lost, agents move.

``LICTOR_RAY_ROUNDS=10 make ray`` kills ten times with Ray as it comes and ten times with Ray tuned.
"""

from __future__ import annotations

import asyncio
import json
import time
from http.client import HTTPConnection, HTTPException

import pytest
from failover import Campaign, by_role, judge_all
from machines import until
from moving_nodes import FollowingStore, agents_answer_away_from, places
from ray_machines import FAST, ROUNDS, RayMachine, RayMachines, ray_machines
from recorded import Recorder

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.ray, pytest.mark.e2e, pytest.mark.timeout(180 + 120 * ROUNDS)]
AGENTS, CLIENTS = 21, 6
LEAST_WRITES = 100
"""Fewer acknowledged writes would prove little."""
MOVED_WITHIN_S = 60.0
"""A bound of sanity; the figures that are printed are what counts."""
WHOLE_WITHIN_S = 120.0
ANSWERS_WITHIN_S = 10.0


async def test_no_acknowledged_write_is_lost(machines: RayMachines, capsys: pytest.CaptureFixture[str]) -> None:
    await lose_machines(machines, ROUNDS, "Ray as it comes", capsys)


@pytest.mark.soak
async def test_ray_tuned(capsys: pytest.CaptureFixture[str]) -> None:
    with ray_machines(4, FAST) as tuned, pytest.MonkeyPatch.context() as patch:
        for name, value in tuned.environment.items():
            patch.setenv(name, value)
        await lose_machines(tuned, ROUNDS, "Ray tuned", capsys)


async def lose_machines(machines: RayMachines, rounds: int, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Kill one machine after the other while clients write, and judge what they were told."""
    moved_s: list[float] = []
    report, recorder = Campaign(servers=3), Recorder()
    with Cluster.ray(machines.address, 3, AGENTS) as cluster:
        stores = [FollowingStore(cluster, seed) for seed in range(CLIENTS)]
        clients = [asyncio.create_task(recorder.work(f"c{i}", store, i)) for i, store in enumerate(stores)]
        for number in range(rounds):
            victim = machines.machines[number % len(machines.machines)]
            report.kills.append(time.monotonic_ns())
            moved_s.append(await asyncio.to_thread(kill, victim, cluster, at_once=bool(number % 2)))
            await asyncio.to_thread(bring_back, victim, cluster)
        recorder.over.set()
        await asyncio.gather(*clients)
        await judge_all(by_role(cluster)[0], recorder, [], report)
        for store in stores:
            store.close()
    assert machines.left() == []
    with capsys.disabled():
        print(
            f"\n  {how}: {len(recorder.acknowledged)} writes acknowledged, {len(report.kills)} machines killed; ",
            end="",
        )
        print(f"all agents answered elsewhere after {' '.join(f'{each:.1f}' for each in sorted(moved_s))} s; ", end="")
        print(f"the next write after {' '.join(f'{each:.2f}' for each in sorted(report.gaps_s))} s")
    assert report.wrong == []
    assert report.undecided == 0
    assert len(recorder.acknowledged) > LEAST_WRITES * rounds
    assert len(report.gaps_s) == rounds


def kill(victim: RayMachine, cluster: Cluster, *, at_once: bool) -> float:
    """SIGKILL to its raylet or to all of it, and its disk is lost. Seconds until every agent answers elsewhere."""
    assert any(place.ip == victim.ip for place in places(cluster).values())
    began = time.monotonic()
    if at_once:
        victim.kill()
    else:
        victim.kill_raylet()
    until(lambda: agents_answer_away_from(cluster, victim.ip), MOVED_WITHIN_S)
    took = time.monotonic() - began
    victim.kill()
    victim.lose_disk()
    return took


def bring_back(victim: RayMachine, cluster: Cluster) -> None:
    """An empty machine in its place; return when the cluster is whole, with as many voters as before."""
    try:
        until(lambda: voters_by(cluster, "agent-1") == servers_of(cluster), WHOLE_WITHIN_S)
    except AssertionError:
        said = {node: sorted(voters_by(cluster, node)) for node in places(cluster)}
        raise AssertionError(f"{servers_of(cluster)} should vote; by each node's word: {said}") from None
    cluster.wait_whole(WHOLE_WITHIN_S)
    victim.boot()
    until(lambda: any(machine["ip"] == victim.ip and machine["pid"] for machine in machines_of(cluster)))


def servers_of(cluster: Cluster) -> set[str]:
    """The servers that the cluster has now."""
    return {name for name in places(cluster) if name.startswith("server-")}


def voters_by(cluster: Cluster, node: str) -> set[object]:
    """The voters of Raft, by this node's word."""
    return {row["Node"] for row in raft_configuration(places(cluster)[node].http) if row["Voter"]}


def raft_configuration(address: str) -> list[dict[str, object]]:
    """The servers of Raft, as an agent tells of them; none while it cannot."""
    connection = HTTPConnection(address, timeout=ANSWERS_WITHIN_S)
    try:
        connection.request("GET", "/v1/operator/raft/configuration")
        answer = connection.getresponse()
        return json.loads(answer.read())["Servers"] if answer.status == 200 else []
    except (OSError, HTTPException):
        return []
    finally:
        connection.close()


def machines_of(cluster: Cluster) -> list[dict[str, object]]:
    cluster.look_again()
    return cluster.machines
