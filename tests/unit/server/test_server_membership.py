"""Servers that come, go, move, lose their disks and hand over, as gossip and autopilot see to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers_in_world import Servers

from lictor_actors.bus.rules import Rules
from lictor_actors.node.tree import tree
from lictor_actors.raft import Role
from lictor_actors.roles.prober.prober import Prober
from lictor_messages.agent import Accepted, LeaveCluster, RegisterService
from lictor_messages.answers import Written
from lictor_messages.autopilot import PrepareToLeave, ReadyToLeave, RemovePeer, TransferLeadership
from lictor_messages.catalog import SERF_HEALTH, ListNodes, ServiceRecord
from lictor_messages.envelope import at
from lictor_messages.faults import FaultRule
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.members import Leave
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered, HttpAsked


@pytest.fixture
def three() -> Iterator[Servers]:
    made = Servers()
    made.until(lambda: len(made.voters()) == 3)
    yield made
    assert made.world.crashes == []


# -- founding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_cluster_is_founded_once_and_all_expected_servers_vote(seed):
    five = Servers(servers=5, agents=0, seed=seed)
    five.until(lambda: len(five.voters()) == 5, 30)
    assert {five.server(node).raft.term_at(1) for node in five.nodes} == {1}


def test_a_wiped_server_does_not_found_the_cluster_again(three):
    """It sees as many servers as it expects, and its disk holds nothing: just as on the first day."""
    three.put("k", "v")
    wiped = three.followers()[0]
    three.world.crash(wiped)
    leader = three.leader()
    three.world.crash(three.followers()[0])
    three.world.crash(leader)
    three.world.restart(wiped, keep_disk=False)
    other = next(node for node in three.nodes if node not in (wiped, leader))
    three.world.restart(other)
    three.world.run(20)
    assert not three.leader(), "two servers, one of them without memory, are no majority"
    three.world.restart(leader)
    three.until(three.leader)
    assert three.ask(three.leader(), GetKey(key="k")).entries[0].value == b"v"
    three.until(three.same)


# -- joining ----------------------------------------------------------------------------------------------------------


def test_a_new_server_is_a_non_voter_first_and_votes_once_it_is_stable(three):
    three.world.run(15)  # a young leader takes what it sees for stable
    three.write(150)
    new = three.add("server-4", "10.0.9.4")
    three.until(lambda: new in three.server(three.leader()).raft.members.nonvoters)
    began = three.world.time
    three.until(lambda: new in three.voters())
    assert three.world.time - began >= 10_000_000_000
    three.until(three.same)
    assert three.server(new).raft.admitted


def test_a_wiped_server_rejoins_as_a_new_one_and_votes_again(three):
    three.write(150)
    wiped = three.followers()[0]
    three.world.run(15)
    three.world.restart(wiped, keep_disk=False)
    three.until(lambda: wiped in three.server(three.leader()).raft.members.nonvoters)
    three.until(lambda: wiped in three.voters())
    row = three.server(three.leader()).raft.members.row(wiped)
    assert row.identity
    three.until(three.same)
    # It counts again: the cluster survives the loss of another one.
    three.world.crash(next(node for node in three.followers() if node != wiped))
    three.put("k", "v")


def test_a_server_that_comes_back_under_another_id_before_gossip_missed_it_has_its_name(three):
    """The catalog kept the name for the old id, whose serfHealth never failed: every registration was refused."""
    wiped = three.followers()[0]
    spec = next(spec for spec in three.specs if spec.node == wiped)
    fresh = spec.model_copy(update={"id": "11111111-2222-3333-4444-555555555555"})
    three.world.machines[wiped].become(tree(fresh))
    three.world.restart(wiped, keep_disk=False)

    def held() -> list[str]:
        return [node.id for node in three.ask(three.leader(), ListNodes()).nodes if node.node == spec.name]

    three.until(lambda: held() == [fresh.id], 20)
    web = ServiceRecord(node=spec.name, id="web", service="web", port=80)
    three.world.ask(wiped, f"agent@{wiped}", RegisterService(service=web))
    three.until(lambda: three.server(three.leader()).store.catalog.service(spec.name, "web"), 20)
    three.until(
        lambda: three.server(three.leader()).store.catalog.check(spec.name, SERF_HEALTH).status == "passing", 20
    )


def test_a_lone_server_that_restarts_keeps_the_nodes_that_its_gossip_has_not_found_yet():
    one = Servers(servers=1, agents=1)
    leader = one.leader()
    one.write(150)  # its store is there at once, from a snapshot
    one.isolate(leader)
    one.world.restart(leader)

    def lost() -> bool:
        return bool(one.leader()) and one.server(leader).raft.ready and "agent-1" not in nodes()

    def nodes() -> list[str]:
        return list(one.server(leader).store.catalog.nodes)

    assert not one.world.run_until(lost, 10)
    assert one.server(leader).raft.ready


def test_a_server_whose_address_changed_goes_on(three):
    moved = three.followers()[0]
    three.put("before", "1")
    three.world.stop(moved)
    three.world.run(8)
    spec = next(spec for spec in three.specs if spec.node == moved)
    machine = three.world.machines[moved]
    three.specs.remove(spec)
    three.add(spec.name, "10.0.77.7", id=spec.id, bootstrap_expect=spec.bootstrap_expect)
    three.world.machines[moved].disk = machine.disk
    three.world.restart(moved)
    three.put("after", "2")
    three.until(three.same)
    leader = three.server(three.leader())
    assert leader.members[moved].address == "10.0.77.7"
    three.until(lambda: moved in three.voters())
    assert leader.raft.members.row(moved).identity == ""  # its disk remembers: it is who it was


# -- leaving ----------------------------------------------------------------------------------------------------------


def test_a_follower_that_leaves_is_taken_out_of_the_configuration(three):
    leaver = three.followers()[0]
    three.world.ask(leaver, f"prober@{leaver}", Leave(), 30)
    three.until(lambda: leaver not in three.voters())
    three.world.stop(leaver)
    three.put("k", "v")
    assert len(three.voters()) == 2


def test_a_leader_that_prepares_to_leave_hands_over_and_takes_no_writes(three):
    old = three.leader()
    began = three.world.time
    assert isinstance(three.ask(old, PrepareToLeave()), ReadyToLeave)
    assert three.server(old).raft.role is Role.FOLLOWER
    three.until(lambda: three.leader() not in ("", old), 1)
    assert three.world.time - began < 500_000_000
    three.put("k", "v")


def test_a_follower_and_a_single_server_may_leave_at_once(three):
    assert isinstance(three.ask(three.followers()[0], PrepareToLeave()), ReadyToLeave)
    one = Servers(servers=1, agents=0)
    assert isinstance(one.ask(one.leader(), PrepareToLeave()), ReadyToLeave)
    refused = one.ask(one.leader(), PutKey(key="k", value=b"v"))
    assert isinstance(refused, Refused)
    assert refused.code == "Stopping"


# -- the operator -----------------------------------------------------------------------------------------------------


def test_leadership_goes_where_the_operator_wants_it(three):
    old, target = three.leader(), three.followers()[1]
    spec = next(spec for spec in three.specs if spec.node == target)
    assert isinstance(three.ask(old, TransferLeadership(id=spec.id)), Written)
    three.until(lambda: three.leader() == target, 2)


def test_leadership_goes_to_nobody_unknown_and_never_from_a_single_server(three):
    refused = three.ask(three.leader(), TransferLeadership(id="nobody"))
    assert isinstance(refused, Refused)
    assert "nobody" in refused.words
    one = Servers(servers=1, agents=0)
    refused = one.ask(one.leader(), TransferLeadership())
    assert "cannot find peer" in refused.words


def test_a_transfer_to_a_server_that_is_cut_off_is_refused_after_an_election_timeout(three):
    old, target = three.leader(), three.followers()[0]
    three.isolate(target)
    three.put("k", "v")
    refused = three.ask(old, TransferLeadership(id=target))
    assert isinstance(refused, Refused)
    assert "transfer failed" in refused.words
    three.put("k", "w")


def test_a_dead_peer_is_removed_by_id_or_by_address(three):
    dead = three.followers()[0]
    spec = next(spec for spec in three.specs if spec.node == dead)
    three.world.crash(dead)
    assert isinstance(three.ask(three.leader(), RemovePeer(address=f"{spec.address}:8300")), Written)
    assert dead not in three.voters()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (RemovePeer(id="x"), 'id "x" was not found in the Raft configuration'),
        (RemovePeer(address="1.2.3.4:1"), 'address "1.2.3.4:1" was not found in the Raft configuration'),
    ],
)
def test_an_unknown_peer_is_refused_in_consuls_words(three, asked, words):
    assert three.ask(three.leader(), asked).words == words


def test_a_removed_server_that_lives_is_added_again(three):
    removed = three.followers()[0]
    three.ask(three.leader(), RemovePeer(id=removed))
    assert removed not in three.voters()
    three.world.run(5)
    assert removed not in three.voters(), "an operator sees that it was removed"
    three.until(lambda: removed in three.voters())


# -- under load -------------------------------------------------------------------------------------------------------


def test_rolling_restarts_lose_nothing(three):
    written = 0
    for node in three.nodes * 2:
        three.world.restart(node)
        for _ in range(20):
            three.put(f"k{written}", "v")
            written += 1
        three.until(lambda: three.same() and len(three.up()) == 3)
    leader = three.leader()
    assert all(three.ask(leader, GetKey(key=f"k{number}")).entries for number in range(written))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.slow
def test_membership_changes_between_partitions_under_load(seed):
    """Servers are cut off, wiped and removed while others join; every acknowledged write is there in the end."""
    five = Servers(servers=5, agents=0, seed=seed)
    five.until(lambda: len(five.voters()) == 5, 30)
    written = 0
    for step in range(6):
        victim = five.nodes[(seed + step) % 5]
        match step % 3:
            case 0:
                five.isolate(victim)
            case 1:
                five.heal()
                five.world.restart(victim, keep_disk=False)
            case 2:
                five.heal()
                five.ask(five.leader(), RemovePeer(id=victim))
        for _ in range(15):
            five.put(f"k{written}", "v", within_s=60)
            written += 1
        five.heal()
        five.until(lambda: five.leader() and len(five.voters()) == 5, 120)
    five.until(five.same)
    assert all(five.ask(five.leader(), GetKey(key=f"k{number}")).entries for number in range(written))
    assert five.ask(five.leader(), ListNodes()).nodes
    assert five.world.crashes == []


def test_a_leader_whose_node_leaves_hands_over_first(three):
    """`lictor leave` on the leader's node: no election time-out in between, and it is no voter afterwards."""
    old = three.leader()
    left = three.world.ask(old, f"agent@{old}", LeaveCluster(), 30)
    assert isinstance(left, Accepted)
    new = three.leader()
    assert new not in ("", old)
    three.until(lambda: old not in three.voters())
    three.put("k", "v")


