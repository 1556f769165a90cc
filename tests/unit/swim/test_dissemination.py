"""Gossip: who is told, how often, and that a quiet cluster says nothing."""

from dataclasses import replace

import pytest

from lictor_actors.swim.profile import LAN
from lictor_messages.codec import pack_body
from lictor_messages.members import UserEvent
from lictor_messages.swim import Gossip, Ping


def test_nothing_to_tell_means_no_timer(cluster):
    net = cluster(6)
    assert all("gossip" not in node.timers for node in net.nodes.values())
    net.sent.clear()
    net.run(30)
    assert [e for _, e in net.sent if isinstance(e.body, Gossip)] == []


def test_each_node_sends_an_update_as_often_as_the_limit_says(cluster):
    net = cluster(40)
    net.sent.clear()
    update = net.alive("x", 1)
    net.gossip("n0", update)
    net.run(10)
    times = [e.source for _, e in net.sent if update in getattr(e.body, "updates", ())]
    assert all(times.count(f"prober@n{i}.dc1") <= LAN.retransmit_limit(41) + 2 for i in range(40))
    assert all(net.status(f"n{i}", "x") != "unknown" for i in range(40))


@pytest.mark.slow
def test_every_member_of_a_small_pool_hears_every_update(cluster):
    """Of members that are drawn anew for each tick one is passed over."""
    net = cluster(5, replace(LAN, probe_interval=10**13))
    for number in range(1, 801):
        net.gossip("n0", pack_body(UserEvent(id=f"e{number}", name="deploy", ltime=number)))
        net.run(0.8)
        assert [len(net.told(f"n{i}", UserEvent)) for i in range(5)] == [number] * 5


def test_updates_ride_on_pings_and_acks(cluster):
    net = cluster(6)
    net.drops.append(lambda e: isinstance(e.body, Gossip))
    net.gossip("n0", net.alive("x", 1))
    net.run(10)
    assert all(net.status(f"n{i}", "x") != "unknown" for i in range(6))


def test_the_recently_dead_are_told_and_those_who_left_are_not(net):
    net.add("n0")
    net.gossip("n0", *(net.alive(name, 1) for name in ("dead", "left")))
    net.gossip("n0", net.dead("left", 1, "left"))
    net.bury("n0", "dead", 1)
    net.sent.clear()
    net.gossip("n0", net.alive("x", 1))
    net.run(3)
    told = {e.target for _, e in net.sent if isinstance(e.body, Gossip)}
    assert told == {"prober@dead.dc1", "prober@x.dc1"}


def test_the_long_dead_are_not_told(net):
    net.add("n0")
    net.gossip("n0", net.alive("dead", 1))
    net.bury("n0", "dead", 1)
    net.run(31)
    net.sent.clear()
    net.gossip("n0", net.alive("x", 1))
    net.run(3)
    assert {e.target for _, e in net.sent if isinstance(e.body, Gossip)} == {"prober@x.dc1"}


def test_with_nobody_to_tell_the_queue_empties(net):
    prober = net.add("n0")
    net.gossip("n0", net.alive("x", 1), net.dead("x", 1, "x"))
    net.run(2)
    assert not prober.pool.gossiper.queue


def test_messages_keep_to_the_budget(net):
    net.add("n0")
    for n in range(500):
        net.gossip("n0", net.alive(f"x{n}", 1, tags={"long": "t" * 100}))
    net.run(1)
    sizes = [sum(map(len, e.body.updates)) for _, e in net.sent if isinstance(e.body, Gossip | Ping)]
    assert max(sizes) <= LAN.packet_bytes + 1024
    assert max(sizes) > LAN.packet_bytes // 2


def test_a_tick_that_comes_late_puts_off_the_next(cluster):
    """Less is sent by a node whose mail waits, and all of it in the end."""
    net = cluster(6)
    net.gossip("n0", net.alive("x", 1))
    net.pause("n0")
    net.run(1)
    net.sent.clear()
    net.resume("n0")
    net.run(0.9)
    assert len(net.sent_by("n0", Gossip)) == LAN.gossip_nodes
    net.run(20)
    assert len(net.sent_by("n0", Gossip)) > 2 * LAN.gossip_nodes
    assert all("gossip" not in node.timers for node in net.nodes.values())
