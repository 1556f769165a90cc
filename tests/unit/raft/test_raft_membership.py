"""One server at a time (D 4): added as a non-voter, promoted, demoted, removed; and a wiped disk is a new server."""

import pytest
from raft_network import MS, SECOND, Network

from lictor_actors.raft import ChangeRefused, Configuration, NotLeading, RaftOptions, Role
from lictor_actors.raft.configuration import ServerRow, check_step, of_voters, unpack_configuration
from lictor_messages.raft import AppendEntries, RequestVote, TimeoutNow, Vote

ELECTION = RaftOptions().election_ns


def grown(size: int = 3, seed: int = 1) -> Network:
    """A cluster and one more server, its non-voter."""
    net = Network(size, seed)
    net.elect()
    net.add("n9")
    net.reconfigure(lambda c: c.with_nonvoter("n9"))
    net.settle_change()
    admit(net)
    return net


def admit(net: Network) -> None:
    """What the server role does: let newcomers in under their new identity."""
    net.run_until(lambda: net.raft(net.leader()).newcomers())
    for name, identity in net.raft(net.leader()).newcomers().items():
        net.reconfigure(lambda c, name=name, identity=identity: c.with_nonvoter(name, identity))
        net.settle_change()
    net.run(300 * MS)


# -- non-voters -------------------------------------------------------------------------------------------------------


def test_a_non_voter_gets_the_log_and_does_not_count() -> None:
    net = grown()
    leader = net.leader()
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands("n9") == [b"a"])
    voters = [name for name in net.raft(leader).configuration if name != leader]
    net.split(f"{leader} n9", " ".join(voters))
    net.propose(leader, b"b")
    net.run(ELECTION // 2)
    assert net.commands(leader) == [b"a"]


def test_a_non_voter_never_stands() -> None:
    net = grown()
    net.isolate("n9")
    net.run(10 * SECOND)
    assert net.raft("n9").role is Role.FOLLOWER


def test_a_non_voter_does_not_stand_though_the_leader_tells_it_to() -> None:
    """A transfer to who was demoted meanwhile: its candidacy would break every voter's loyalty, and could win."""
    net = grown()
    leader = net.leader()
    term = net.raft(leader).term
    net.say(leader, "n9", TimeoutNow(term=term))
    assert (net.raft("n9").role, net.raft("n9").term) == (Role.FOLLOWER, term)


def test_a_promoted_server_votes_and_counts() -> None:
    net = grown()
    net.reconfigure(lambda c: c.promoted("n9"))
    net.settle_change()
    leader = net.leader()
    others = [name for name in net.names if name not in (leader, "n9")]
    net.crash(others[0])
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(leader) == [b"a"])
    net.crash(leader)
    net.start(others[0])
    net.crash(others[1])
    with pytest.raises(AssertionError, match="in time"):
        net.run_until(net.leaders, at_most=5 * SECOND)  # two of four are no majority
    net.start(others[1])
    net.run_until(net.leaders)


def test_a_demoted_server_goes_on_receiving() -> None:
    net = Network()
    leader = net.elect()
    other = next(name for name in net.names if name != leader)
    net.reconfigure(lambda c: c.demoted(other))
    net.settle_change()
    assert other not in net.raft(leader).configuration
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(other) == [b"a"])


# -- when a change is allowed -----------------------------------------------------------------------------------------


def test_only_a_leader_changes_the_configuration() -> None:
    net = Network()
    leader = net.elect()
    follower = next(name for name in net.names if name != leader)
    with pytest.raises(NotLeading):
        net.do(follower, lambda raft, turn: raft.reconfigure(raft.members.without("n1"), turn))


def test_no_change_before_an_entry_of_the_leaders_own_term_is_committed() -> None:
    """The error of the dissertation's single-server change (Ongaro, raft-dev, July 2015)."""
    net = Network()
    net.run_until(net.leaders)
    with pytest.raises(ChangeRefused, match="under way"):
        net.reconfigure(lambda c: c.with_nonvoter("n9"))
    net.elect()
    net.reconfigure(lambda c: c.with_nonvoter("n9"))


def test_no_change_by_a_later_leader_before_its_no_op_is_committed_though_the_last_change_is() -> None:
    """The same where nothing else stands in the way: the configuration itself is long committed."""
    net = Network()
    old = net.elect()
    net.run(SECOND)
    net.crash(old)
    net.run_until(net.leaders)
    raft = net.raft(net.leader())
    assert raft.settled_members is not None
    assert not raft.ready
    with pytest.raises(ChangeRefused, match="under way"):
        net.reconfigure(lambda c: c.with_nonvoter("n9"))
    net.run_until(lambda: raft.ready)
    net.reconfigure(lambda c: c.with_nonvoter("n9"))


