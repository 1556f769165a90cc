"""The swarm: many seeds, each another cluster, workload and mix of faults; judges that could have said no."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from lictor_actors.raft import leader_state
from lictor_actors.swarm import run_seed
from lictor_actors.swarm.kept import Kept, read
from lictor_actors.swarm.plan import CHANGES, FAULTS, FaultName, draw
from lictor_actors.swarm.report import Report
from lictor_deploy.sim.seeds import in_processes

pytestmark = pytest.mark.timeout(1200)  # many seeds, and the machine may have other things to do
SEEDS = int(os.environ.get("LICTOR_SWARM_SEEDS", "16"))
KEPT = list(read((Path(__file__).parent / "kept.jsonl").read_text().splitlines()))


@pytest.mark.sim
def test_a_batch_of_seeds_keeps_every_promise_and_reaches_the_interesting_places() -> None:
    reports = list(in_processes(run_seed, range(1, SEEDS + 1), jobs=0))
    assert [str(report) for report in reports if not report.ok] == []
    reached: Counter[str] = Counter()
    for report in reports:
        reached.update(report.sometimes())
    assert [name for name, count in reached.items() if not count] == []


def servers_come_and_go(seed: int) -> Report:
    """Nothing but changes of membership, one after the other."""
    plan = replace(
        draw(seed),
        datacenters=1,
        reports=False,
        servers=3 + 2 * (seed % 2),
        faults=CHANGES,
        every_s=1.5,
        snapshot_every=20,
    )
    return run_seed(seed, 40.0, plan=plan)  # somebody dead is cleared away after some fifteen seconds


@pytest.mark.sim
def test_servers_come_and_go_under_load_in_every_way_that_there_is() -> None:
    reports = list(in_processes(servers_come_and_go, range(1, 9), jobs=0))
    assert [str(report) for report in reports if not report.ok] == []
    reached: Counter[str] = Counter()
    for report in reports:
        reached.update(report.changes())
    assert [name for name, count in reached.items() if not count] == []


@pytest.mark.sim
@pytest.mark.parametrize("kept", KEPT, ids=[str(kept.plan.seed) for kept in KEPT])
def test_runs_that_once_found_something(kept: Kept) -> None:
    report = run_seed(kept.plan.seed, kept.until_s, plan=kept.plan)
    assert report.ok, f"{report}\n  once      {kept.said}"


def test_a_seed_is_a_plan() -> None:
    assert draw(7) == draw(7)
    plans = [draw(seed) for seed in range(200)]
    assert {plan.servers for plan in plans} == {1, 3, 5}
    assert {fault for plan in plans for fault in plan.faults} == {*FAULTS, *CHANGES}


# -- mutants: each breaks one rule, and a judge must say so; more in test_planted_bugs.py ----------


def assert_caught(
    what: str, *faults: FaultName, every_s: float = 0.7, lasts_s: float = 1.0, until_s: float = 20.0
) -> None:
    """One of a few seeds, with three servers and these faults, ends with a verdict that says ``what``."""
    for seed in range(1, 80):
        drawn = replace(draw(seed), datacenters=1)
        plan = replace(drawn, servers=3, agents=1, clients=4, keys=1, faults=faults, every_s=every_s, lasts_s=lasts_s)
        report = run_seed(seed, until_s, plan=plan)
        if any(re.search(what, failure) for failure in report.failures):
            return
    pytest.fail("the judges let a mutant pass")


@pytest.mark.sim
def test_a_leader_that_commits_without_a_majority_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader_state, "reached_by_majority", max)
    assert_caught("durable on", "isolate", "partition")


@pytest.mark.sim
def test_a_leader_that_believes_in_its_lease_for_ever_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader_state.LeaderState, "lease_valid", lambda *_: True)
    monkeypatch.setattr(leader_state.LeaderState, "heard_by_quorum_since", lambda self, now: now)
    assert_caught("not linearizable", "isolate", "partition", every_s=3.0, lasts_s=2.0)
