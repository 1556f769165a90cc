"""The size that must work: 100 probers join through one seed, one crashes, everyone agrees."""

import pytest

from lictor_messages.members import MemberFailed, MemberJoined

S = 1_000_000_000


@pytest.mark.slow
def test_hundred_join_through_one_seed_and_see_a_crash_within_the_formulas(net):
    net.add("n0")
    for i in range(1, 100):
        net.add(f"n{i}", "n0")
        net.run(0.01)
    settled = net.until(net.converged, within=2)
    assert settled < 2
    assert len(net.told("n50", MemberJoined)) == 100

    net.run(10)
    net.sent.clear()
    net.run(10)
    assert len(net.sent) / 10 / 100 < 2.2  # at rest: a ping and an ack a second for each

    crashed_at = net.now
    net.crash("n42")
    net.until(lambda: all(len(net.told(f"n{i}", MemberFailed)) == 1 for i in range(100) if i != 42), within=60)
    took = (net.now - crashed_at) / S
    assert 8 <= took <= 8 + 8  # alpha * log10(100) s, after at most a few rounds until three have accused
    assert {net.told(f"n{i}", MemberFailed)[0].member.node for i in range(100) if i != 42} == {"n42.dc1"}

    net.start("n42")
    net.until(net.converged, within=5)


@pytest.mark.slow
def test_a_hundred_that_start_at_the_same_moment_see_each_other_soon(net):
    """Nobody knows anybody when they ask: the second exchange catches whom gossip has missed."""
    net.add("n0")
    for i in range(1, 100):
        net.add(f"n{i}", "n0")
    net.until(net.converged, within=1.8)
