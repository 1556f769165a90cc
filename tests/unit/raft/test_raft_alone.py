"""A server that is the only voter waits for nobody's vote; one that cannot know whether it is waits like all others."""

from raft_network import MS, SECOND, Network

from lictor_actors.raft import Role

AT_ONCE = 20 * MS
"""A few syncs: less than any election time-out that is drawn."""


def restarted(net: Network, name: str) -> int:
    """The power fails; how long the server takes to lead again."""
    net.crash(name)
    net.start(name)
    return net.run_until(lambda: net.raft(name).role is Role.LEADER)


def test_the_only_founder_leads_as_soon_as_its_disk_has_the_configuration() -> None:
    net = Network(1)
    assert net.run_until(net.leaders) < AT_ONCE


def test_the_only_founder_leads_again_as_soon_as_it_is_back() -> None:
    net = Network(1)
    net.elect()
    net.propose("n1", b"a")
    net.run(SECOND)
    assert restarted(net, "n1") < AT_ONCE
    net.run(10 * MS)
    assert net.commands("n1") == [b"a"]


def test_founders_of_several_draw_their_time_outs() -> None:
    net = Network(2)
    assert net.run_until(net.leaders) > AT_ONCE


def test_who_was_left_alone_waits_after_a_restart_because_the_other_may_still_serve_reads() -> None:
    """Its log does not say that the change is committed: who led before may not know of it yet, and holds a lease."""
    net = Network(2)
    left = net.elect()
    (stays,) = (name for name in net.names if name != left)
    net.run(SECOND)
    net.cut(stays, left)
    net.reconfigure(lambda c: c.without(left))
    net.run(5 * MS)  # the one that stays has it on its disk, and its answer is lost
    assert net.raft(stays).members.voters == (stays,)
    net.crash(stays)
    net.start(stays)
    net.run(AT_ONCE)
    assert net.raft(left).lease_valid(net.now)
    assert net.run_until(lambda: net.raft(stays).role is Role.LEADER) >= net.options.election_ns - AT_ONCE
    assert not net.raft(left).lease_valid(net.now)


def test_once_a_snapshot_has_only_the_configuration_with_itself_it_leads_at_once() -> None:
    net = Network(2, options=Network(1).options.model_copy(update={"snapshot_threshold": 4, "trailing_logs": 1}))
    leader = net.elect()
    (gone,) = (name for name in net.names if name != leader)
    net.reconfigure(lambda c: c.without(gone))
    net.settle_change()
    net.crash(gone)
    for number in range(40):
        net.propose(leader, b"%d" % number)
        net.run(50 * MS)
    assert net.raft(leader).snapshot
    assert restarted(net, leader) < AT_ONCE
