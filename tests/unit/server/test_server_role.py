"""The server role in the world: three servers, real Raft, store, gossip and agents, virtual time."""

from __future__ import annotations

import orjson
import pytest

from lictor_actors.bus.rules import Rules
from lictor_actors.consul.status_json import status_json
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster, add_node, cluster_specs
from lictor_actors.raft import Role
from lictor_actors.roles.server.server import Server
from lictor_messages.answers import Command, Query, Rendered, Written
from lictor_messages.catalog import ListChecksInState, ListNodes
from lictor_messages.envelope import Envelope, at
from lictor_messages.faults import FaultRule
from lictor_messages.kv import DeleteKey, Entries, GetKey, ListKeys, PutKey, ReapTombstones
from lictor_messages.members import Leave
from lictor_messages.refusals import Refused
from lictor_messages.status import GetLeader, GetRaftConfiguration, ListDatacenters, ListPeers

SECOND = 1_000_000_000


class Three:
    """A cluster of servers and agents that has settled."""

    def __init__(self, servers: int = 3, agents: int = 1, seed: int = 7) -> None:
        self.world = World(seed=seed)
        self.specs = add_cluster(self.world, servers, agents)
        assert self.world.run_until(self.settled, 30), "the cluster did not settle"

    def server(self, name: str) -> Server:
        actor = self.world.actor(f"server@{name}")
        assert isinstance(actor, Server)
        return actor

    @property
    def servers(self) -> list[str]:
        return [s.node for s in self.specs if s.server]

    def settled(self) -> bool:
        up = [s for s in self.servers if isinstance(self.world.actor(f"server@{s}"), Server)]
        nodes = len(self.specs)
        return bool(self.leader()) and all(self.server(s).passing_nodes == nodes for s in up)

    def leader(self) -> str:
        leading = [
            s
            for s in self.servers
            if isinstance(self.world.actor(f"server@{s}"), Server) and self.server(s).raft.role is Role.LEADER
        ]
        return max(leading, key=lambda s: self.server(s).raft.term, default="")

    def follower(self) -> str:
        return next(s for s in self.servers if s != self.leader())

    def ask(self, node: str, message, within_s: float = 10.0):
        return self.world.ask(node, at("server", node), message, within_s)

    def isolate(self, node: str) -> None:
        others = tuple(s.node for s in self.specs if s.node != node)
        self.rules(FaultRule(id="1", groups=((node,), others), effect="drop"))

    def rules(self, *rules: FaultRule) -> None:
        self.world.network.rules = Rules(rules)


@pytest.fixture
def three() -> Three:
    made = Three()
    yield made
    assert made.world.crashes == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (Command(), "UnknownRequest"),
        (Query(), "UnknownRequest"),
        (Query(min_index=5, rendered=True, consistency="stale"), "UnknownRequest"),
        (ReapTombstones(upto=10**6), "UnknownRequest"),
        (PutKey(key=""), "Invalid"),
        (PutKey(key="x", flags=-1), "Invalid"),
        (DeleteKey(key=""), "Invalid"),
    ],
    ids=repr,
)
def test_what_no_server_could_do_is_refused_before_it_reaches_the_log(three, message, code):
    """A command in the log that cannot be applied would stop every server, now and after each restart."""
    for server in three.servers:
        last = three.server(three.leader()).raft.last_index
        refused = three.ask(server, message)
        assert isinstance(refused, Refused)
        assert refused.code == code
        assert three.server(three.leader()).raft.last_index == last
    assert three.ask(three.leader(), PutKey(key="x", flags=2**64 - 1)).ok


def test_a_write_on_any_server_is_read_on_every_server(three):
    for number, server in enumerate(three.servers):
        assert three.ask(server, PutKey(key=f"k{number}", value=b"v")).ok
    for server in three.servers:
        for number in range(3):
            found = three.ask(server, GetKey(key=f"k{number}"))
            assert [e.value for e in found.entries] == [b"v"]


def test_a_rendered_answer_is_consuls_json_and_is_made_once(three):
    leader = three.leader()
    three.ask(leader, PutKey(key="k", value=b"v"))
    first = three.ask(leader, GetKey(key="k", rendered=True))
    second = three.ask(leader, GetKey(key="k", rendered=True))
    assert isinstance(first, Rendered)
    assert b'"Key":"k"' in first.body
    assert second.body is first.body
    missing = three.ask(leader, GetKey(key="none", rendered=True))
    assert not missing.found


