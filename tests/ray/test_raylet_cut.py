"""A machine of Ray is cut off, not killed, and healed: at every moment each identity has one life, on whichever side.

After a minute Ray, as it comes, ends that machine's raylet and with it the host, which is another's then. A host finds
on its machine's disk what an earlier one wrote down there, so that the judge hears of both.
"""

from __future__ import annotations

import threading

import pytest
from machines import until
from moving_nodes import agents_answer_away_from, places
from ray_machines import ONE_MACHINE, PATIENT, RayMachine, RayMachines

from lictor_actors.judges.lives import judge_lives, lives_of
from lictor_actors.timeline import TimelineRecord
from lictor_deploy.local.handle import Cluster
from lictor_deploy.timelines.live import recording

pytestmark = [pytest.mark.ray, pytest.mark.e2e, pytest.mark.timeout(300)]
AGENTS = 13
SHORT_S, LONG_S = 6.0, 60.0
"""Counted from when the agents live elsewhere."""
PATIENCE = {"by Ray's defaults": None, "patient": PATIENT}


def test_a_machine_that_is_cut_off_and_healed_leaves_each_identity_one_life(machines: RayMachines) -> None:
    records = cut_and_heal(machines, machines.machines[-1], SHORT_S)
    assert judge_lives(records) == []
    assert moved(records), "no agent has lived on two machines: nothing was put to the test"


@pytest.mark.soak
@pytest.mark.parametrize("rack", PATIENCE.values(), ids=PATIENCE, indirect=True)
def test_a_minute_does_not_change_that(machines: RayMachines) -> None:
    records = cut_and_heal(machines, machines.machines[-1], LONG_S)
    assert judge_lives(records) == []
    assert moved(records), "no agent has lived on two machines: nothing was put to the test"


@pytest.mark.soak
@pytest.mark.parametrize("rack", PATIENCE.values(), ids=PATIENCE, indirect=True)
@pytest.mark.parametrize("cut_s", [SHORT_S, LONG_S])
def test_a_host_that_goes_on_when_it_is_cut_off_is_found(machines: RayMachines, cut_s: float) -> None:
    victim = machines.machines[-1]
    bug = victim.disk / "tmp" / "unfenced"
    bug.touch()
    try:
        records = cut_and_heal(machines, victim, cut_s)
    finally:
        bug.unlink()
    twice = judge_lives(records)
    assert len(twice) == len(moved(records)) > 0
    assert all("lives twice: agent-" in verdict for verdict in twice)


def cut_and_heal(machines: RayMachines, victim: RayMachine, cut_s: float) -> list[TimelineRecord]:
    """All that nodes sent and said, from before the cut until the cluster is whole again after it."""
    if not machines.real:
        pytest.skip(ONE_MACHINE)
    with Cluster.ray(machines.address, 3, AGENTS) as cluster:
        assert any(place.ip == victim.ip for name, place in places(cluster).items() if name.startswith("agent-"))
        with recording(cluster) as records:
            victim.cut()
            try:
                until(lambda: agents_answer_away_from(cluster, victim.ip), 60)
                threading.Event().wait(cut_s)
            finally:
                victim.heal()
            until(lambda: back(cluster, victim), 120)
            cluster.wait_whole(60)
    return records


def back(cluster: Cluster, victim: RayMachine) -> bool:
    """Whether a host runs there and can be reached; a raylet that Ray has ended is started again, with its disk."""
    if victim.ended:
        victim.kill()
        victim.boot()
    cluster.look_again()
    return any(machine["ip"] == victim.ip and machine["pid"] for machine in cluster.machines)


def moved(records: list[TimelineRecord]) -> list[str]:
    """Identities that have lived in more than one process."""
    homes: dict[str, set[str]] = {}
    for life in lives_of(records):
        homes.setdefault(life.id, set()).add(life.process)
    return [identity for identity, processes in homes.items() if len(processes) > 1]
