"""Nodes that start together are introduced to each other: no gossip tells what all have heard."""

import pytest

from lictor_messages.codec import pack_body
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import AllLocated, Located
from lictor_messages.members import MemberJoined, Members
from lictor_messages.swim import Gossip, Introduced, Suspect

S = 1_000_000_000
NAMES = ("n0", "n1", "n2", "n3")


@pytest.fixture
def waiting(net):
    for name in NAMES:
        net.add(name, *(other for other in NAMES[:1] if other != name), introduced_within_ns=30 * S)
    return net


def tell(net, name, message):
    net.deliver(net.nodes[f"{name}.dc1"].life, message, None)


def introduce(net, *names):
    records = tuple(net.prober(name).record for name in NAMES)
    for name in names:
        tell(net, name, Introduced(records=records))


def test_they_neither_join_nor_probe_until_all_have_met(waiting):
    introduce(waiting, "n0", "n1")
    waiting.run(10)
    assert waiting.sent == []
    introduce(waiting, "n2", "n3")
    for name in NAMES:
        tell(waiting, name, Introduced())
    waiting.run(20)
    assert {prober.alive_count for prober in waiting.probers()} == {4}
    everyone = {f"{name}.dc1" for name in NAMES}
    for name in NAMES:
        (listed,), (located,) = waiting.told(name, Members), waiting.hosted(name, AllLocated)
        assert {member.node for member in listed.members} == set(located.lanes) == everyone
        assert listed.alive == 4
    assert len({id(waiting.prober(name).members.view) for name in NAMES}) == 1
    kinds = {type(envelope.body) for _, envelope in waiting.sent}
    assert kinds
    assert Gossip not in kinds


def test_a_node_that_knows_others_already_weighs_each_record(waiting):
    """As those of a process that died in the middle of a start, and that is told anew with its later records."""
    tell(waiting, "n1", Introduced(records=tuple(waiting.prober(name).record for name in ("n1", "n2"))))
    introduce(waiting, "n1")
    assert waiting.prober("n1").alive_count == 4
    assert {joined.member.name for joined in waiting.told("n1", MemberJoined)} == {"n0", "n1", "n3"}
    assert {located.node for located in waiting.hosted("n1", Located)} == {"n0.dc1", "n1.dc1", "n3.dc1"}
    waiting.prober("n1").check()


def test_a_node_that_says_something_else_of_itself_meets_the_others_all_the_same(waiting):
    tell(waiting, "n1", Introduced(records=tuple(waiting.prober(name).record for name in ("n0", "n2", "n3"))))
    assert waiting.prober("n1").alive_count == 4
    waiting.prober("n1").check()


def test_what_one_of_them_learns_later_the_others_do_not_hold(waiting):
    introduce(waiting, *NAMES)
    for name in NAMES:
        waiting.prober(name).check()
    accused = Suspect(node="n3.dc1", incarnation=waiting.prober("n3").members.me.incarnation, accuser="n2.dc1")
    source = at("prober", "n2.dc1")
    heard = Envelope(source, at("prober", "n1.dc1"), Gossip(updates=(pack_body(accused),)))
    waiting.deliver(waiting.nodes["n1.dc1"].life, heard.body, heard)
    assert [waiting.status(name, "n3") for name in ("n0", "n1", "n2")] == ["alive", "alive", "alive"]
    states = [waiting.prober(name).members.others["n3.dc1"].state.value for name in ("n0", "n1", "n2")]
    assert states == ["alive", "suspect", "alive"]
    for name in NAMES:
        waiting.prober(name).check()


def test_a_node_that_is_not_introduced_joins_in_the_end(waiting):
    waiting.run(29)
    assert waiting.sent == []
    waiting.until(lambda: all(prober.alive_count == 4 for prober in waiting.probers()), within=10)


def test_a_prober_that_does_not_wait_has_no_use_for_it(net):
    net.add("n1")
    net.add("n2")
    tell(net, "n1", Introduced(records=(net.prober("n2").record,)))
    tell(net, "n1", Introduced())
    net.run(2)
    assert net.prober("n1").alive_count == 1


def test_after_the_end_a_node_that_met_no_other_joins_at_once(waiting):
    tell(waiting, "n1", Introduced())
    waiting.run(1)
    assert waiting.status("n1", "n0") == "alive"


def test_a_node_that_starts_again_is_found_by_those_that_know_it(waiting):
    introduce(waiting, *NAMES)
    for name in NAMES:
        tell(waiting, name, Introduced())
    waiting.run(1)
    waiting.nodes["n3.dc1"].journal.clear()
    waiting.start("n3")
    waiting.until(lambda: waiting.prober("n3").alive_count == 4, within=20)
    waiting.crash("n2")
    waiting.until(lambda: waiting.status("n3", "n2") == "failed", within=120)
