"""Ways in which Raft clusters have stood still or lied in the wild; each fails without its cure."""

import pytest
from raft_network import MS, SECOND, Network

from lictor_actors.raft import Overloaded, RaftOptions, Role
from lictor_actors.raft.configuration import of_voters
from lictor_actors.raft.follower import CommittedTruncated
from lictor_messages.journal import appended
from lictor_messages.raft import (
    AppendAnswer,
    AppendEntries,
    ElectionDue,
    HeartbeatDue,
    InstallSnapshot,
    RequestVote,
    SnapshotAnswer,
    TimeoutNow,
    Vote,
)

ELECTION = RaftOptions().election_ns


def test_a_half_connected_server_does_not_disturb() -> None:
    """Cloudflare, November 2020: one server could not see the leader but all others, and kept electing."""
    net = Network()
    leader = net.elect()
    term = net.raft(leader).term
    away = next(name for name in net.names if name != leader)
    net.cut(leader, away)
    net.cut(away, leader)
    net.run(60 * SECOND)
    assert (net.leaders(), net.raft(leader).term) == ([leader], term)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.slow
def test_a_leader_at_the_rim_gives_way_to_the_connected_majority(seed: int) -> None:
    """Howard and Abraham: 1, 2, 3 hear each other, 4 hears 2 only, 5 hears 3 only. Some leader has to be stable."""
    net = Network(5, seed)
    net.elect()
    net.connect("n1 n2", "n2 n3", "n1 n3", "n4 n2", "n5 n3")
    net.run(10 * SECOND)
    leader, term = net.leader(), net.raft(net.leader()).term
    assert leader in ("n1", "n2", "n3")
    net.run(30 * SECOND)
    assert (net.leaders(), net.raft(leader).term) == ([leader], term)
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(leader) == [b"a"])


def test_an_old_leader_does_not_hold_a_bridge_server_for_ever() -> None:
    """openraft 2080: without a quorum it went on heartbeating the bridge, whose loyalty blocked the others."""
    net = Network(5)
    old = net.elect()
    bridge, *rest = [name for name in net.names if name != old]
    net.connect(f"{old} {bridge}", *(f"{bridge} {name}" for name in rest), *(f"{rest[0]} {n}" for n in rest[1:]))
    net.crash(rest[2])
    took = net.run_until(lambda: any(name in net.leaders() for name in (bridge, *rest[:2])))
    assert took < 5 * ELECTION


def test_a_server_that_only_sends_cannot_keep_leadership() -> None:
    """Leadership rests on answers, not on sending."""
    net = Network()
    deaf = net.elect()
    for name in net.names:
        if name != deaf:
            net.cut(name, deaf)
    net.run_until(lambda: net.leaders() and deaf not in net.leaders(), at_most=5 * SECOND)


def test_a_server_that_only_sends_cannot_win_and_disturbs_nobody() -> None:
    net = Network()
    leader = net.elect()
    term = net.raft(leader).term
    deaf = next(name for name in net.names if name != leader)
    for name in net.names:
        if name != deaf:
            net.cut(name, deaf)
    net.run(20 * SECOND)
    assert (net.leaders(), net.raft(leader).term) == ([leader], term)


def test_a_leader_that_only_receives_is_replaced() -> None:
    net = Network()
    mute = net.elect()
    for name in net.names:
        if name != mute:
            net.cut(mute, name)
    took = net.run_until(lambda: any(name != mute for name in net.leaders()))
    assert took < 3 * ELECTION


def test_a_server_with_a_higher_term_that_hears_only_the_leader_can_come_back() -> None:
    """etcd: a message of a lower term is answered, so that the leader learns of the term and a new one is found."""
    net = Network()
    leader = net.elect()
    stuck, other = [name for name in net.names if name != leader]
    net.isolate(stuck)
    net.run(ELECTION)
    net.say(other, stuck, RequestVote(term=50, last_index=99, last_term=49, transfer=True))
    assert net.raft(stuck).term == 50
    net.heal()
    net.elect()
    assert net.raft(leader).term >= 50


@pytest.mark.parametrize("by_the_leader", [True, False])
def test_nobody_stands_for_an_earlier_leader_or_for_somebody_who_does_not_lead(by_the_leader: bool) -> None:
    """A TimeoutNow that was long on its way would break every voter's loyalty to the leader of today."""
    net = Network()
    leader = net.elect()
    follower, other = [name for name in net.names if name != leader]
    term = net.raft(leader).term
    net.say(leader if by_the_leader else other, follower, TimeoutNow(term=term - by_the_leader))
    assert (net.raft(follower).role, net.raft(follower).term) == (Role.FOLLOWER, term)


