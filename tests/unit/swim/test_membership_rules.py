"""Alive, suspect, dead: which claim overrules which. ``net.gossip`` puts claims into a lone node's ears."""

import pytest

from lictor_messages.codec import unpack_body
from lictor_messages.host import Forgotten, Located
from lictor_messages.members import MemberFailed, MemberJoined, MemberLeft, MemberUpdated
from lictor_messages.swim import Gossip, SuspicionDue


@pytest.fixture
def n0(net):
    """A node that knows x at incarnation 5."""
    prober = net.add("n0")
    net.gossip("n0", net.alive("x", 5))
    return prober


def answers(net, source="elsewhere"):
    return [unpack_body(u) for gossip in net.sent_to(source, Gossip) for u in gossip.updates]


def test_an_unknown_member_is_met_located_and_told(net, n0):
    assert net.status("n0", "x") == "alive"
    assert net.hosted("n0", Located)[-1] == Located(node="x.dc1", gossip="tcp://x:8301", rest="tcp://x:8300")
    assert [e.member.name for e in net.told("n0", MemberJoined)] == ["n0", "x"]


def test_a_suspicion_or_a_death_of_somebody_unknown_is_ignored_and_not_remembered(net, n0):
    net.gossip("n0", net.suspect("y", 1), net.dead("y", 1))
    assert net.status("n0", "y") == "unknown"
    net.gossip("n0", net.alive("y", 1), net.suspect("y", 1))
    assert n0.members.get("y.dc1").state.value == "suspect"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([("suspect", 4)], "alive"),
        ([("suspect", 5)], "suspect"),
        ([("dead", 4)], "alive"),
        ([("dead", 5)], "dead"),
        ([("suspect", 5), ("alive", 5)], "suspect"),
        ([("suspect", 5), ("alive", 6)], "alive"),
        ([("suspect", 5), ("dead", 5)], "dead"),
        ([("dead", 5), ("alive", 5)], "dead"),
        ([("dead", 5), ("suspect", 6)], "dead"),
        ([("dead", 5), ("alive", 6)], "alive"),
        ([("dead", 5), ("alive", 6), ("dead", 5)], "alive"),
        ([("suspect", 7), ("alive", 7)], "suspect"),
        ([("suspect", 7), ("alive", 8)], "alive"),
    ],
)
def test_the_order_of_claims(net, n0, claims, expected):
    for kind, incarnation in claims:
        net.gossip("n0", getattr(net, kind)("x", incarnation))
        if kind == "dead" and n0.members.get("x.dc1").suspicion:
            net.run(4.01)  # alone with x: the shortest suspicion
    assert n0.members.get("x.dc1").state.value == expected


def test_who_accuses_itself_has_left(net, n0):
    net.gossip("n0", net.dead("x", 5, accuser="x"))
    assert net.status("n0", "x") == "left"
    assert [e.member.status for e in net.told("n0", MemberLeft)] == ["left"]


def test_failed_members_that_turn_out_to_have_left_count_as_left(net, n0):
    net.bury("n0", "x", 5)
    net.gossip("n0", net.dead("x", 5, accuser="x"))
    assert net.status("n0", "x") == "left"
    net.gossip("n0", net.dead("x", 5, accuser="other"))
    assert net.status("n0", "x") == "left"


def test_each_change_is_told_once(net, n0):
    for _ in range(3):
        net.gossip("n0", net.dead("x", 5, accuser="a"), net.dead("x", 5, accuser="b"))
        net.run(5)
    assert [e.accuser for e in net.told("n0", MemberFailed)] == ["a.dc1"]
    net.gossip("n0", net.alive("x", 6), net.alive("x", 7))
    assert len(net.told("n0", MemberJoined)) == 3
    assert net.told("n0", MemberUpdated) == []


def test_new_tags_are_an_update_and_a_new_url_also_goes_to_the_directory(net, n0):
    net.gossip("n0", net.alive("x", 6, tags={"role": "consul"}))
    assert [e.member.is_server for e in net.told("n0", MemberUpdated)] == [True]
    net.gossip("n0", net.alive("x", 7, gossip="ipc:///run/new"))
    assert net.hosted("n0", Located)[-1].gossip == "ipc:///run/new"


def test_a_suspicion_runs_out_into_failed_at_its_incarnation(net, n0):
    net.gossip("n0", net.suspect("x", 5))
    net.run(3.9)
    assert net.status("n0", "x") == "alive"
    net.run(0.2)  # alone with x nobody can confirm: 4 s
    assert net.status("n0", "x") == "failed"
    assert net.told("n0", MemberFailed)[0].accuser == "n0.dc1"


def test_a_refuted_suspicion_never_fires(net, n0):
    net.gossip("n0", net.suspect("x", 5))
    net.run(3)
    net.drops.append(lambda e: True)
    net.gossip("n0", net.alive("x", 6))
    net.gossip("n0", net.suspect("x", 6))
    net.run(3)
    assert net.status("n0", "x") == "alive"


def test_an_alarm_that_rings_before_the_deadline_buries_nobody(net, n0):
    """A confirmation or a lag has moved the deadline, and the alarm lay in the mailbox already."""
    net.gossip("n0", net.suspect("x", 5))
    net.deliver(net.nodes["n0.dc1"].life, SuspicionDue(node="x.dc1"), None)
    assert net.status("n0", "x") == "alive"


