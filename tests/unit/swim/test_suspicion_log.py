"""Who accused a member, who confirmed that, and how it ended."""

from __future__ import annotations

import pytest

from lictor_actors.swim import suspicion_log
from lictor_actors.timeline.notes import kind_of
from lictor_messages.members import ListSuspicions, Suspicions


def seen(net, name="n0"):
    net.ask(name, ListSuspicions())
    answer = net.nodes[f"{name}.dc1"].answers[-1]
    assert isinstance(answer, Suspicions)
    return answer.suspicions


def crowd(net):
    """A prober that knows some members: what it holds of them is what it hears."""
    net.add("n0")
    net.gossip("n0", *(net.alive(name, 1) for name in "xabcd"))
    net.act("n0", lambda prober, turn: prober.pool.probing.stop(turn))


def test_an_open_suspicion_names_its_accuser_and_who_confirmed_that_in_order(net):
    crowd(net)
    net.gossip("n0", net.suspect("x", 1, "c"))
    net.run(1.5)
    net.gossip("n0", net.suspect("x", 1, "a"), net.suspect("x", 1, "c"), net.suspect("x", 1, "b"))
    (one,) = seen(net)
    assert (one.node, one.incarnation, one.outcome, one.by) == ("x.dc1", 1, "open", "")
    assert (one.accuser, one.confirmers) == ("c.dc1", ("a.dc1", "b.dc1"))
    assert one.age_ns == 1_500_000_000
    assert one.began_ns == net.wall


def test_its_time_is_what_the_confirmations_leave_of_it(net):
    crowd(net)
    net.gossip("n0", net.suspect("x", 1, "c"))
    assert (seen(net)[0].lasts_ns, seen(net)[0].wanted) == (24_000_000_000, 2)
    net.gossip("n0", net.suspect("x", 1, "a"), net.suspect("x", 1, "b"))
    assert seen(net)[0].lasts_ns == 4_000_000_000


def test_a_refutation_ends_it(net):
    crowd(net)
    net.gossip("n0", net.suspect("x", 1, "c"), net.suspect("x", 1, "a"))
    net.run(2)
    net.gossip("n0", net.alive("x", 2))
    (one,) = seen(net)
    assert (one.outcome, one.by, one.age_ns) == ("refuted", "x.dc1", 2_000_000_000)
    note = net.nodes["n0.dc1"].notes[-1]
    assert note.startswith("refuted: x.dc1, accused by c.dc1, confirmed by a.dc1, after 2.0 s of at most")
    assert kind_of(note) == "refutation"


def test_its_own_time_ends_it(net):
    crowd(net)
    net.gossip("n0", net.suspect("x", 1, "c"))
    net.run(25)
    (one,) = seen(net)
    assert (one.outcome, one.by, one.age_ns) == ("failed", "n0.dc1", 24_000_000_000)
    assert (
        net.nodes["n0.dc1"].notes[-1].startswith("failed: x.dc1, accused by c.dc1, declared dead by n0.dc1, after 24")
    )


def test_the_verdict_of_another_ends_it(net):
    crowd(net)
    net.gossip("n0", net.suspect("x", 1, "c"), net.dead("x", 1, "b"))
    net.run(5)
    (one,) = seen(net)
    assert (one.outcome, one.by, one.accuser, one.confirmers) == ("failed", "b.dc1", "c.dc1", ())


def test_its_subject_may_leave_instead(net):
    crowd(net)
    net.gossip("n0", net.suspect("x", 1, "c"), net.dead("x", 1, "x"))
    assert [(one.outcome, one.by) for one in seen(net)] == [("left", "x.dc1")]


def test_the_latest_stand_first_and_only_so_many_are_kept(net, monkeypatch):
    crowd(net)
    for incarnation in range(1, suspicion_log.MOST + 10):
        net.gossip("n0", net.suspect("x", incarnation, "c"), net.alive("x", incarnation + 1))
        net.run(0.001)
    net.gossip("n0", net.suspect("a", 1, "c"))
    first, *over = seen(net)
    assert (first.node, first.outcome) == ("a.dc1", "open")
    assert [one.incarnation for one in over] == list(range(suspicion_log.MOST + 9, 9, -1))


@pytest.mark.slow
def test_of_a_member_that_crashed_every_node_knows_who_said_so(cluster):
    net = cluster(8)
    net.crash("n5")
    others = [f"n{i}" for i in range(8) if i != 5]
    net.until(lambda: all(net.status(name, "n5") == "failed" for name in others), within=30)
    for name in others:
        one = seen(net, name)[0]
        said = {one.accuser, *one.confirmers, one.by}
        assert (one.node, one.outcome) == ("n5.dc1", "failed")
        assert said <= {f"{other}.dc1" for other in others}
        assert len({one.accuser, *one.confirmers}) == 1 + len(one.confirmers)