def test_no_change_while_one_is_uncommitted() -> None:
    net = Network()
    net.elect()
    net.reconfigure(lambda c: c.with_nonvoter("n8"))
    with pytest.raises(ChangeRefused, match="under way"):
        net.reconfigure(lambda c: c.with_nonvoter("n9"))
    net.settle_change()
    net.reconfigure(lambda c: c.with_nonvoter("n9"))


def test_no_change_while_leadership_is_handed_over() -> None:
    net = Network()
    leader = net.elect()
    target = next(name for name in net.names if name != leader)
    net.cut(leader, target)
    net.do(leader, lambda raft, turn: raft.transfer_leadership(target, turn))
    with pytest.raises(NotLeading):
        net.reconfigure(lambda c: c.with_nonvoter("n9"))


def test_nobody_votes_who_has_not_got_the_configuration_that_lets_it_in() -> None:
    """Removed, wiped or not, and added again: the leader does not know by whom until the answer to that entry."""
    net = Network()
    leader = net.elect()
    other = next(name for name in net.names if name != leader)
    with pytest.raises(ChangeRefused, match="non-voter first"):
        net.reconfigure(lambda c: Configuration((*c.rows, ServerRow("n9"))))
    net.reconfigure(lambda c: c.demoted(other))
    net.settle_change()
    net.run(SECOND)
    net.isolate(other)
    net.reconfigure(lambda c: c.with_nonvoter("n8"))
    net.settle_change()
    with pytest.raises(ChangeRefused, match="catch up"):
        net.reconfigure(lambda c: c.promoted(other))
    net.heal()
    net.run(SECOND)
    net.reconfigure(lambda c: c.promoted(other))


def test_nobody_votes_under_an_identity_that_is_not_its_own() -> None:
    """It has lost its disk, and so the votes it gave, and is a non-voter under its old name only."""
    net = Network()
    leader = net.elect()
    other = next(name for name in net.names if name != leader)
    net.reconfigure(lambda c: c.demoted(other))
    net.settle_change()
    net.wipe(other)
    net.run(SECOND)
    assert net.raft(leader).matches()[other] == net.raft(leader).last_index
    with pytest.raises(ChangeRefused, match="non-voter first"):
        net.reconfigure(lambda c: c.promoted(other))
    net.reconfigure(lambda c: c.with_nonvoter(other, net.raft(other).identity))
    net.settle_change()
    net.run(SECOND)
    net.reconfigure(lambda c: c.promoted(other))


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (of_voters(("a", "b", "c", "d", "e")), "only one voter may change"),
        (of_voters(("a", "b", "d")), "only one voter may change"),
        (Configuration((ServerRow("a", True, "new"), ServerRow("b"), ServerRow("c"))), "another identity"),
        (Configuration(), "only one voter"),
    ],
)
def test_two_voters_never_change_at_once(after: Configuration, why: str) -> None:
    with pytest.raises(ChangeRefused, match=why):
        check_step(of_voters(("a", "b", "c")), after)


def test_a_leader_appends_no_configuration_in_which_two_voters_change() -> None:
    net = Network(5)
    leader = net.elect()
    before = net.raft(leader).last_index
    one, two = [name for name in net.names if name != leader][:2]
    with pytest.raises(ChangeRefused, match="only one voter may change at a time"):
        net.reconfigure(lambda c: c.without(one).without(two))
    assert net.raft(leader).last_index == before


def test_the_last_voter_stays() -> None:
    with pytest.raises(ChangeRefused, match="without voters"):
        check_step(of_voters(("a",)), of_voters(("a",)).demoted("a"))


def test_non_voters_may_come_and_go_in_any_number() -> None:
    before = of_voters(("a",))
    check_step(before, before.with_nonvoter("b").with_nonvoter("c"))


def test_a_configuration_survives_its_entry() -> None:
    configuration = of_voters(("a", "b")).with_nonvoter("c", "id")
    assert unpack_configuration(configuration.pack()) == configuration


# -- appended and truncated -------------------------------------------------------------------------------------------


