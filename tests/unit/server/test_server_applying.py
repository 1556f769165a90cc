"""When entries are applied: the answer to the leader goes first, and nobody waits for long."""

from __future__ import annotations

from random import Random

import pytest
from servers_in_world import Servers

from lictor_actors.hosts.world import World
from lictor_actors.kernel.effects import Send
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.node.in_world import add_cluster
from lictor_actors.raft import Entry, Role
from lictor_actors.roles.server import applying
from lictor_actors.roles.server.server import Server
from lictor_messages.answers import Written
from lictor_messages.envelope import Envelope, at, node_of
from lictor_messages.kv import Entries, GetKey, PutKey
from lictor_messages.raft import AppendAnswer, AppendEntries
from lictor_messages.refusals import Refused

HEARTBEAT_S = 0.1


class Writes:
    """One write after the other, and how far behind each server was when it answered its leader."""

    def __init__(self) -> None:
        self.world = World(seed=5)
        self.nodes = [spec.node for spec in add_cluster(self.world, 3, 0)]
        assert self.world.run_until(self.ready, 30)
        self.world.run(2.0)
        self.leader = next(node for node in self.nodes if self.server(node).raft.role is Role.LEADER)
        self.behind: list[int] = []
        self.world.trace.taps.append(self)

    def server(self, node: str) -> Server:
        actor = self.world.actor(at("server", node))
        assert isinstance(actor, Server)
        return actor

    def ready(self) -> bool:
        return any(self.server(node).raft.ready and self.server(node).passing_nodes == 3 for node in self.nodes)

    def put(self, count: int) -> None:
        for number in range(count):
            answers: list[object] = []
            self.world.door(self.leader, "writer").ask(
                at("server", self.leader), PutKey(key=f"k{number}"), answers.append
            )
            assert self.world.run_until(lambda answers=answers: bool(answers), 5)

    def sent(self, time: int, number: int, e: Envelope, fate: object) -> None:
        if isinstance(e.body, AppendAnswer):
            server = self.server(node_of(e.source))
            self.behind.append(server.raft.commit_index - server.applied)

    def nothing(self, *_: object) -> None:
        """Other events are of no interest."""

    delivered = due = note = fault = nothing


def test_a_follower_answers_before_it_applies() -> None:
    writes = Writes()
    writes.put(10)
    assert 1 in writes.behind, "the leader waited for what nobody needs yet"
    followers = [writes.server(node) for node in writes.nodes if node != writes.leader]
    assert writes.world.run_until(
        lambda: {server.applied for server in followers} == {writes.server(writes.leader).applied}, 2 * HEARTBEAT_S
    )


def test_applying_is_not_put_off_again_and_again_while_one_write_follows_the_other() -> None:
    """A follower whose disk is slower than the others' has several writes in hand, and applies at each sync."""
    writes = Writes()
    writes.put(50)
    assert max(writes.behind) < 10


def test_a_stale_read_sees_all_that_its_server_knows_to_be_committed() -> None:
    writes = Writes()
    writes.put(1)
    follower = next(node for node in writes.nodes if node != writes.leader)
    server, answers = writes.server(follower), list[object]()
    door = writes.world.door(writes.leader, "writer")
    door.ask(at("server", writes.leader), PutKey(key="another"), lambda _: None)
    assert writes.world.run_until(lambda: server.raft.commit_index > server.applied, 5)
    reader = writes.world.door(follower, "reader")
    reader.ask(at("server", follower), GetKey(key="k0", consistency="stale"), answers.append)
    assert writes.world.run_until(lambda: bool(answers), 5)
    assert isinstance(answers[0], Entries)
    assert [entry.key for entry in answers[0].entries] == ["k0"]


def test_a_deposed_leader_answers_the_write_that_its_successor_tells_it_is_committed() -> None:
    writes = Writes()
    leader, other = writes.server(writes.leader), next(node for node in writes.nodes if node != writes.leader)
    writes.world.door(writes.leader, "writer").ask(at("server", writes.leader), PutKey(key="k"), lambda _: None)
    assert writes.world.run_until(lambda: bool(leader.leading and leader.leading.proposals.open), 5)
    raft, last = leader.raft, leader.raft.last_index
    noop = Entry(last + 1, raft.term + 1, "noop", b"").packed
    successors = AppendEntries(
        term=raft.term + 1,
        leader=other,
        prev_index=last,
        prev_term=raft.last_term,
        entries=(noop,),
        commit=last,
        round=1,
    )
    address, rng = at("server", writes.leader), Random(1)
    said = Envelope(at("server", other), address, successors)
    turn = Turn(Life(leader, address, rng, rng.randbytes), writes.world.time, writes.world.time, said)
    leader.handle(successors, turn)
    assert turn.wrote
    said_then = [effect.envelope.body for effect in turn.effects if isinstance(effect, Send)]
    assert [type(body) for body in said_then if isinstance(body, Written | Refused)] == [Written]


@pytest.mark.parametrize("consistency", ["default", "consistent", "stale"])
@pytest.mark.parametrize("at_leader", [True, False])
def test_who_has_much_to_apply_answers_nothing_older_meanwhile(
    consistency: str, at_leader: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log of many entries is applied in many turns, between which the others are heard."""
    monkeypatch.setattr(applying, "APPLY_MOST", 3)
    three = Servers(snapshot_threshold=10_000)
    three.write(80)
    three.put("last", "written")
    for node in three.nodes:
        three.world.crash(node)
    for node in three.nodes:
        three.world.restart(node)

    def who() -> list[str]:
        nodes = ([three.leader()] if three.leader() else []) if at_leader else three.followers()
        return [node for node in nodes if three.leader() and three.server(node).raft.behind]

    three.until(who)
    node = who()[0]
    assert three.server(node).raft.commit_index - three.server(node).applied > 3
    answer = three.ask(node, GetKey(key="last", consistency=consistency))
    assert isinstance(answer, Entries)
    assert [entry.value for entry in answer.entries] == [b"written"]
    three.until(three.same)


def test_a_read_that_came_before_a_single_server_knew_what_is_committed_waits_until_all_of_it_is_applied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(applying, "APPLY_MOST", 3)
    one = Servers(servers=1, agents=0, snapshot_threshold=10_000)
    one.write(80)
    one.put("last", "written")
    node = one.leader()
    one.world.crash(node)
    one.world.restart(node)
    one.until(one.leader)
    assert not one.server(node).raft.ready
    since = one.world.time
    answer = one.ask(node, GetKey(key="last"))
    assert isinstance(answer, Entries)
    assert [entry.value for entry in answer.entries] == [b"written"]
    assert one.world.time - since < HEARTBEAT_S * 1e9, "nothing but heartbeats moved it on"
