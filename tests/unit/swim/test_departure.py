"""Leaving, forcing out, forgetting, and coming together again."""

import pytest

from lictor_messages.host import Forgotten
from lictor_messages.members import (
    Departed,
    ForcedOut,
    ForceLeave,
    Leave,
    MemberFailed,
    MemberJoined,
    MemberLeft,
    MemberReaped,
)
from lictor_messages.refusals import Refused
from lictor_messages.swim import Ping

DAY = 24 * 3600


@pytest.fixture
def failed(cluster):
    """Six nodes that agree that n5 has failed."""
    net = cluster(6)
    net.crash("n5")
    net.until(lambda: all(net.status(f"n{i}", "n5") == "failed" for i in range(5)), within=60)
    net.run(5)
    return net


def test_a_leave_is_answered_when_it_has_spread(cluster):
    net = cluster(12)
    asked = net.now
    net.ask("n3", Leave())
    assert net.status("n3", "n3") == "leaving"
    net.until(lambda: net.nodes["n3.dc1"].answers == [Departed()], within=5)
    assert net.now - asked < 3_000_000_000
    net.crash("n3")
    net.run(2)
    assert {net.status(f"n{i}", "n3") for i in range(12) if i != 3} == {"left"}
    assert all(net.told(f"n{i}", MemberFailed) == [] for i in range(12))
    assert len(net.told("n0", MemberLeft)) == 1


def test_a_lone_node_leaves_at_once_and_a_second_request_is_answered_too(net):
    net.add("n0")
    net.ask("n0", Leave())
    net.ask("n0", Leave())
    assert net.nodes["n0.dc1"].answers == [Departed(), Departed()]
    assert net.status("n0", "n0") == "left"


def test_a_leave_that_cannot_spread_is_answered_after_its_time(cluster):
    net = cluster(3)
    net.prober("n0").pool.gossiper.tick = lambda turn: None  # no gossip gets out
    net.drops.append(lambda e: isinstance(e.body, Ping))
    net.ask("n0", Leave())
    net.run(5.1)
    assert net.nodes["n0.dc1"].answers == [Departed()]


def test_a_leaving_node_does_not_refute_and_probes_nobody(cluster):
    net = cluster(4)
    net.ask("n0", Leave())
    mine = net.prober("n0").members.me.incarnation
    net.gossip("n0", net.suspect("n0", mine + 3), net.dead("n0", mine + 3))
    net.sent.clear()
    net.run(5)
    assert net.prober("n0").members.me.incarnation == mine
    assert net.sent_by("n0", Ping) == []
    assert net.status("n1", "n0") == "left"


def test_who_left_may_come_back(cluster):
    net = cluster(4)
    net.ask("n1", Leave())
    net.run(4)
    net.crash("n1")
    net.run(60)
    net.start("n1")
    net.until(net.converged, within=4)
    assert [e.member.name for e in net.told("n0", MemberJoined)].count("n1") == 2


def test_a_failed_member_is_forced_out_everywhere(failed):
    failed.ask("n0", ForceLeave(node="n5.dc1"))
    assert failed.nodes["n0.dc1"].answers == [ForcedOut()]
    failed.run(3)
    assert {failed.status(f"n{i}", "n5") for i in range(5)} == {"left"}
    assert all(len(failed.told(f"n{i}", MemberLeft)) == 1 for i in range(5))


def test_its_datacenter_need_not_be_named(failed):
    failed.ask("n0", ForceLeave(node="n5"))
    assert failed.nodes["n0.dc1"].answers == [ForcedOut()]
    assert failed.status("n0", "n5") == "left"


def test_prune_forgets_it_everywhere(failed):
    failed.ask("n0", ForceLeave(node="n5.dc1"))
    failed.run(3)
    failed.ask("n1", ForceLeave(node="n5.dc1", prune=True))
    failed.run(3)
    assert {failed.status(f"n{i}", "n5") for i in range(5)} == {"unknown"}
    assert all(len(failed.told(f"n{i}", MemberReaped)) == 1 for i in range(5))
    assert failed.hosted("n3", Forgotten) == [Forgotten(node="n5.dc1")]


def test_prune_at_once_leaves_and_forgets(failed):
    failed.ask("n0", ForceLeave(node="n5.dc1", prune=True))
    failed.run(3)
    assert {failed.status(f"n{i}", "n5") for i in range(5)} == {"unknown"}
    failed.start("n5")
    failed.until(failed.converged, within=4)


def test_a_live_member_that_is_forced_out_is_leaving_until_it_has_refuted(cluster):
    net = cluster(4)
    net.ask("n0", ForceLeave(node="n1.dc1"))
    assert net.status("n0", "n1") == "leaving"
    net.run(5)
    assert {net.status(f"n{i}", "n1") for i in range(4)} == {"alive"}
    assert net.nodes["n0.dc1"].answers == [ForcedOut()]
    assert all(net.told(f"n{i}", MemberLeft) == [] for i in range(4))


def test_forcing_out_a_suspect_lets_it_refute_or_makes_it_left(cluster):
    net = cluster(6)
    net.crash("n5")
    net.until(lambda: net.prober("n0").members.get("n5.dc1").state.value == "suspect", within=20)
    net.ask("n0", ForceLeave(node="n5.dc1"))
    assert net.status("n0", "n5") == "leaving"
    net.run(30)
    assert {net.status(f"n{i}", "n5") for i in range(5)} == {"left"}
    assert all(net.told(f"n{i}", MemberFailed) == [] for i in range(5))


def test_forcing_out_somebody_unknown_is_refused(net):
    net.add("n0")
    net.ask("n0", ForceLeave(node="ghost.dc1"))
    (refused,) = net.nodes["n0.dc1"].answers
    assert isinstance(refused, Refused)
    assert refused.code == "NotFound"


def test_failed_members_are_forgotten_after_the_reconnect_timeout(cluster):
    net = cluster(3, reconnect_timeout_ns=100 * 1_000_000_000, tombstone_timeout_ns=50 * 1_000_000_000)
    net.crash("n2")
    net.until(lambda: net.status("n0", "n2") == "failed", within=60)
    net.run(95)
    assert net.status("n0", "n2") == "failed"
    net.run(25)
    assert net.status("n0", "n2") == "unknown"
    assert [e.member.name for e in net.told("n0", MemberReaped)] == ["n2"]
    assert net.hosted("n0", Forgotten) == [Forgotten(node="n2.dc1")]
    net.run(60)
    assert not {"reap", "reconnect"} & set(net.nodes["n0.dc1"].timers)


def test_left_members_are_forgotten_after_the_tombstone_timeout(cluster):
    net = cluster(3, reconnect_timeout_ns=1_000 * 1_000_000_000, tombstone_timeout_ns=50 * 1_000_000_000)
    net.ask("n2", Leave())
    net.run(3)
    net.crash("n2")
    net.run(70)
    assert {net.status(f"n{i}", "n2") for i in range(2)} == {"unknown"}


@pytest.mark.parametrize("minutes", [1, 10])
@pytest.mark.slow
def test_halves_that_buried_each_other_come_together_after_the_cut(cluster, minutes):
    net = cluster(10)
    left = {f"prober@n{i}.dc1" for i in range(5)}
    net.drops.append(lambda e: (e.source in left) != (e.target in left))
    net.run(60 * minutes)
    assert {p.alive_count for p in net.probers()} == {5}
    net.drops.clear()
    net.until(net.converged, within=90)
    net.run(120)
    assert net.converged()