def test_a_suspicion_that_enough_confirm_runs_out_at_its_minimum(net, n0):
    net.gossip("n0", *(net.alive(name, 5) for name in "abc"), net.suspect("x", 5, "a"))
    net.gossip("n0", net.suspect("x", 5, "b"), net.suspect("x", 5, "c"))
    net.run(3.9)
    assert net.status("n0", "x") == "alive"
    net.run(0.2)
    assert net.status("n0", "x") == "failed"


@pytest.mark.parametrize("accuser", ["x", "a"])
def test_a_death_or_a_leave_of_an_earlier_life_is_not_believed(net, n0, accuser):
    """Neither does it shorten the suspicion that runs: it says nothing of today."""
    net.gossip("n0", *(net.alive(name, 5) for name in "abc"), net.suspect("x", 5, "b"))
    deadline = net.prober("n0").members.get("x.dc1").suspicion.deadline
    net.gossip("n0", net.dead("x", 3, accuser))
    assert net.status("n0", "x") == "alive"
    assert net.prober("n0").members.get("x.dc1").suspicion.deadline == deadline


def test_confirmations_are_gossiped_on_only_if_they_count(net, n0):
    for name in "abcd":
        net.gossip("n0", net.alive(name, 1))
    queue = n0.pool.gossiper.queue
    queue.clear()
    net.gossip("n0", net.suspect("x", 5, accuser="a"))
    for accuser, spread in [("b", True), ("b", False), ("c", True), ("d", False)]:
        queue.clear()
        net.gossip("n0", net.suspect("x", 5, accuser=accuser))
        assert ("x.dc1" in queue) is spread, accuser


def test_an_accusation_of_this_node_is_refuted_with_a_higher_incarnation(net, n0):
    mine = n0.members.me.incarnation
    net.gossip("n0", net.suspect("n0", mine))
    assert n0.members.me.incarnation == mine + 1
    net.gossip("n0", net.dead("n0", mine + 10))
    assert n0.members.me.incarnation == mine + 11
    assert n0.pool.awareness.score == 2
    assert answers(net)[-1].incarnation == mine + 11


def test_an_accuser_that_missed_the_refutation_hears_it_again(net, n0):
    mine = n0.members.me.incarnation
    accusation = net.suspect("n0", mine)
    net.gossip("n0", accusation)
    net.sent.clear()
    net.gossip("n0", accusation)
    assert [a.incarnation for a in answers(net)] == [mine + 1]
    assert n0.members.me.incarnation == mine + 1


def test_another_address_is_a_conflict_until_the_name_is_free(net, n0):
    elsewhere = net.alive("x", 9, address="10.9.9.9")
    net.gossip("n0", elsewhere)
    assert n0.members.get("x.dc1").alive.address == "10.0.0.1"
    net.bury("n0", "x", 9)
    net.run(29.9)
    net.gossip("n0", elsewhere)
    assert net.status("n0", "x") == "failed"
    net.run(0.1)
    net.gossip("n0", elsewhere)
    assert n0.members.get("x.dc1").alive.address == "10.9.9.9"


@pytest.mark.parametrize(("id_", "incarnation", "free"), [("one", 10, True), ("one", 9, False), ("two", 10, False)])
def test_a_failed_name_is_free_at_once_for_a_later_life_of_the_same_node(net, n0, id_, incarnation, free):
    net.gossip("n0", net.alive("x", 9, tags={"id": "one"}))
    elsewhere = net.alive("x", incarnation, address="10.9.9.9", tags={"id": id_})
    net.gossip("n0", elsewhere)
    assert n0.members.get("x.dc1").alive.address == "10.0.0.1"
    net.bury("n0", "x", 9)
    net.gossip("n0", elsewhere)
    assert net.status("n0", "x") == ("alive" if free else "failed")


def test_a_left_name_is_free_at_once_even_at_a_lower_incarnation(net, n0):
    net.gossip("n0", net.dead("x", 5, accuser="x"))
    net.gossip("n0", net.alive("x", 1, address="10.9.9.9"))
    assert net.status("n0", "x") == "alive"


def test_a_namesake_elsewhere_is_not_outbid(net, n0):
    mine = n0.members.me.incarnation
    net.gossip("n0", net.alive("n0", mine + 5, address="10.9.9.9"))
    assert n0.members.me.incarnation == mine


def test_another_claim_about_this_node_at_its_own_address_is_outbid(net, n0):
    me = n0.members.me
    mine = me.incarnation
    net.gossip("n0", net.alive("n0", mine, address=me.alive.address, port=me.alive.port, tags={"old": "tag"}))
    assert me.incarnation == mine + 1


def test_junk_and_unknown_kinds_are_counted_and_harmless(net, n0):
    net.gossip("n0", b"junk", b"\x92\xa7swim.xy\x80", net.alive("y", 1))
    assert n0.pool.updates.malformed == 2
    assert net.status("n0", "y") == "alive"


def test_a_known_update_is_not_read_again(net, n0, monkeypatch):
    known = net.alive("x", 5)
    monkeypatch.setattr("lictor_actors.swim.updates.claim_of", lambda data: pytest.fail("read again"))
    net.gossip("n0", known)


def test_the_dead_keep_their_address_until_they_are_reaped(net, n0):
    net.bury("n0", "x", 5)
    assert net.hosted("n0", Forgotten) == []