def test_a_snapshot_of_an_earlier_term_is_answered_so_that_who_sends_it_steps_down() -> None:
    net = Network()
    leader = net.elect()
    follower, old = [name for name in net.names if name != leader]
    term = net.raft(leader).term
    late = InstallSnapshot(
        term=term - 1,
        leader=old,
        index=99,
        last_term=1,
        configuration_index=1,
        configuration=of_voters(net.names).pack(),
        size=9,
        checksum=0,
        offset=0,
        data=b"x",
    )
    net.say(old, follower, late)
    answers = [m for _, source, to, m in net.sent if (source, to) == (follower, old) and isinstance(m, SnapshotAnswer)]
    assert [(answer.term, answer.offset) for answer in answers] == [(term, 0)]
    assert net.raft(follower).incoming is None


# -- messages of another time ------------------------------------------------------------------------------------------


def alone(seed: int = 1) -> Network:
    """``n1`` of three, the others down: it asks for pre-votes in vain."""
    net = Network(3, seed)
    for name in ("n2", "n3"):
        net.crash(name)
    net.run_until(lambda: net.raft("n1").role is Role.PRE_CANDIDATE)
    return net


def candidate() -> Network:
    """``n1`` stands for term 2, and its own vote is on disk."""
    net = alone()
    net.say("n2", "n1", Vote(term=2, pre=True, granted=True))
    net.run(10 * MS)
    assert (net.raft("n1").role, net.raft("n1").term) == (Role.CANDIDATE, 2)
    return net


def test_a_late_pre_vote_for_an_earlier_term_counts_for_nothing() -> None:
    net = alone()
    net.say("n2", "n1", Vote(term=1, pre=True, granted=True))
    assert net.raft("n1").role is Role.PRE_CANDIDATE


@pytest.mark.parametrize(
    "late", [Vote(term=1, granted=True), Vote(term=2, pre=True, granted=True), Vote(term=3, pre=True, granted=True)]
)
def test_a_late_vote_of_another_election_elects_nobody(late: Vote) -> None:
    net = candidate()
    net.say("n2", "n1", late)
    assert net.raft("n1").role is Role.CANDIDATE
    net.say("n2", "n1", Vote(term=2, granted=True))
    assert net.raft("n1").role is Role.LEADER


def test_a_stranger_elects_nobody() -> None:
    net = candidate()
    net.say("n9", "n1", Vote(term=2, granted=True))
    assert net.raft("n1").role is Role.CANDIDATE


def test_a_refusal_of_a_later_term_ends_a_candidacy() -> None:
    net = candidate()
    net.say("n2", "n1", Vote(term=7, granted=False))
    assert (net.raft("n1").role, net.raft("n1").term) == (Role.FOLLOWER, 7)


