"""Many short lives of a cluster, each with its own mix of faults: first safety under chaos, then, healed, progress."""

from collections import Counter

import pytest
from raft_chaos import chaos, gather, heal
from raft_network import SECOND, Network

pytestmark = pytest.mark.slow

SEEDS = 100


@pytest.mark.parametrize("first", range(0, SEEDS, 10))
def test_chaos_breaks_no_promise_and_healing_brings_progress(first: int) -> None:
    for seed in range(first, first + 10):
        net, _ = chaos(seed)
        heal(net)
        net.run(SECOND)  # a transfer that was under way is over by then, done or given up
        leader = net.elect()
        net.propose(leader, b"after healing")
        took = net.run_until(lambda net=net: all(net.commands(n)[-1:] == [b"after healing"] for n in net.names))
        assert took < SECOND
        assert len({tuple(net.commands(name)) for name in net.names}) == 1


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_snapshots_lost_disks_and_changes_of_membership_break_no_promise_either(first: int) -> None:
    for seed in range(first, first + 10):
        net, _ = chaos(seed, changes=True)
        heal(net)
        net.run(SECOND)
        gather(net)
        leader = net.elect()
        net.propose(leader, b"after healing")
        net.run_until(lambda net=net: all(net.commands(n)[-1:] == [b"after healing"] for n in net.names))
        assert len({tuple(net.commands(name)) for name in net.names}) == 1


def test_the_changes_do_what_they_say() -> None:
    total: Counter[str] = Counter()
    for seed in range(30):
        total += chaos(seed, changes=True)[1]
    wanted = ("change", "change refused", "wipe", "installed", "crash", "proposed", "transfer")
    assert not [name for name in wanted if total[name] < 5], total


def test_the_chaos_does_what_it_says() -> None:
    """Each kind of trouble and of success has to happen, or the swarm proves nothing."""
    total: Counter[str] = Counter()
    for seed in range(20):
        total += chaos(seed)[1]
    wanted = ("heal", "split", "cut", "crash", "restart", "transfer", "proposed", "lease", "read", "lost")
    assert not [name for name in wanted if total[name] < 5], total
    assert total["elections"] > 60, total


def test_the_same_seed_is_the_same_run() -> None:
    def trace(seed: int) -> list[str]:
        lines: list[str] = []
        net = Network(3, seed)
        net.loss = 0.1
        net.trace = lines.append
        net.run(3 * SECOND)
        return lines

    assert trace(5) == trace(5)
    assert trace(5) != trace(6)
