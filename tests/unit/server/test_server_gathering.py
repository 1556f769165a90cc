"""Writes that come in the same moment are proposed together: one message to each peer, one answer each."""

from __future__ import annotations

import pytest

from lictor_actors.bus.rules import Rules
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_actors.raft import Role
from lictor_actors.roles.server.server import Server
from lictor_messages.answers import Written
from lictor_messages.envelope import Envelope, at
from lictor_messages.faults import FaultRule
from lictor_messages.kv import PutKey
from lictor_messages.raft import AppendEntries
from lictor_messages.refusals import Refused


class Burst:
    """A settled cluster whose leader is asked many things at once."""

    def __init__(self) -> None:
        self.world = World(seed=3)
        self.servers = [spec.node for spec in add_cluster(self.world, 3, 0)]
        assert self.world.run_until(lambda: self.ready(), 30)
        self.world.run(1.0)
        self.leader = next(s for s in self.servers if self.role(s).raft.role is Role.LEADER)
        self.door = self.world.door(self.leader, "burst")
        self.answers: list[object] = []
        self.appended: list[int] = []
        self.world.trace.taps.append(self)

    def role(self, server: str) -> Server:
        actor = self.world.actor(at("server", server))
        assert isinstance(actor, Server)
        return actor

    def ready(self) -> bool:
        return any(self.role(s).raft.ready and self.role(s).passing_nodes == 3 for s in self.servers)

    def gathered(self) -> list[object]:
        leading = self.role(self.leader).leading
        assert leading is not None
        return list(leading.proposals.gathered)

    def put(self, count: int) -> None:
        for number in range(count):
            self.door.ask(at("server", self.leader), PutKey(key=f"k{number}"), self.answers.append)

    def sent(self, time, number, e, fate) -> None:
        if isinstance(e.body, AppendEntries) and e.body.entries:
            self.appended.append(len(e.body.entries))

    def nothing(self, *_: object) -> None:
        """Other events are of no interest."""

    delivered = due = note = fault = nothing


@pytest.fixture
def burst() -> Burst:
    made = Burst()
    yield made
    assert made.world.crashes == []


def test_a_burst_of_writes_takes_two_messages_to_each_peer(burst):
    burst.put(50)
    assert burst.world.run_until(lambda: len(burst.answers) == 50, 5)
    assert all(isinstance(answer, Written) and answer.ok for answer in burst.answers)
    # The first goes at once, for it may be the only one; the others gather behind it.
    assert sorted(burst.appended) == [1, 1, 49, 49]


def test_in_a_crowd_even_the_first_waits_for_the_others(burst):
    burst.put(50)
    burst.world.run(1.0)
    burst.appended.clear()
    burst.put(50)
    burst.world.run(1.0)
    assert len(burst.answers) == 100
    assert burst.appended == [50, 50]
    burst.put(1)
    burst.world.run(1.0)
    burst.put(1)
    burst.world.run_until(lambda: len(burst.appended) == 6, 5)
    assert burst.gathered() == []


def test_writers_that_write_again_when_they_are_answered_soon_share_every_round(burst):
    """Whoever comes late waits for the round on its way, and for those whom it answers: not 1 and 15 in turn."""

    def again(answer: object) -> None:
        burst.answers.append(answer)
        burst.door.ask(at("server", burst.leader), PutKey(key="k"), again)

    for count in (1, 15):
        for _ in range(count):
            burst.door.ask(at("server", burst.leader), PutKey(key="k"), again)
        burst.world.run_until(lambda: bool(burst.appended), 5)
    assert burst.world.run_until(lambda: len(burst.answers) > 1000, 60)
    assert burst.appended[:2] == [1, 1]
    assert set(burst.appended[2:100]) == {16}


def test_one_write_alone_does_not_wait_for_company(burst):
    burst.put(1)
    burst.world.run_until(lambda: bool(burst.appended), 5)
    assert burst.gathered() == []


def test_the_limit_on_open_writes_counts_those_that_gather(burst):
    server = burst.role(burst.leader)
    server.writes._open_most = 10
    burst.put(25)
    assert burst.world.run_until(lambda: len(burst.answers) == 25, 5)
    refused = [answer for answer in burst.answers if isinstance(answer, Refused)]
    assert {answer.code for answer in refused} == {"Overloaded"}
    assert len(refused) == 15


def test_what_has_gathered_when_the_lead_is_lost_is_refused_as_never_done(burst):
    others = tuple(s for s in burst.servers if s != burst.leader)
    burst.world.network.rules = Rules([FaultRule(id="1", groups=((burst.leader,), others), effect="drop")])
    burst.put(1)
    burst.world.run(0.1)
    burst.put(5)
    me, successor = at("server", burst.leader), at("server", others[0])
    newer = AppendEntries(term=99, leader=others[0], prev_index=0, prev_term=0, commit=0, round=1)
    burst.world.machines[burst.leader].node.deliver(Envelope(successor, me, newer))
    burst.world.run_until(lambda: len(burst.answers) == 6, 5)
    codes = [answer.code for answer in burst.answers if isinstance(answer, Refused)]
    assert sorted(codes) == ["LeadershipLost", *["NotLeader"] * 5]
