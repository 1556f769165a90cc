from lictor_actors.swim.lamport import RING, LamportClock
from lictor_messages.codec import pack_body
from lictor_messages.members import EventFired, FireEvent, UserEvent
from lictor_messages.refusals import Refused


def event(ltime, id="e", name="deploy"):
    return pack_body(UserEvent(id=id, name=name, ltime=ltime))


def ids(net, name):
    return [e.id for e in net.told(name, UserEvent)]


def test_a_lamport_clock_runs_ahead_of_all_it_has_heard():
    clock = LamportClock()
    assert clock.tick() == 1
    clock.witness(7)
    clock.witness(3)
    assert clock.tick() == 8


def test_an_event_reaches_every_node_once(cluster):
    net = cluster(20)
    net.ask("n3", FireEvent(id="e1", name="deploy", payload=b"v2", node_filter="web"))
    assert net.nodes["n3.dc1"].answers == [EventFired(id="e1")]
    net.run(5)
    assert [ids(net, f"n{i}") for i in range(20)] == [["e1"]] * 20
    assert net.told("n9", UserEvent)[0].payload == b"v2"
    assert net.told("n9", UserEvent)[0].node_filter == "web"


def test_events_are_ordered_by_what_their_sender_had_heard(cluster):
    net = cluster(4)
    net.ask("n0", FireEvent(id="first", name="a"))
    net.run(2)
    net.ask("n1", FireEvent(id="second", name="b"))
    net.run(2)
    first, second = net.told("n2", UserEvent)
    assert (first.id, second.id) == ("first", "second")
    assert first.ltime < second.ltime


def test_two_events_of_one_time_both_arrive_and_a_repeat_does_not(net):
    prober = net.add("n0")
    net.gossip("n0", event(5, "a"), event(5, "b"), event(5, "a"))
    prober.pool.updates._processed.forget(event(5, "a"))
    net.gossip("n0", event(5, "a"))
    assert ids(net, "n0") == ["a", "b"]


def test_an_event_too_old_for_the_ring_is_dropped(net):
    net.add("n0")
    net.gossip("n0", event(1000, "new"), event(1000 - RING, "old"), event(1001 - RING, "just"))
    assert ids(net, "n0") == ["new", "just"]


def test_a_newcomer_is_spared_what_happened_before(cluster):
    net = cluster(3)
    net.ask("n0", FireEvent(id="before", name="a"))
    net.run(3)
    net.add("late", "n0")
    net.run(120)
    net.ask("n1", FireEvent(id="after", name="a"))
    net.run(3)
    assert ids(net, "late") == ["after"]


def test_an_event_that_is_too_large_is_refused(net):
    net.add("n0")
    net.ask("n0", FireEvent(id="e", name="n", payload=b"x" * 512))
    (refused,) = net.nodes["n0.dc1"].answers
    assert isinstance(refused, Refused)
    assert refused.row.status == 400
    assert ids(net, "n0") == []
