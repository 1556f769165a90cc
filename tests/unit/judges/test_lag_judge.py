"""A prober whose host was late holds that against no other."""

from __future__ import annotations

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.judges.lag import BlamedOthers, LagJudge
from lictor_actors.node.in_world import add_cluster
from lictor_actors.swarm.bench import Bench
from lictor_actors.swarm.mutants.swim import ignores_its_own_lag
from lictor_actors.swarm.patch import planted
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.profile import LAN
from lictor_actors.swim.suspicion import Suspicion
from lictor_messages.host import LoopLagged
from lictor_messages.swim import Alive, ProbeDue

SECOND = 1_000_000_000
WHO, OBSERVER = "prober@n1.dc1", "n1.dc1"
SUSPECTS = "suspects: n2.dc1, no answer to a whole probe round"


def alive(name: str) -> Alive:
    return Alive(name=name, dc="dc1", address="10.0.0.1", port=8301, gossip="", rest="", incarnation=1)


@pytest.fixture
def suspect() -> Peer:
    peer = Peer(alive("n2"), b"", 0, "prober")
    peer.state, peer.suspicion = MemberState.SUSPECT, Suspicion("n3.dc1", LAN, 10, 0)
    return peer


@pytest.fixture
def judge(suspect: Peer) -> LagJudge:
    members = MemberTable(Peer(alive("n1"), b"", 0, "prober"))
    members.add(suspect)
    return LagJudge(lambda node: members, SECOND)


def test_a_suspect_that_gets_its_time_back_is_fine(judge: LagJudge, suspect: Peer) -> None:
    judge.due(0, WHO, LoopLagged(lag_ns=2 * SECOND))
    assert suspect.suspicion is not None
    suspect.suspicion.postpone(2 * SECOND)
    judge.saw(OBSERVER)


def test_a_suspect_that_does_not_is_found(judge: LagJudge) -> None:
    judge.due(0, WHO, LoopLagged(lag_ns=2 * SECOND))
    with pytest.raises(BlamedOthers, match=r"gave n2\.dc1, a suspect, none of it back"):
        judge.saw(OBSERVER)


def test_a_small_lag_counts_for_nothing(judge: LagJudge) -> None:
    judge.due(0, WHO, LoopLagged(lag_ns=SECOND))
    judge.saw(OBSERVER)
    judge.note(0, WHO, SUSPECTS)


def test_an_accusation_by_the_round_of_that_time_is_found_and_one_by_the_next_is_fine(
    judge: LagJudge, suspect: Peer
) -> None:
    suspect.state, suspect.suspicion = MemberState.ALIVE, None
    judge.due(0, WHO, LoopLagged(lag_ns=2 * SECOND))
    judge.saw(OBSERVER)
    judge.due(1, WHO, ProbeDue())
    with pytest.raises(BlamedOthers, match=r"was late itself in this round and suspects: n2\.dc1"):
        judge.note(1, WHO, SUSPECTS)
    judge.saw(OBSERVER)
    judge.due(2, WHO, ProbeDue())
    judge.note(2, WHO, SUSPECTS)


def paused_beside_a_suspect() -> None:
    """A prober stands still while it suspects a node that is down, and goes on."""
    world = World(seed=1)
    Bench(world)
    specs = add_cluster(world, 3, 2)
    world.run(5.0)
    observer, victim = specs[0].node, specs[-1].node
    world.kill(victim)
    prober = world.actor(f"prober@{observer}")
    assert world.run_until(lambda: bool(prober.members.accused(MemberState.SUSPECT)), 20.0)  # type: ignore[union-attr]
    world.handle_actor("pause", observer)
    world.run(2.0)
    world.handle_actor("resume", observer)
    world.run(1.0)


def test_a_node_that_stood_still_in_the_world_hears_of_it() -> None:
    paused_beside_a_suspect()
    with planted(ignores_its_own_lag), pytest.raises(BlamedOthers):
        paused_beside_a_suspect()
