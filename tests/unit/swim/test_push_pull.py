"""Push/pull: two views become one."""

from dataclasses import replace

import pytest

from lictor_actors.swim.profile import LAN
from lictor_messages.codec import FRAME_MAX, pack, unpack_body
from lictor_messages.members import FireEvent, Join, Joined, UserEvent
from lictor_messages.swim import CompareViews, PushPull, PushPullAnswer

RIDES = ("swim.ping", "swim.ack")


def test_both_sides_learn_what_the_other_knows(net):
    net.add("n0")
    net.gossip("n0", net.alive("a", 1))
    net.add("n1")
    net.gossip("n1", net.alive("b", 1))
    net.ask("n1", Join(addresses=("n0",)))
    net.run(1)
    assert {net.status(name, other) for name in ("n0", "n1") for other in ("n0", "n1", "a", "b")} == {"alive"}


def test_the_newcomer_is_located_before_it_is_answered(net):
    net.add("n0")
    net.add("n1", "n0")
    net.run(0.1)
    assert net.sent_to("n1", PushPullAnswer)
    assert net.converged()


def test_a_newcomer_spreads_only_itself(cluster):
    """What it learns from its first partner is known already to those it could tell."""
    net = cluster(20)
    late = net.add("late", "n0")
    net.until(lambda: late.alive_count == 21, within=1, step=0.001)
    assert len(late.pool.gossiper.queue) == 1


def test_two_clusters_that_join_become_one(net):
    for side in "ab":
        net.add(f"{side}0")
        for i in range(1, 10):
            net.add(f"{side}{i}", f"{side}0")
    net.run(10)
    net.ask("a5", Join(addresses=("b7:8301",)))
    net.until(net.converged, within=8)
    assert net.prober("a1").alive_count == 20


def test_a_view_that_is_too_large_for_a_frame_comes_in_parts(net):
    small = replace(LAN, push_pull_bytes=20_000)
    net.add("n0", profile=small)
    net.gossip("n0", *(net.alive(f"x{n}", 1, tags={"t": "v" * 200}) for n in range(300)))
    net.drops.append(lambda e: e.body.kind == "swim.gossip")
    late = net.add("late", "n0", profile=small)
    net.run(0.1)
    answers = net.sent_to("late", PushPullAnswer)
    assert len(answers) > 3
    assert [a.last for a in answers] == [False] * (len(answers) - 1) + [True]
    assert late.alive_count == 302
    assert LAN.push_pull_bytes < FRAME_MAX - 16_384
    assert all(len(pack(e)) < 22_000 for _, e in net.sent if isinstance(e.body, PushPullAnswer))


def test_a_large_view_is_also_asked_with_in_parts(net):
    small = replace(LAN, push_pull_bytes=5_000)
    net.add("n0", profile=small)
    net.gossip("n0", *(net.alive(f"x{n}", 1) for n in range(100)))
    net.add("n1", profile=small)
    net.drops.append(lambda e: e.body.kind == "swim.gossip")
    net.ask("n0", Join(addresses=("n1",)))
    net.run(0.1)
    assert len(net.sent_by("n0", PushPull)) > 2
    assert net.nodes["n0.dc1"].answers == [Joined(count=1)]
    assert net.prober("n1").alive_count == 102


def test_newcomers_do_not_meet_the_dead(net):
    net.add("n0")
    net.gossip("n0", net.alive("x", 1))
    net.bury("n0", "x", 1)
    net.add("n1", "n0")
    net.run(1)
    assert net.status("n1", "x") == "unknown"


def test_newcomers_meet_suspects(net):
    net.add("n0")
    net.gossip("n0", net.alive("x", 1), net.suspect("x", 1))
    late = net.add("n1", "n0")
    net.run(0.1)
    assert late.members.get("x.dc1").state.value == "suspect"


def test_suspects_are_suspects_on_both_sides_by_push_pull_alone(net):
    for name, suspect in (("n0", "x"), ("n1", "y")):
        net.add(name)
        net.gossip(name, net.alive(suspect, 1), net.suspect(suspect, 1))
    net.drops.append(lambda e: e.body.kind not in ("swim.push_pull", "swim.push_pull_answer"))
    net.ask("n1", Join(addresses=("n0",)))
    net.run(0.1)
    states = [net.prober(n).members.get(f"{x}.dc1").state.value for n in ("n0", "n1") for x in ("x", "y")]
    assert states == ["suspect"] * 4


def test_a_join_exchanges_no_events_and_later_exchanges_do(net):
    """What happened before one joined is not its business, and what happened to it alone is not the cluster's."""
    net.add("n0")
    net.add("n1")
    for name in ("n0", "n1"):
        net.ask(name, FireEvent(id=f"of {name}", name="deploy"))
    net.ask("n1", Join(addresses=("n0",)))
    net.until(net.converged, within=1, step=0.001)
    assert [events_in(net, kind) for kind in (PushPull, PushPullAnswer)] == [0, 0]
    net.run(60)
    assert events_in(net, PushPull)


def events_in(net, kind):
    updates = [unpack_body(data) for _, e in net.sent if isinstance(e.body, kind) for data in e.body.updates]
    return len([update for update in updates if isinstance(update, UserEvent)])


def test_events_missed_by_gossip_arrive_by_push_pull(cluster):
    net = cluster(3)
    net.drops.append(lambda e: e.target.endswith("n2.dc1") and e.body.kind == "swim.gossip")
    net.drops.append(lambda e: e.target.endswith("n2.dc1") and e.body.kind in RIDES and e.body.updates != ())
    net.ask("n0", FireEvent(id="e1", name="deploy"))
    net.run(60)
    assert [e.id for e in net.told("n2", UserEvent)] == ["e1"]


def test_an_event_that_gossip_told_nobody_arrives_as_soon_as_an_ack_shows_the_difference(cluster):
    """In a small cluster each update is sent four times: now and then that misses somebody."""
    net = cluster(4)
    net.drops.append(lambda e: e.body.kind == "swim.gossip")
    net.drops.append(lambda e: e.body.kind in RIDES and e.body.updates != ())
    net.ask("n0", FireEvent(id="e1", name="deploy"))
    net.run(6)
    assert [[e.id for e in net.told(f"n{n}", UserEvent)] for n in range(4)] == [["e1"]] * 4


@pytest.mark.slow
def test_exchanges_of_a_cluster_do_not_fall_together(cluster):
    net = cluster(30)
    net.run(200)
    net.sent.clear()
    net.run(90)
    seconds = [at // 1_000_000_000 for at, e in net.sent if isinstance(e.body, CompareViews)]
    assert len(seconds) >= 15
    assert max(seconds.count(second) for second in seconds) <= 8


def test_equal_views_are_never_exchanged_early(cluster):
    net = cluster(10)
    net.sent.clear()
    net.run(10)
    assert len([e for _, e in net.sent if isinstance(e.body, CompareViews)]) <= 6
