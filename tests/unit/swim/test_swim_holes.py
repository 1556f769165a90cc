"""Known holes of memberlist and Serf that are closed here, one test each."""

import pytest

from lictor_messages.codec import pack_body, unpack_body
from lictor_messages.members import MemberFailed, MemberJoined
from lictor_messages.swim import CompareViews, Gossip, LeaveIntent, PushPull, PushPullAnswer, ViewsCompared

S = 1_000_000_000


def test_incarnations_start_from_the_clock(net):
    prober = net.add("n0")
    assert prober.members.me.incarnation == net.wall // S


@pytest.mark.parametrize("clock_back", [0, 3600])
def test_a_restart_at_a_low_incarnation_is_heard(cluster, clock_back):
    """memberlist #311: everyone holds dead@100; the fresh node says alive@1 and is ignored for ever."""
    net = cluster(8)
    net.crash("n5")
    net.until(lambda: all(net.status(f"n{i}", "n5") == "failed" for i in range(8) if i != 5), within=30)
    net.run(60)
    net.wall -= clock_back * S + net.now
    net.start("n5")
    net.until(net.converged, within=5)


def test_a_whole_cluster_restarted_at_low_incarnations_converges(cluster):
    """All but one restart together, with their clocks set back, while the one holds them for dead."""
    net = cluster(10)
    for i in range(1, 10):
        net.crash(f"n{i}")
    net.run(300)
    assert net.prober("n0").alive_count == 1
    net.wall -= 7200 * S
    for i in range(1, 10):
        net.start(f"n{i}")
    net.until(net.converged, within=6)


def test_a_stale_alive_is_answered_with_the_stronger_record(net):
    net.add("n0")
    net.gossip("n0", net.alive("x", 5))
    net.bury("n0", "x", 100)
    net.gossip("n0", net.alive("x", 5), source="prober@x.dc1")
    answer = unpack_body(net.sent_to("x", Gossip)[-1].updates[0])
    assert (answer.kind, answer.incarnation) == ("swim.dead", 100)


def test_bytes_seen_before_the_death_are_weighed_again_after_it(net):
    """A node that restarts within the second sends the same bytes; skipping them as seen would silence it."""
    net.add("n0")
    record = net.alive("x", 5)
    net.gossip("n0", record)
    net.gossip("n0", record)
    net.bury("n0", "x", 5)
    net.sent.clear()
    net.gossip("n0", record, source="prober@x.dc1")
    assert len(net.sent_to("x", Gossip)) == 1


def test_a_death_at_a_higher_incarnation_is_remembered_by_who_holds_it_for_dead(net):
    """al8n/memberlist #197: dead@10 upon dead@1 must not let alive@2 raise the dead."""
    net.add("n0")
    net.gossip("n0", net.alive("x", 1))
    net.bury("n0", "x", 1)
    net.gossip("n0", net.dead("x", 10), net.alive("x", 2))
    assert net.status("n0", "x") == "failed"
    assert unpack_body(net.prober("n0").members.get("x.dc1").stronger).incarnation == 10
    net.gossip("n0", net.alive("x", 11))
    assert net.status("n0", "x") == "alive"


def test_a_leave_at_a_higher_incarnation_is_remembered_too(net):
    net.add("n0")
    net.gossip("n0", net.alive("x", 1), net.dead("x", 1, "x"), net.dead("x", 10, "x"), net.alive("x", 2))
    assert net.status("n0", "x") == "left"


def test_a_suspicion_at_a_higher_incarnation_raises_the_one_that_runs(net):
    prober = net.add("n0")
    net.gossip("n0", net.alive("x", 1), net.suspect("x", 1, "a"), net.suspect("x", 4, "b"))
    assert prober.members.get("x.dc1").incarnation == 4
    assert unpack_body(prober.members.get("x.dc1").verdict).incarnation == 4
    net.run(30)
    assert unpack_body(prober.members.get("x.dc1").verdict).incarnation == 4


def test_the_queue_holds_one_update_for_each_node_however_much_it_churns(net):
    """consul #9927: 160,000 queued intents. Here a newer word about a node replaces the queued one."""
    prober = net.add("n0")
    for incarnation in range(1, 200):
        net.gossip("n0", net.alive("x", incarnation), net.suspect("x", incarnation), net.dead("x", incarnation))
    assert len(prober.pool.gossiper.queue) <= 1


@pytest.mark.slow
def test_the_queue_is_bounded_at_every_moment(net):
    prober = net.add("n0")
    for n in range(5000):
        net.gossip("n0", net.alive(f"x{n}", 1))
        assert len(prober.pool.gossiper.queue) <= 4096
    assert prober.alive_count == 5001


def test_an_intent_is_not_rebroadcast_for_ever(cluster):
    """consul #7960: an intent that is heard again is neither applied nor spread again."""
    net = cluster(5)
    net.crash("n4")
    net.until(lambda: all(net.status(f"n{i}", "n4") == "failed" for i in range(4)), within=60)
    intent = LeaveIntent(node="n4.dc1", incarnation=net.prober("n0").members.get("n4.dc1").incarnation)
    from_agent = Gossip(updates=(pack_body(intent),))
    net.hear("n0", from_agent, "prober@n1.dc1")
    net.run(10)
    assert [net.status(f"n{i}", "n4") for i in range(4)] == ["left"] * 4
    net.hear("n0", from_agent, "prober@n1.dc1")
    assert not net.prober("n0").pool.gossiper.queue