@pytest.mark.parametrize("leads", [True, False])
def test_of_two_servers_one_may_leave_and_the_other_goes_on_alone(leads):
    """Its successor needs its vote, and its disk for the first entry, until the configuration is without it. Here the
    vote is lost, so gossip's goodbye has long been said when the successor asks again."""
    two = Servers(servers=2)
    leaver = two.leader() if leads else two.followers()[0]
    (stays,) = (node for node in two.nodes if node != leaver)
    answers: list[object] = []
    two.world.network.rules = Rules((FaultRule(id="1", kinds=("raft.vote",), effect="drop"),))
    two.world.door(leaver, "leaver").ask(at("agent", leaver), LeaveCluster(), answers.append)
    two.world.run(2)
    two.heal()
    two.until(lambda: answers)
    assert answers == [Accepted()]
    two.until(lambda: two.leader() == stays and two.voters() == [stays])
    two.put("k", "v")


def test_the_last_server_that_is_left_leaves_after_a_while(three):
    leaver, *others = three.nodes
    for node in others:
        three.world.kill(node)
    assert isinstance(three.world.ask(leaver, f"agent@{leaver}", LeaveCluster(), 30), Accepted)


def test_a_server_that_goes_down_while_its_node_waits_for_its_removal_does_not_keep_the_node(three):
    leaver, *others = three.nodes
    for node in others:
        three.world.kill(node)
    answers: list[object] = []
    three.world.door(leaver, "leaver").ask(at("agent", leaver), LeaveCluster(), answers.append)
    three.world.run(4)
    three.world.handle_actor("crash", leaver, "server")
    three.until(lambda: answers, 20)
    assert answers == [Accepted()]


def test_a_node_whose_server_is_down_leaves_all_the_same(three):
    node = three.followers()[0]
    three.world.handle_actor("crash", node, "server")
    assert isinstance(three.world.ask(node, f"agent@{node}", LeaveCluster(), 30), Accepted)


def test_a_node_of_another_datacenter_is_not_let_in_and_neither_lets_anybody_in(three):
    far = three.add("far", "10.0.9.9", dc="dc2", server=False)
    three.world.run(10)
    asked = HttpAsked(method="PUT", target="/v1/agent/join/10.0.9.9")
    answer = three.world.ask("agent-1.dc1", at("gateway", "agent-1.dc1"), asked, 30)
    assert isinstance(answer, HttpAnswered)
    words = b"agent-1.dc1 belongs to datacenter 'dc1' and far.dc2 to 'dc2'"
    assert (answer.status, words in answer.body) == (500, True)
    three.world.run(10)
    for node in (*three.nodes, "agent-1.dc1", far):
        prober = three.world.actor(at("prober", node))
        assert isinstance(prober, Prober)
        assert prober.alive_count == (1 if node == far else 4)