def test_a_change_is_in_force_when_it_is_appended_and_ends_when_it_is_truncated() -> None:
    net = Network()
    old = net.elect()
    net.isolate(old)
    net.reconfigure(lambda c: c.with_nonvoter("n9"))
    assert net.raft(old).members.nonvoters == ("n9",)
    net.run_until(lambda: net.leaders() and net.leader() != old)
    net.propose(net.leader(), b"a")
    net.heal()
    net.run_until(lambda: net.commands(old) == [b"a"])
    assert net.raft(old).members.nonvoters == ()


def test_a_configuration_is_part_of_the_snapshot() -> None:
    net = Network(options=RaftOptions(snapshot_threshold=10, trailing_logs=2))
    net.elect()
    net.reconfigure(lambda c: c.with_nonvoter("n8"))
    net.settle_change()
    net.run(SECOND)
    for _ in range(6):
        net.propose(net.leader(), *(b"x",) * 5)
        net.run(50 * MS)
    for name in net.names:
        net.crash(name)
    for name in net.names:
        net.start(name)
        assert net.raft(name).members.nonvoters == ("n8",)
        assert net.raft(name).first_index > net.raft(name)._stable.configurations.latest.index
    net.elect()


# -- leaving ----------------------------------------------------------------------------------------------------------


def test_a_leader_that_removes_itself_does_not_count_itself_and_steps_down_after_the_commit() -> None:
    """D 4.2.2: it manages the cluster without being a member until the entry is committed."""
    net = Network()
    leader = net.elect()
    others = [name for name in net.names if name != leader]
    net.cut(leader, others[0])
    net.reconfigure(lambda c: c.without(leader))
    index = net.raft(leader).last_index
    net.run(ELECTION // 2)
    assert net.leaders() == [leader]
    assert net.raft(leader).commit_index < index  # one of two others is no majority
    net.heal()
    net.run_until(lambda: leader not in net.leaders())
    assert net.raft(leader).commit_index >= index
    took = net.run_until(net.leaders)
    assert took < ELECTION  # the successor was told
    net.run(10 * SECOND)
    assert net.raft(leader).role is Role.FOLLOWER


def test_a_removed_server_that_does_not_know_it_does_not_disturb() -> None:
    """D 4.2.3."""
    net = Network()
    leader = net.elect()
    gone = next(name for name in net.names if name != leader)
    net.isolate(gone)
    net.reconfigure(lambda c: c.without(gone))
    net.settle_change()
    net.heal()
    term = net.raft(leader).term
    net.run(30 * SECOND)
    assert (net.leaders(), net.raft(leader).term) == ([leader], term)
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(leader) == [b"a"])
    assert net.commands(gone) == []


def test_a_server_that_an_uncommitted_change_removes_may_still_be_needed() -> None:
    """D 4.2.2: four servers, the change is on the leader that dies and on the removed server only."""
    net = Network(4)
    leader = net.elect()
    removed, *rest = [name for name in net.names if name != leader]
    for name in rest:
        net.cut(leader, name)
    net.reconfigure(lambda c: c.demoted(removed))
    net.run(50 * MS)
    assert removed not in net.raft(removed).configuration
    net.crash(leader)
    net.heal()
    net.run_until(net.leaders, at_most=10 * SECOND)
    assert net.leader() == removed
    net.run_until(lambda: net.leaders() and net.leader() in rest, at_most=10 * SECOND)


# -- identity ---------------------------------------------------------------------------------------------------------


def test_a_wiped_server_gives_no_vote_before_it_is_let_in_anew() -> None:
    net = Network()
    leader = net.elect()
    wiped, other = (name for name in net.names if name != leader)
    net.propose(leader, b"a")
    net.run(SECOND)
    net.wipe(wiped)
    net.crash(leader)
    net.crash(other)
    net.run(2 * ELECTION)
    net.say(other, wiped, RequestVote(term=50, last_index=99, last_term=49))
    net.run(50 * MS)
    votes = [m for _, source, _, m in net.sent if source == wiped and isinstance(m, Vote) and m.granted]
    assert [m for m in votes if m.term == 50] == []
    assert net.raft(wiped).role is Role.FOLLOWER


def test_an_acknowledged_entry_outlives_the_wiping_of_a_disk_that_had_it() -> None:
    """Two of three have the entry; one of these loses its disk, the other dies: the third must not win without it."""
    net = Network(seed=5)
    leader = net.elect()
    wiped, behind = (name for name in net.names if name != leader)
    net.isolate(behind)
    net.propose(leader, b"acknowledged")
    net.run_until(lambda: net.commands(leader) == [b"acknowledged"])
    net.wipe(wiped)
    net.isolate(leader)
    net.cuts.clear()
    net.crash(leader)
    net.run(10 * SECOND)
    assert net.leaders() == []
    net.start(leader)
    net.run_until(lambda: net.commands(behind) == [b"acknowledged"])