def test_the_same_request_twice_is_one_write_with_one_outcome(three):
    leader = three.leader()
    world = three.world
    heard: list[Written] = []
    world.machines[leader].node.doors["twice"] = lambda e: heard.append(e.body)
    for _ in range(2):
        envelope = Envelope(
            f"twice@{leader}", f"server@{leader}", PutKey(key="k", value=b"v", cas=0), request="r1",
            reply_to=f"twice@{leader}",
        )  # fmt: skip
        world.ground.post(envelope)
    assert world.run_until(lambda: len(heard) == 2, 5)
    assert heard[0] == heard[1]
    assert heard[0].ok


def test_a_lost_compare_and_set_says_so_and_changes_nothing(three):
    leader = three.leader()
    three.ask(leader, PutKey(key="k", value=b"1"))
    assert not three.ask(leader, PutKey(key="k", value=b"2", cas=1)).ok
    assert not three.ask(leader, DeleteKey(key="k", cas=1)).ok
    assert three.ask(leader, GetKey(key="k")).entries[0].value == b"1"


def test_a_leader_without_its_quorum_refuses_writes_and_its_lease_ends(three):
    old = three.leader()
    three.ask(old, PutKey(key="k", value=b"before"))
    three.isolate(old)
    answer = three.ask(old, PutKey(key="k", value=b"lost"))
    assert isinstance(answer, Refused)
    assert answer.code == "LeadershipLost"
    assert not answer.row.definite
    for mode in ("default", "consistent"):
        refused = three.ask(old, GetKey(key="k", consistency=mode))
        assert isinstance(refused, Refused)
        assert refused.code in ("NoLeader", "NotLeader")
    stale = three.ask(old, GetKey(key="k", consistency="stale"))
    assert [e.value for e in stale.entries] == [b"before"]
    assert not stale.known_leader
    assert stale.last_contact_ms > 0


def test_the_majority_goes_on_and_the_minority_catches_up_after_healing(three):
    old = three.leader()
    three.isolate(old)
    assert three.world.run_until(lambda: three.leader() not in ("", old), 10)
    new = three.leader()
    assert three.ask(new, PutKey(key="k", value=b"new")).ok
    three.rules()
    assert three.world.run_until(lambda: three.server(old).raft.leader == new, 10)
    assert [e.value for e in three.ask(old, GetKey(key="k")).entries] == [b"new"]
    digests = lambda: {three.server(s).store.digest() for s in three.servers}  # noqa: E731
    assert three.world.run_until(lambda: len(digests()) == 1, 10)


def test_no_default_read_of_a_deposed_leader_is_stale(three):
    """The lease ends before anyone else can be elected: section 6.4.1 of the dissertation."""
    old = three.leader()
    three.ask(old, PutKey(key="k", value=b"old"))
    three.isolate(old)
    new_value_acked = False
    for _ in range(100):
        three.world.run(0.02)
        if not new_value_acked and three.leader() not in ("", old):
            new_value_acked = three.ask(three.leader(), PutKey(key="k", value=b"new")).ok
        answer = three.world.ask(old, at("server", old), GetKey(key="k"), 3)
        if new_value_acked and isinstance(answer, Entries):
            assert answer.entries[0].value == b"new"
    assert new_value_acked


def test_a_blocking_query_wakes_for_its_key_and_not_for_others(three):
    leader = three.leader()
    index = three.ask(leader, PutKey(key="k", value=b"1")).index
    answers = []
    three.world.machines[leader].node.doors["watcher"] = lambda e: answers.append(e.body)
    watch = Envelope(
        f"watcher@{leader}", f"server@{leader}", GetKey(key="k", min_index=index, wait_ns=60 * SECOND),
        request="w", reply_to=f"watcher@{leader}",
    )  # fmt: skip
    three.world.ground.post(watch)
    three.ask(leader, PutKey(key="other", value=b"1"))
    three.world.run(1)
    assert answers == []
    written = three.ask(leader, PutKey(key="k", value=b"2"))
    assert three.world.run_until(lambda: bool(answers), 1)
    assert answers[0].entries[0].value == b"2"
    assert answers[0].index == written.index > index


def test_a_blocking_query_that_nothing_wakes_answers_after_its_wait_and_its_jitter(three):
    leader = three.leader()
    index = three.ask(leader, PutKey(key="k", value=b"1")).index
    began = three.world.time
    answer = three.ask(leader, GetKey(key="k", min_index=index, wait_ns=16 * SECOND), within_s=30)
    assert answer.index == index
    assert 16 * SECOND <= three.world.time - began <= 17.1 * SECOND


