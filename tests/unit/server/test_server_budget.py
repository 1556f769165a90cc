"""A write whose budget is spent before it is proposed is dropped, and refused as never done."""

from __future__ import annotations

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_actors.raft import Role
from lictor_actors.roles.server.server import Server
from lictor_messages.answers import Written
from lictor_messages.envelope import at
from lictor_messages.kv import PutKey
from lictor_messages.refusals import Refused


class Paused:
    """A settled cluster, one of whose nodes takes no turns for a while."""

    def __init__(self) -> None:
        self.world = World(seed=5)
        self.servers = [spec.node for spec in add_cluster(self.world, 3, 0)]
        assert self.world.run_until(lambda: any(self.role(s).raft.ready for s in self.servers), 30)
        self.world.run(1.0)
        self.leader = next(s for s in self.servers if self.role(s).raft.role is Role.LEADER)
        self.follower = next(s for s in self.servers if s != self.leader)

    def role(self, server: str) -> Server:
        actor = self.world.actor(at("server", server))
        assert isinstance(actor, Server)
        return actor

    def put(self, through: str, paused: str, budget_s: float, pause_s: float) -> tuple[Server, list[object]]:
        """Ask ``through`` to write while the server or the agent of that node is paused."""
        answers: list[object] = []
        door, node = self.world.door(through, "hasty"), self.world.machines[through].node
        node.handle_actor("pause", paused)
        door.ask(at(paused, through), PutKey(key="k"), answers.append, within_s=budget_s)
        self.world.run(pause_s)
        node.handle_actor("resume", paused)
        self.world.run(1.0)
        assert self.world.crashes == []
        return self.role(self.leader), answers


@pytest.fixture
def cluster() -> Paused:
    return Paused()


def test_what_waited_too_long_at_the_leader_is_not_proposed(cluster):
    leader, answers = cluster.put(cluster.leader, "server", budget_s=0.1, pause_s=0.2)
    assert "k" not in leader.store.kv.entries
    assert leader.writes.budgets_spent == 1
    assert [answer.code for answer in answers if isinstance(answer, Refused)] == ["TimedOut"]


def test_what_has_some_time_left_is_written(cluster):
    leader, answers = cluster.put(cluster.leader, "server", budget_s=5.0, pause_s=0.2)
    assert "k" in leader.store.kv.entries
    assert leader.writes.budgets_spent == 0
    assert [type(answer) for answer in answers] == [Written]


def test_time_that_was_lost_on_the_way_counts(cluster):
    """An agent that held a request passes it on with what is left of its budget."""
    leader, _ = cluster.put(cluster.follower, "agent", budget_s=0.1, pause_s=0.2)
    assert "k" not in leader.store.kv.entries
    # The follower sees that nothing is left, and passes nothing on.
    assert cluster.role(cluster.follower).writes.budgets_spent == 1