def test_a_wiped_server_is_demoted_catches_up_and_votes_again_once_promoted() -> None:
    net = Network()
    leader = net.elect()
    net.propose(leader, b"a")
    wiped = next(name for name in net.names if name != leader)
    net.run(SECOND)
    net.wipe(wiped)
    admit(net)
    assert net.raft(leader).members.nonvoters == (wiped,)
    assert net.commands(wiped) == [b"a"]
    assert net.raft(wiped).admitted
    net.reconfigure(lambda c: c.promoted(wiped))
    net.settle_change()
    net.crash(next(name for name in net.names if name not in (leader, wiped)))
    net.propose(leader, b"b")
    net.run_until(lambda: net.commands(leader) == [b"a", b"b"])


def test_a_server_wiped_twice_is_let_in_twice() -> None:
    net = Network()
    leader = net.elect()
    wiped = next(name for name in net.names if name != leader)
    identities = set()
    for _ in range(2):
        net.run(SECOND)
        net.wipe(wiped)
        admit(net)
        net.reconfigure(lambda c: c.promoted(wiped))
        net.settle_change()
        net.run(SECOND)
        identities.add(net.raft(wiped).identity)
    assert len(identities) == 2
    assert net.raft(wiped).admitted


def test_an_identity_is_drawn_before_anything_is_promised_and_kept() -> None:
    net = Network(3, bootstrap=False)
    net.say("n2", "n1", AppendEntries(term=1, leader="n2", prev_index=0, prev_term=0, commit=0, round=1))
    net.run(50 * MS)
    identity = net.raft("n1").identity
    assert identity
    net.crash("n1")
    net.start("n1")
    assert net.raft("n1").identity == identity


def test_a_server_that_bootstraps_after_it_was_asked_for_a_vote_is_a_founder() -> None:
    net = Network(1, bootstrap=False)
    net.say("n2", "n1", RequestVote(term=1, pre=True, last_index=0, last_term=0))
    assert net.raft("n1").identity
    net.do("n1", lambda raft, turn: raft.bootstrap(("n1",), turn))
    assert net.raft("n1").identity == ""
    net.elect()


# -- handing over -----------------------------------------------------------------------------------------------------


def test_leadership_goes_to_voters_only() -> None:
    net = grown()
    leader = net.leader()
    for target in ("n9", leader, "n77"):
        with pytest.raises(LookupError):
            net.do(leader, lambda raft, turn, target=target: raft.transfer_leadership(target, turn))


def test_without_a_target_the_fittest_voter_takes_over() -> None:
    net = Network()
    leader = net.elect()
    fit, unfit = (name for name in net.names if name != leader)
    net.isolate(unfit)
    net.propose(leader, b"a")
    net.run(50 * MS)
    assert net.do(leader, lambda raft, turn: raft.transfer_leadership("", turn)) == fit
    net.run_until(lambda: net.leaders() == [fit])


@pytest.mark.parametrize("place", [0, 1])
def test_whoever_is_silent_is_not_the_fittest_however_much_it_has(place: int) -> None:
    """It would be waited for in vain while the cluster takes no writes."""
    net = Network()
    leader = net.elect()
    others = [name for name in net.names if name != leader]
    net.crash(others[place])
    net.run(SECOND)
    assert net.do(leader, lambda raft, turn: raft.transfer_leadership("", turn)) == others[1 - place]


def test_a_leader_alone_has_nobody_to_hand_over_to() -> None:
    net = Network(1)
    leader = net.elect()
    with pytest.raises(LookupError, match="no other voter"):
        net.do(leader, lambda raft, turn: raft.transfer_leadership("", turn))


def test_a_leader_whose_disk_stands_still_steps_down() -> None:
    net = Network()
    leader = net.elect()
    net.hosts[leader].sync_ns = 60 * SECOND
    net.propose(leader, b"a")
    net.run_until(lambda: leader not in net.leaders(), at_most=ELECTION + 3 * net.options.heartbeat_ns)
    took = net.run_until(net.leaders)
    assert took < ELECTION
    net.run_until(lambda: net.commands(net.leader()) == [b"a"])