def test_whoever_waits_at_a_leader_that_steps_down_is_sent_back(three):
    old = three.leader()
    index = three.ask(old, PutKey(key="k", value=b"1")).index
    three.isolate(old)
    answer = three.ask(old, GetKey(key="k", min_index=index, wait_ns=60 * SECOND), within_s=10)
    assert isinstance(answer, Refused)
    assert answer.code == "NotLeader"


def test_a_consistent_read_rests_on_a_round_even_where_a_lease_would_do(three):
    """A lease rests on clocks that do not drift much; who asks for consistent does not want to rest on them."""
    leader = three.leader()
    others = tuple(server for server in three.servers if server != leader)
    three.world.network.rules = Rules((FaultRule(id="1", groups=((leader,), others), effect="drop"),))
    assert isinstance(three.world.ask(leader, at("server", leader), GetKey(key="k"), 0.1), Entries)
    asked = GetKey(key="k", consistency="consistent")
    assert not isinstance(three.world.ask(leader, at("server", leader), asked, 0.1), Entries)


def test_a_server_that_has_applied_nothing_answers_nothing_not_even_stale():
    """It never heard a leader: what it holds is no state that the cluster ever had."""
    world = World(seed=1)
    spec = cluster_specs(1, 3, 0)[0]
    add_node(world, spec)
    world.run(5)
    answer = world.ask(spec.node, at("server", spec.node), GetKey(key="k", consistency="stale"))
    assert isinstance(answer, Refused)
    assert answer.code == "NoLeader"


def test_another_datacenter_is_refused_by_name(three):
    answer = three.ask(three.leader(), GetKey(key="k", dc="moon"))
    assert isinstance(answer, Refused)
    assert answer.words == "No path to datacenter"


def test_status_is_answered_by_any_server(three):
    leader = three.leader()
    for server in three.servers:
        assert three.ask(server, GetLeader()).node == leader
        assert len(three.ask(server, ListPeers()).addresses) == 3
        servers = three.ask(server, GetRaftConfiguration()).servers
        assert [s.node for s in servers if s.leader] == [leader.partition(".")[0]]


@pytest.mark.parametrize("query", [GetLeader, ListPeers, ListDatacenters, GetRaftConfiguration])
def test_status_is_the_same_json_from_a_server_and_over_http(three, query):
    leader = three.leader()
    typed, said = three.ask(leader, query()), three.ask(leader, query(rendered=True))
    assert said.index == typed.index
    assert orjson.loads(said.body) == status_json(typed)
    if query is GetRaftConfiguration:
        assert all(row["CommitIndex"] for row in orjson.loads(said.body)["Servers"])


def test_a_follower_tells_how_far_its_own_log_goes_and_claims_nothing_of_others(three):
    leader = three.leader()
    follower = next(server for server in three.servers if server != leader)
    three.world.run(1)

    def known(server: str) -> dict[str, bool]:
        rows = three.ask(server, GetRaftConfiguration(consistency="stale")).servers
        return {row.node: row.last_index > 0 for row in rows}

    names = [server.partition(".")[0] for server in three.servers]
    assert known(leader) == dict.fromkeys(names, True)
    assert known(follower) == {name: name == follower.partition(".")[0] for name in names}


def test_the_catalog_follows_gossip_failed_turns_critical_returned_passing_left_gone(three):
    agent = next(s for s in three.specs if not s.server)
    three.world.crash(agent.node)

    def status() -> list[str]:
        checks = three.ask(three.leader(), ListChecksInState(state="any")).checks
        return [c.status for c in checks if c.node == agent.name]

    assert three.world.run_until(lambda: status() == ["critical"], 60)
    three.world.restart(agent.node)
    assert three.world.run_until(lambda: status() == ["passing"], 30)
    three.world.ask(agent.node, f"prober@{agent.node}", Leave(), 30)

    def nodes() -> list[str]:
        return [n.node for n in three.ask(three.leader(), ListNodes()).nodes]

    assert three.world.run_until(lambda: agent.name not in nodes(), 60)


def test_all_servers_lose_power_and_every_acknowledged_write_is_back(three):
    leader = three.leader()
    for n in range(50):
        assert three.ask(leader, PutKey(key=f"k{n:02}", value=str(n).encode())).ok
    for server in three.servers:
        three.world.crash(server)
    for server in three.servers:
        three.world.restart(server)
    assert three.world.run_until(lambda: bool(three.leader()), 30)
    found = three.ask(three.leader(), ListKeys(prefix="k"))
    assert [e.value for e in found.entries] == [str(n).encode() for n in range(50)]


def test_a_single_server_bootstraps_itself():
    one = Three(servers=1, agents=0)
    assert one.ask(one.leader(), PutKey(key="k", value=b"v")).ok
    assert one.world.crashes == []