@pytest.mark.parametrize("seed", range(6))
def test_who_has_given_its_vote_waits_a_whole_time_out_for_whoever_got_it(seed: int) -> None:
    """Section 5.2: a vote is a reason not to stand, or those who voted would compete with whom they voted for."""
    net = alone(seed)
    net.run(net.options.election_ns // 2)
    net.say("n2", "n1", RequestVote(term=7, last_index=9, last_term=6))
    net.run(ELECTION - MS)
    assert (net.raft("n1").role, net.raft("n1").term) == (Role.FOLLOWER, 7)


def test_a_candidate_of_a_later_term_does_not_depose_a_leader_that_is_heard() -> None:
    """A leader is as loyal to itself as its followers are: its own heartbeats tell it when it is heard no more."""
    net = Network()
    leader = net.elect()
    net.run(3 * SECOND)
    other, term = next(name for name in net.names if name != leader), net.raft(leader).term
    net.say(other, leader, RequestVote(term=99, last_index=99, last_term=98))
    assert (net.leaders(), net.raft(leader).term) == ([leader], term)


@pytest.mark.parametrize("pre", [True, False])
def test_nobody_gets_a_vote_for_a_term_that_is_over(pre: bool) -> None:
    """The answer tells the term of today, or whoever asks would ask for ever."""
    net = alone()
    net.say("n2", "n1", AppendEntries(term=9, leader="n2", prev_index=1, prev_term=1, commit=0, round=1))
    net.run(ELECTION + MS)
    net.say("n3", "n1", RequestVote(term=5, pre=pre, last_index=99, last_term=4))
    net.run(10 * MS)
    votes = [m for _, source, to, m in net.sent if (source, to) == ("n1", "n3") and isinstance(m, Vote)]
    assert [(vote.granted, vote.term) for vote in votes] == [(False, 9)]


def test_a_read_waits_for_the_no_op_though_a_majority_answers_every_round() -> None:
    """Whose log lags answers too, and proves leadership: but what was committed before, a new leader does not know.

    Nor does each answer begin another round meanwhile, or they would follow each other without a pause.
    """
    net = candidate()
    net.say("n2", "n1", Vote(term=2, granted=True))
    net.run(10 * MS)
    raft, reads = net.raft("n1"), net.hosts["n1"].server.reads
    leading = raft._leading
    assert leading is not None
    net.do("n1", lambda raft, turn: raft.read(turn))
    for _ in range(5):
        net.do("n1", lambda raft, turn: raft.due(HeartbeatDue(), turn))
        net.say("n2", "n1", AppendAnswer(term=2, ok=False, match=1, round=leading.rounds.round))
    assert (reads, leading.rounds.round, raft.lease_valid(net.now)) == ([], 6, False)


def test_an_answer_to_an_earlier_leadership_is_no_answer_to_this_one() -> None:
    """It may speak of entries that have been cut since: commit would count copies that are not there."""
    net = Network()
    leader = net.elect()
    follower = next(name for name in net.names if name != leader)
    raft, term = net.raft(leader), net.raft(leader).term
    net.isolate(leader)
    (index,) = net.propose(leader, b"a")
    net.run(ELECTION // 2)
    silent = raft.contacts(net.now)[follower]
    net.say(follower, leader, AppendAnswer(term=term - 1, ok=True, match=index, round=99))
    net.say(follower, leader, SnapshotAnswer(term=term - 1, index=index, offset=0))
    assert raft.commit_index < index
    assert raft.matches()[follower] < index
    assert raft.contacts(net.now)[follower] == silent


def test_a_snapshots_answer_of_a_later_term_deposes_its_sender() -> None:
    net = Network()
    leader = net.elect()
    other = next(name for name in net.names if name != leader)
    net.say(other, leader, SnapshotAnswer(term=99, index=5, offset=0))
    assert (net.raft(leader).role, net.raft(leader).term) == (Role.FOLLOWER, 99)


# -- disks, leases, limits ---------------------------------------------------------------------------------------------


def test_a_disk_that_has_written_something_else_has_not_written_the_own_vote() -> None:
    net = Network(1)
    net.hosts["n1"].sync_ns = SECOND
    net.run_until(lambda: net.raft("n1").role is Role.CANDIDATE)
    net.do("n1", lambda raft, turn: raft.durable(0, turn))
    assert net.raft("n1").role is Role.CANDIDATE


def test_a_leader_that_wakes_after_a_long_stall_reads_by_no_lease() -> None:
    net = Network()
    leader = net.elect()
    raft = net.raft(leader)
    assert raft.lease_valid(net.now)
    assert not raft.lease_valid(net.now + ELECTION)


def test_a_late_message_commits_nothing_that_it_does_not_vouch_for() -> None:
    """Entries behind those of the message may be a deposed leader's: commit at most prev + len(entries)."""
    net = Network()
    net.run(10 * MS)
    for name in ("n2", "n3"):
        net.crash(name)
    old = AppendEntries(
        term=2, leader="n2", prev_index=1, prev_term=1, entries=(bytes(7) + b"\x02\x00old",) * 3, commit=1, round=1
    )
    net.say("n2", "n1", old)
    net.say("n3", "n1", AppendEntries(term=3, leader="n3", prev_index=1, prev_term=1, commit=4, round=1))
    assert net.raft("n1").commit_index == 1


def test_a_leader_that_contradicts_what_is_committed_is_not_obeyed() -> None:
    net = Network()
    net.elect()
    net.run(SECOND)
    raft = net.raft("n1")
    forged = AppendEntries(
        term=9, leader="n2", prev_index=1, prev_term=1, entries=(bytes(7) + b"\x09\x00x",), commit=2, round=1
    )
    if raft.role is Role.LEADER:
        net.isolate("n1")
        net.run_until(lambda: raft.role is not Role.LEADER)
    with pytest.raises(CommittedTruncated, match="entry 2 of term 9, but 2 is committed"):
        net.say("n2", "n1", forged)


def test_a_lost_message_is_found_by_the_next_heartbeat() -> None:
    net = Network()
    leader = net.elect()
    net.isolate(leader)
    net.propose(leader, b"a")
    net.run(MS)
    net.heal()
    net.run_until(lambda: all(net.commands(name) == [b"a"] for name in net.names), at_most=300 * MS)


@pytest.mark.parametrize("lost", [1, 4])
def test_a_follower_that_starts_with_less_than_it_had_is_sent_that_again(lost: int) -> None:
    """Damage to the last batch of a journal looks like a torn write, and is cut. Under the same leader, which knows
    that the follower had it, nothing but its own refusals says that it has it no more."""
    net = Network(3)
    leader = net.elect()
    follower = next(name for name in net.names if name != leader)
    net.propose(leader, b"a", b"b", b"c")
    net.propose(leader, b"d")
    net.run_until(net.settled)
    net.crash(follower)
    host = net.hosts[follower]
    last = max(host.durable_log)
    for index in range(last - lost + 1, last + 1):
        del host.durable_log[index]
    host.records = [r for r in host.records if not any(index > last - lost for index, _, _ in appended(r))]
    net.start(follower)
    assert net.raft(follower).last_index == last - lost
    net.run_until(lambda: net.raft(follower).last_index == last, at_most=SECOND)
    assert net.leader() == leader


def test_a_leader_takes_on_only_so_much_without_a_quorum() -> None:
    net = Network(options=RaftOptions(uncommitted_bytes=1000))
    leader = net.elect()
    net.propose(leader, bytes(900))
    with pytest.raises(Overloaded):
        net.propose(leader, bytes(900))
    net.run_until(lambda: len(net.commands(leader)) == 1)
    net.propose(leader, bytes(900))


def test_heartbeats_do_not_set_the_election_timer_anew() -> None:
    net = Network()
    leader = net.elect()
    name = next(n for n in net.names if n != leader)
    before = net.hosts[name].timers["raft.election"]
    net.run(2 * net.options.heartbeat_ns)
    assert net.hosts[name].timers["raft.election"] == before


def test_timers_of_a_role_that_is_over_do_nothing() -> None:
    net = Network()
    leader = net.elect()
    follower = next(n for n in net.names if n != leader)
    since = len(net.sent)
    net.do(follower, lambda raft, turn: raft.due(HeartbeatDue(), turn))
    net.do(leader, lambda raft, turn: raft.due(ElectionDue(), turn))
    assert len(net.sent) == since
    assert net.leaders() == [leader]


def test_bootstrap_happens_once() -> None:
    net = Network()
    leader = net.elect()
    before = net.raft(leader).last_index
    net.do(leader, lambda raft, turn: raft.bootstrap(("n9",), turn))
    assert net.raft(leader).last_index == before
    assert net.raft(leader).configuration == net.names


def test_a_server_that_was_not_bootstrapped_learns_the_configuration_from_the_log() -> None:
    net = Network(bootstrap=False)
    for name in ("n1", "n2"):
        net.do(name, lambda raft, turn: raft.bootstrap(net.names, turn))
    net.elect()
    assert net.raft("n3").configuration == net.names


def test_a_fresh_cluster_elects_within_one_election_timeout() -> None:
    took = []
    for seed in range(20):
        net = Network(3, seed)
        took.append(net.run_until(net.leaders))
    assert sorted(took)[10] < ELECTION // 2
    assert max(took) < 2 * ELECTION


def test_a_crashed_leader_is_replaced_in_about_an_election_timeout() -> None:
    took = []
    for seed in range(20):
        net = Network(3, seed)
        leader = net.elect()
        net.run(SECOND)
        net.crash(leader)
        took.append(net.run_until(net.leaders))
    assert sorted(took)[10] < 1.7 * ELECTION
    assert max(took) < 4 * ELECTION


def test_an_idle_cluster_sends_two_messages_a_peer_and_heartbeat() -> None:
    net = Network()
    net.elect()
    since = len(net.sent)
    net.run(10 * SECOND)
    assert len(net.sent) - since <= 100 * 4 + 4


def test_what_list_peers_and_stale_reads_show() -> None:
    net = Network()
    leader = net.elect()
    net.propose(leader, b"a")
    net.run(SECOND)
    raft, follower = net.raft(leader), net.raft(next(n for n in net.names if n != leader))
    assert raft.matches() == {name: raft.last_index for name in net.names if name != leader}
    assert follower.matches() == {}
    assert raft.last_contact(net.now) == 0
    assert 0 <= follower.last_contact(net.now) <= net.options.heartbeat_ns + 2 * MS
    assert raft.ready
    assert not follower.ready
    assert follower.leader == leader
