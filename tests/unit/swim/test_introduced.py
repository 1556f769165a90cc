"""Nodes that start together are introduced to each other: no gossip tells what all have heard."""

import pytest

from lictor_messages.host import Located
from lictor_messages.members import MemberJoined
from lictor_messages.swim import Gossip, Introduced

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
    for name in NAMES:
        assert {joined.member.name for joined in waiting.told(name, MemberJoined)} == set(NAMES)
        assert {located.node for located in waiting.hosted(name, Located)} == {f"{other}.dc1" for other in NAMES}
    kinds = {type(envelope.body) for _, envelope in waiting.sent}
    assert kinds
    assert Gossip not in kinds


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
