"""When entries are applied: the answer to the leader goes first, and nobody waits for long."""

from __future__ import annotations

from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.cluster import add_cluster
from lictor_actors.kernel.effects import Send
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Entry, Role
from lictor_actors.roles.server import Server
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
    assert writes.world.run_until(lambda: bool(leader.proposals.open), 5)
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
