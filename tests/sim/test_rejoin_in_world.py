"""Whole nodes that start again with their disks and without an address to join: they find whom they knew."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import tree
from lictor_actors.swarm import run_seed
from lictor_actors.swarm.bench import Bench
from lictor_actors.swarm.plan import FaultName, draw
from lictor_actors.swarm.report import Report
from lictor_actors.swarm.run import Run
from lictor_deploy.sim.seeds import in_processes
from lictor_messages.agent import LeaveCluster
from lictor_messages.answers import Written
from lictor_messages.kv import Entries, GetKey, PutKey
from lictor_messages.members import Join

RESTARTS: tuple[FaultName, ...] = ("power_cut", "kill", "restart_actor", "partition")
SEEDS = range(1, 9)


class Introduced:
    """Three servers and two agents without addresses to join; somebody introduced them once with ``lictor join``."""

    def __init__(self, **settings: object) -> None:
        self.world = World(11)
        self.bench = Bench(self.world)
        alone = [spec.model_copy(update={"join": ()}) for spec in cluster_specs(11, 3, 2)]
        self.specs = [spec.having({f"prober.{name}": value for name, value in settings.items()}) for spec in alone]
        for spec in self.specs:
            add_node(self.world, spec)
        self.world.ask("server-1.dc1", "agent", Join(addresses=tuple(f"10.0.0.{i}" for i in range(2, 6))))
        self.until_whole(20)
        self.world.run(100)  # longer than the time between two looks at whom to remember

    def until_whole(self, within_s: float) -> None:
        assert self.world.run_until(self.whole, within_s), self.bench.members_wrong()
        assert self.world.crashes == []

    def whole(self) -> bool:
        return bool(self.bench.leader()) and not self.bench.members_wrong() and not self.bench.catalog_wrong()

    def leave(self, name: str) -> None:
        self.world.ask(name, "agent", LeaveCluster())
        assert self.world.run_until(lambda: name in self.world.ended, 10)


@pytest.fixture
def five() -> Introduced:
    return Introduced()


@pytest.mark.parametrize("name", ["server-2.dc1", "agent-1.dc1"])
def test_one_that_was_killed_rejoins(five: Introduced, name: str) -> None:
    five.world.kill(name)
    five.world.run(20)
    five.world.restart(name)
    five.until_whole(10)


def test_all_that_were_stopped_find_each_other_and_keep_what_was_written(five: Introduced) -> None:
    assert isinstance(five.world.ask("agent-1.dc1", "agent", PutKey(key="a", value=b"1")), Written)
    names = five.world.running()
    for name in names:
        five.world.stop(name)
    five.world.run(5)
    for name in reversed(names):
        five.world.restart(name)
    five.until_whole(15)
    answer = five.world.ask("agent-2.dc1", "agent", GetKey(key="a", consistency="consistent"))
    assert isinstance(answer, Entries)
    assert answer.entries[0].value == b"1"


def test_all_whose_power_was_cut_find_each_other(five: Introduced) -> None:
    names = five.world.running()
    for name in names:
        five.world.crash(name, torn=False)
    for name in names:
        five.world.restart(name)
    five.until_whole(15)


def test_one_that_never_comes_back_does_not_trouble_the_others(five: Introduced) -> None:
    for spec in five.specs:
        five.world.kill(spec.node)
    for spec in five.specs[1:]:
        five.world.restart(spec.node)
    assert five.world.run_until(lambda: bool(five.bench.leader()) and not five.bench.members_wrong(), 15)
    assert isinstance(five.world.ask("agent-2.dc1", "agent", PutKey(key="a", value=b"1")), Written)


def test_after_a_graceful_leave_a_node_waits_until_somebody_joins_it(five: Introduced) -> None:
    five.leave("agent-1.dc1")
    five.world.restart("agent-1.dc1")
    five.world.run(60)
    assert five.bench.members_wrong() != []
    five.world.ask("agent-1.dc1", "agent", Join(addresses=("10.0.0.1",)))
    five.until_whole(20)


def test_after_a_graceful_leave_a_node_rejoins_if_it_is_told_to() -> None:
    five = Introduced(rejoin_after_leave=True)
    for name in ("agent-1.dc1", "server-3.dc1"):
        five.leave(name)
        five.world.run(5)
        five.world.restart(name)
        five.until_whole(60)


def nobody_has_an_address(seed: int) -> Report:
    """Everyone was told an address when the cluster began; whoever starts again once that is past is told none."""

    def forget(run: Run) -> None:
        for spec in run.specs:
            run.world.at(20.0, partial(run.world.machines[spec.node].become, tree(without_join(spec))))

    plan = replace(draw(seed), datacenters=1, faults=RESTARTS, every_s=2.0, lasts_s=3.0, snapshot_every=0)
    return run_seed(seed, 50.0, plan=plan, watch=forget)


def without_join(spec: NodeSpec) -> NodeSpec:
    return spec.model_copy(update={"join": ()})


@pytest.mark.sim
@pytest.mark.timeout(300)
def test_a_batch_of_seeds_in_which_nobody_has_an_address_keeps_every_promise() -> None:
    reports = list(in_processes(nobody_has_an_address, SEEDS, jobs=0))
    assert [str(report) for report in reports if not report.ok] == []
