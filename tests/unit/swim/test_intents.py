"""Leaves that are heard before, or long after, the record of the one that leaves."""

import pytest

from lictor_actors.swim.profile import LAN
from lictor_messages.codec import pack_body
from lictor_messages.members import ForceLeave, MemberJoined, MemberLeft
from lictor_messages.swim import Gossip, LeaveIntent


@pytest.fixture
def n0(net):
    return net.add("n0")


def leave(node, incarnation, prune=False):
    return pack_body(LeaveIntent(node=f"{node}.dc1", incarnation=incarnation, prune=prune))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (leave("x", 5), "leaving"),
        (leave("x", 4), "alive"),
        (leave("x", 5, prune=True), "unknown"),
        (leave("x", 4, prune=True), "alive"),
    ],
)
def test_a_leave_that_comes_before_the_record_holds_for_it(net, n0, said, expected):
    net.gossip("n0", said)
    net.gossip("n0", net.alive("x", 5))
    assert net.status("n0", "x") == expected


def test_one_that_has_left_is_not_met_by_an_old_record_and_its_bearer_is_told(net, n0):
    net.gossip("n0", net.alive("bearer", 1))
    gone = net.dead("x", 7, accuser="x")
    net.gossip("n0", gone)
    net.sent.clear()
    net.gossip("n0", net.alive("x", 6), source="prober@bearer.dc1")
    assert net.status("n0", "x") == "unknown"
    assert gone in net.sent_to("bearer", Gossip)[0].updates
    assert net.counters["gossip_records_of_those_who_left"] == 1
    net.gossip("n0", net.alive("x", 8))
    assert net.status("n0", "x") == "alive"


def test_a_forgotten_member_does_not_come_back_by_a_record_that_was_on_its_way(cluster):
    net = cluster(4)
    net.crash("n3")
    net.until(lambda: all(net.status(f"n{i}", "n3") == "failed" for i in range(3)), within=60)
    old = net.prober("n0").members.get("n3.dc1").record
    net.ask("n0", ForceLeave(node="n3", prune=True))
    net.run(3)
    net.gossip("n1", old)
    net.run(3)
    assert {net.status(f"n{i}", "n3") for i in range(3)} == {"unknown"}
    net.start("n3")
    net.until(net.converged, within=10)


def test_the_word_of_a_death_is_nobodys_leave(net, n0):
    net.gossip("n0", net.dead("x", 5))
    net.gossip("n0", net.alive("x", 5))
    assert net.status("n0", "x") == "alive"


def test_what_is_kept_is_kept_for_five_minutes(net, n0):
    net.gossip("n0", leave("x", 5, prune=True))
    net.run(299)
    net.gossip("n0", net.alive("x", 5))
    assert net.status("n0", "x") == "unknown"
    net.run(2)
    net.gossip("n0", net.alive("x", 5))
    assert net.status("n0", "x") == "alive"
    assert net.counters["gossip_intents_expired"] == 1


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (leave("x", 5), leave("x", 5, prune=True), True),
        (leave("x", 5, prune=True), leave("x", 5), True),
        (leave("x", 9), leave("x", 5, prune=True), False),
    ],
)
def test_of_several_intents_the_strongest_is_kept(net, n0, first, second, kept):
    net.gossip("n0", first, second)
    assert len(n0.pool.membership._intents) == 1
    net.gossip("n0", net.alive("x", 5))
    assert (net.status("n0", "x") == "unknown") == kept


@pytest.mark.parametrize("accusation", ["suspect", "dead"])
def test_a_leave_does_not_hold_for_what_is_said_of_a_later_life(net, n0, accusation):
    net.gossip("n0", net.alive("x", 5), leave("x", 5))
    net.gossip("n0", getattr(net, accusation)("x", 6, accuser="y"))
    assert net.status("n0", "x") == "alive"
    net.run(60)
    assert net.status("n0", "x") == "failed"


@pytest.mark.slow
def test_churn_elsewhere_fills_neither_memory_nor_queue(net, n0):
    """Consul's #9927: twenty thousand nodes that came and went, and 160 thousand intents in the others' queues."""
    net.gossip("n0", net.alive("other", 1))
    for n in range(3 * LAN.broadcasts_max):
        net.gossip("n0", leave(f"x{n}", 1), leave(f"x{n}", 1))
    assert len(n0.pool.membership._intents) == LAN.broadcasts_max
    assert net.counters["gossip_intents_dropped"] == 2 * LAN.broadcasts_max
    assert net.counters["gossip_intents_repeated"] > 2 * LAN.broadcasts_max
    assert len(n0.pool.gossiper.queue) <= 2
    assert net.told("n0", MemberJoined)[2:] == net.told("n0", MemberLeft) == []
