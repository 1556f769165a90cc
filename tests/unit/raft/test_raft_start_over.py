"""A cluster that lost its majority for good starts over with who is left (Consul's peers.json)."""

import pytest
from raft_network import MS, SECOND, Network

from lictor_actors.raft import RaftOptions
from lictor_actors.raft.membership import ServerRow
from lictor_actors.raft.start_over import CannotStartOver, StartOver, start_over


def rows(*names: str) -> list[ServerRow]:
    return [ServerRow(name) for name in names]


def over(net: Network, name: str, *left: str) -> StartOver:
    """Stop the server, write the new configuration, leave it stopped."""
    if net.hosts[name].life:
        net.crash(name)
    host = net.hosts[name]
    planned = start_over(host.records, name, rows(*left))
    net._store(host, [(0, record) for record in planned.records])
    return planned


def test_the_last_of_three_leads_alone_and_has_all_that_it_had() -> None:
    net = Network()
    leader = net.elect()
    net.propose(leader, b"a", b"b")
    net.run(SECOND)
    last, *lost = net.names
    for name in lost:
        net.crash(name)
    net.run(5 * SECOND)
    assert net.leaders() == []
    planned = over(net, last, last)
    assert planned.before.voters == net.names
    net.start(last)
    net.run_until(net.leaders)
    net.propose(last, b"c")
    net.run_until(lambda: net.commands(last) == [b"a", b"b", b"c"])


def test_two_of_five_start_over_and_the_longer_log_wins() -> None:
    net = Network(5)
    leader = net.elect()
    longer, shorter = [name for name in net.names if name != leader][:2]
    net.isolate(shorter)
    net.propose(leader, b"acknowledged")
    net.run(SECOND)
    for name in net.names:
        net.crash(name)
    net.heal()
    for name in (longer, shorter):
        over(net, name, longer, shorter)
    for name in (longer, shorter):
        net.start(name)
    net.run_until(lambda: net.leaders() and all(net.commands(n) == [b"acknowledged"] for n in (longer, shorter)))


@pytest.mark.parametrize("seed", range(8))
def test_logs_with_different_ends_never_pass_for_equal(seed: int) -> None:
    """Both have an uncommitted entry of their own at the same place, and the new configuration right behind it."""
    net = Network(5, seed)
    first = net.elect()
    net.isolate(first)
    net.propose(first, b"of the first")
    net.run(50 * MS)
    net.run_until(lambda: net.leaders() and net.leader() != first)
    second = net.leader()
    net.heal()
    net.isolate(second)
    net.run(10 * MS)
    net.crash(first)
    for name in net.names:
        if name in net.alive():
            net.crash(name)
    net.heal()
    for name in (first, second):
        over(net, name, first, second)
    for name in (first, second):
        net.start(name)
    net.elect()
    net.propose(net.leader(), b"x")
    net.run_until(lambda: net.commands(first) == net.commands(second) and net.commands(first)[-1:] == [b"x"])


def test_snapshots_are_kept() -> None:
    net = Network(options=RaftOptions(snapshot_threshold=5, trailing_logs=1))
    leader = net.elect()
    for number in range(6):
        net.propose(leader, *(b"%d" % (10 * number + i) for i in range(4)))
        net.run(100 * MS)
    commands = net.commands(leader)
    for name in net.names:
        net.crash(name)
    assert over(net, "n1", "n1").snapshot_index > 0
    net.start("n1")
    net.run_until(lambda: net.commands("n1") == commands)


def test_the_configuration_ends_up_in_the_log_and_is_changed_like_any_other() -> None:
    net = Network(5)
    net.elect()
    for name in net.names:
        net.crash(name)
    for name in ("n1", "n2"):
        over(net, name, "n1", "n2")
        net.start(name)
    net.run_until(lambda: net.leaders() and net.raft(net.leader()).settled_members is not None)
    net.run(SECOND)
    for name in ("n1", "n2"):
        assert net.raft(name).configuration == ("n1", "n2")
        assert net.raft(name)._stable.membership.forced is None
    net.reconfigure(lambda c: c.with_nonvoter("n3"))
    net.settle_change()
    for name in ("n1", "n2"):
        net.crash(name)
        net.start(name)
        assert net.raft(name).members.nonvoters == ("n3",)


def test_a_lost_server_that_comes_back_does_not_disturb_and_may_be_added() -> None:
    net = Network()
    net.elect()
    for name in net.names:
        net.crash(name)
    over(net, "n1", "n1")
    net.start("n1")
    net.run_until(net.leaders)
    net.start("n2")
    net.run(10 * SECOND)
    assert net.leaders() == ["n1"]
    net.reconfigure(lambda c: c.with_nonvoter("n2"))
    net.propose("n1", b"a")
    net.run_until(lambda: net.commands("n2") == [b"a"])


@pytest.mark.parametrize(
    ("peers", "why"),
    [
        (rows("n2"), "it is not one of them"),
        (rows("n1", "n1"), "named twice"),
        ([ServerRow("n1", False)], "has to vote"),
    ],
)
def test_what_makes_no_sense_is_refused(peers: list[ServerRow], why: str) -> None:
    net = Network()
    net.elect()
    net.crash("n1")
    with pytest.raises(CannotStartOver, match=why):
        start_over(net.hosts["n1"].records, "n1", peers)


def test_a_server_without_a_log_has_nothing_to_start_over_with() -> None:
    with pytest.raises(CannotStartOver, match="holds no log"):
        start_over([], "n1", rows("n1"))
