"""A flood of gossip: what waits, what goes first, what is dropped, and what does not wait behind it."""

import pytest

from lictor_actors.swim.handoff import AT_ONCE, DEPTH
from lictor_messages.codec import pack_body
from lictor_messages.members import MemberJoined, UserEvent
from lictor_messages.swim import Ack, Gossip, Ping

WINDOW_S = 0.01


@pytest.fixture
def n0(net):
    prober = net.add("n0")
    net.gossip("n0", *(net.alive(f"x{n}", 1) for n in range(20)))
    net.run(1)
    return prober


def alive(net, n, start=0):
    return tuple(net.alive(f"y{i}", 1) for i in range(start, start + n))


def suspicions(net, n):
    return tuple(net.suspect(f"x{i % 20}", 1, accuser=f"a{i}") for i in range(n))


def events(n):
    return tuple(pack_body(UserEvent(id=f"e{i}", name="e", ltime=1 + i // 100)) for i in range(n))


def test_as_much_as_there_is_time_for_is_weighed_at_once(net, n0):
    net.hear("n0", Gossip(updates=alive(net, AT_ONCE)))
    assert n0.alive_count == 21 + AT_ONCE
    assert n0.pool.handoff.waiting == 0
    net.hear("n0", Gossip(updates=alive(net, 1, start=AT_ONCE)))
    assert n0.pool.handoff.waiting == 1
    net.run(WINDOW_S)
    assert n0.alive_count == 22 + AT_ONCE


def test_what_is_known_takes_no_time(net, n0):
    known = alive(net, AT_ONCE)
    for _ in range(20):
        net.hear("n0", Gossip(updates=known))
    assert n0.pool.handoff.waiting == 0


@pytest.mark.parametrize("named", ["alive", "verdict", "news"])
@pytest.mark.slow
def test_a_flood_fills_its_own_queue_and_the_rest_is_dropped_and_counted(net, n0, named):
    made = {"alive": alive(net, 5000), "verdict": suspicions(net, 5000), "news": events(5000)}[named]
    for start in range(0, 5000, 100):
        net.hear("n0", Gossip(updates=made[start : start + 100]))
    assert n0.pool.handoff.waiting == DEPTH
    weighed = 2 * 100  # the third hundred did not fit into what there is time for
    assert net.counters[f"gossip_handoff_dropped_{named}"] == 5000 - weighed - DEPTH
    net.run(1)
    assert n0.pool.handoff.waiting == 0


def test_records_of_the_living_go_first_then_verdicts_then_news(net, n0):
    net.hear("n0", Gossip(updates=events(AT_ONCE + 100)))
    net.hear("n0", Gossip(updates=suspicions(net, 100)))
    net.hear("n0", Gossip(updates=alive(net, AT_ONCE - 20)))
    net.run(WINDOW_S)
    assert len(net.told("n0", MemberJoined)) == 21 + AT_ONCE - 20
    assert len({peer.node for peer in n0.members.others.values() if peer.suspicion}) in range(1, 21)
    assert net.told("n0", UserEvent) == []
    net.run(1)
    assert len(net.told("n0", UserEvent)) == AT_ONCE + 100


def test_a_ping_is_answered_in_the_middle_of_a_flood(net, n0):
    for start in range(0, 3000, 100):
        net.hear("n0", Gossip(updates=alive(net, 100, start)))
    net.hear("n0", Ping(seq=5), source="prober@x1.dc1")
    assert [ack.seq for ack in net.sent_to("x1", Ack)] == [5]
    assert n0.pool.handoff.waiting == DEPTH


def test_what_was_dropped_is_weighed_when_it_comes_again(net, n0):
    made = alive(net, 3000)
    net.hear("n0", Gossip(updates=made))
    net.run(1)
    assert n0.alive_count == 21 + DEPTH
    for _ in range(3):
        net.hear("n0", Gossip(updates=made))
        net.run(1)
    assert n0.alive_count == 21 + 3000


def test_one_who_is_waiting_to_be_weighed_waits_once(net, n0):
    made = alive(net, AT_ONCE + 10)
    net.hear("n0", Gossip(updates=made))
    net.hear("n0", Gossip(updates=made))
    assert n0.pool.handoff.waiting == AT_ONCE + 10
    assert not any(name.startswith("gossip_handoff_dropped") for name in net.counters)