def test_a_restarted_node_that_knows_nobody_is_found_by_its_probers(cluster):
    """Without a join list, and with an empty directory, it cannot even send an ack; the accusation that reaches it
    brings the accuser's own address."""
    net = cluster(6)
    net.crash("n0")
    net.start("n0")
    assert net.prober("n0").alive_count == 1
    net.until(net.converged, within=10)
    assert all(net.told(f"n{i}", MemberFailed) == [] for i in range(1, 6))


def test_a_node_that_is_found_learns_the_rest_at_once(cluster):
    net = cluster(6)
    record = net.prober("n1").members.me.record
    net.crash("n0")
    net.start("n0")
    net.gossip("n0", record, source="prober@n1.dc1")
    net.run(0.01)
    assert net.prober("n0").alive_count == 6


def test_a_rumour_of_death_in_a_push_pull_lets_its_subject_be_heard(cluster):
    net = cluster(4)
    mine = net.prober("n2").members.me.incarnation
    view = PushPull(updates=(net.dead("n2", mine),), event_ltime=1)
    net.hear("n0", view, "prober@n1.dc1")
    assert net.prober("n0").members.get("n2.dc1").state.value == "suspect"
    net.run(5)
    assert net.converged()
    assert net.told("n0", MemberFailed) == []
    assert net.prober("n2").members.me.incarnation == mine + 1


@pytest.mark.parametrize("small", [1, 4])
@pytest.mark.slow
def test_a_stale_verdict_of_the_smaller_side_buries_nobody_after_the_cut(cluster, small):
    """memberlist lets any verdict overrule a member that is held alive and answers: it is failed until it refutes."""
    net = cluster(10)
    side = {f"prober@n{i}.dc1" for i in range(small)}
    net.drops.append(lambda e: (e.source in side) != (e.target in side))
    net.run(200)
    assert {p.alive_count for p in net.probers()} == {small, 10 - small}
    failed = {name: len(net.told(name, MemberFailed)) for name in (f"n{i}" for i in range(10))}
    net.drops.clear()
    net.until(net.converged, within=90)
    net.run(30)
    assert {name: len(net.told(name, MemberFailed)) for name in failed} == failed


def test_who_is_convicted_by_others_is_told_and_has_the_shortest_suspicion_to_refute(net):
    prober = net.add("n0")
    net.gossip("n0", *(net.alive(name, 1) for name in "xabcd"), net.dead("x", 1, "a"))
    assert [unpack_body(u).kind for u in net.sent_to("x", Gossip)[-1].updates] == ["swim.suspect", "swim.alive"]
    assert prober.members.get("x.dc1").suspicion.confirmed == 0
    net.run(3.9)
    assert net.status("n0", "x") == "alive"
    net.run(0.2)
    assert [event.accuser for event in net.told("n0", MemberFailed)] == ["a.dc1"]


def test_who_was_suspected_long_enough_is_buried_on_the_word_of_others_at_once(net):
    net.add("n0")
    net.gossip("n0", *(net.alive(name, 1) for name in "xabcd"), net.suspect("x", 1, "a"))
    net.run(4)
    net.gossip("n0", net.dead("x", 1, "b"))
    assert net.status("n0", "x") == "failed"


def test_a_verdict_at_a_higher_incarnation_is_the_one_to_refute(net):
    prober = net.add("n0")
    net.gossip("n0", *(net.alive(name, 1) for name in "xabcd"), net.suspect("x", 1, "a"), net.dead("x", 4, "b"))
    assert unpack_body(prober.members.get("x.dc1").verdict).incarnation == 4
    net.gossip("n0", net.alive("x", 4))
    net.run(5)
    assert net.status("n0", "x") == "failed"


def test_a_verdict_that_a_later_accusation_has_overtaken_does_not_set_the_incarnation_back(net):
    """Buried at the old one, it would rise again by a record that the later accusation had outbid."""
    net.add("n0")
    net.gossip("n0", net.alive("x", 5))
    net.gossip("n0", net.dead("x", 5, "a"))
    net.gossip("n0", net.suspect("x", 7, "b"))
    net.until(lambda: net.status("n0", "x") == "failed", within=30)
    assert net.prober("n0").members.get("x.dc1").incarnation == 7
    net.gossip("n0", net.alive("x", 6))
    assert net.status("n0", "x") == "failed"


def test_hearsay_in_a_push_pull_is_no_second_accuser(net):
    """memberlist accuses in its own name what it only heard; the same accuser twice must not shorten the suspicion."""
    prober = net.add("n0")
    net.gossip("n0", *(net.alive(name, 1) for name in "xabcd"), net.suspect("x", 1, "a"))
    net.hear("n0", PushPull(updates=(net.dead("x", 1, "a"),), event_ltime=1))
    suspicion = prober.members.get("x.dc1").suspicion
    assert suspicion.confirmed == 0
    assert suspicion.deadline - net.now == 24 * S


@pytest.mark.slow
def test_gossip_missed_by_somebody_is_repaired_at_the_next_ack_not_at_the_next_push_pull(cluster):
    net = cluster(40)
    net.run(200)
    net.drops.append(lambda e: e.target.endswith("@n7.dc1") and isinstance(e.body, Gossip))
    net.drops.append(lambda e: e.target.endswith("@n7.dc1") and bool(getattr(e.body, "updates", ())) and not _view(e))
    net.add("late", "n0")
    net.until(net.converged, within=8)
    assert [e.member.name for e in net.told("n7", MemberJoined)][-1] == "late"


def _view(e) -> bool:
    return isinstance(e.body, CompareViews | PushPull | PushPullAnswer | ViewsCompared)
