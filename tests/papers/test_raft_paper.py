"""One test per claim of Ongaro and Ousterhout's paper (plain sections) and of Ongaro's dissertation ("D")."""

import pytest
from raft_network import MS, SECOND, Network

from lictor_actors.raft import NotLeading, RaftOptions, Role
from lictor_messages.base import Message
from lictor_messages.raft import AppendAnswer, AppendEntries, RequestVote, TimeoutNow, Vote

ELECTION = RaftOptions().election_ns


def heard(net: Network, name: str, kind: type[Message], since: int = 0) -> list[Message]:
    """What this server has said, of one kind."""
    return [m for when, source, _, m in net.sent if source == name and when >= since and isinstance(m, kind)]


def follower_of(net: Network, leader: str) -> str:
    return next(name for name in net.names if name != leader)


def entry(term: int, data: bytes = b"x") -> bytes:
    return term.to_bytes(8, "big") + b"\x00" + data


def append(term: int, prev: tuple[int, int], *entries: bytes, commit: int = 0) -> AppendEntries:
    return AppendEntries(
        term=term, leader="n2", prev_index=prev[0], prev_term=prev[1], entries=entries, commit=commit, round=1
    )


def lone(size: int = 3) -> Network:
    """``n1`` of a bootstrapped cluster whose other members are down: a test speaks for them."""
    net = Network(size)
    for name in net.names[1:]:
        net.crash(name)
    net.run(ELECTION)
    return net


# -- 5.1 terms --------------------------------------------------------------------------------------------------------


def test_a_larger_term_is_adopted() -> None:
    """5.1: if one server's current term is smaller than the other's, it updates its term to the larger value."""
    net = lone()
    net.say("n2", "n1", append(9, (1, 1)))
    assert net.raft("n1").term == 9


@pytest.mark.parametrize("role", [Role.LEADER, Role.CANDIDATE])
def test_a_candidate_or_leader_that_finds_its_term_out_of_date_becomes_follower(role: Role) -> None:
    """5.1: it immediately reverts to follower state."""
    net = Network()
    name = net.elect()
    if role is Role.CANDIDATE:
        net.isolate(name)
        net.run(2 * ELECTION)
        net.say(other := follower_of(net, name), name, Vote(term=net.raft(name).term + 1, pre=True, granted=True))
        net.say(other, name, Vote(term=net.raft(name).term + 1, pre=True, granted=True))
        net.run_until(lambda: net.raft(name).role is not Role.FOLLOWER)
    assert net.raft(name).role is not Role.FOLLOWER
    net.say(follower_of(net, name), name, AppendAnswer(term=99, ok=False, match=0, round=0))
    assert (net.raft(name).role, net.raft(name).term) == (Role.FOLLOWER, 99)


def test_a_request_with_a_stale_term_is_rejected() -> None:
    """5.1: if a server receives a request with a stale term number, it rejects the request."""
    net = lone()
    net.say("n2", "n1", append(9, (1, 1)))
    since = net.now + 1
    net.run(SECOND // 10)
    net.say("n3", "n1", append(8, (1, 1), entry(8)))
    answer = heard(net, "n1", AppendAnswer, since)[-1]
    assert isinstance(answer, AppendAnswer)
    assert (answer.ok, answer.term, net.raft("n1").last_index) == (False, 9, 1)


# -- 5.2 elections ----------------------------------------------------------------------------------------------------


def test_servers_start_up_as_followers() -> None:
    """5.2."""
    net = Network(bootstrap=False)
    assert all(net.raft(name).role is Role.FOLLOWER for name in net.names)


def test_a_follower_remains_one_while_it_hears_a_leader() -> None:
    """5.2: it remains in follower state as long as it receives valid RPCs from a leader."""
    net = Network()
    net.elect()
    term = net.raft("n1").term
    net.run(30 * SECOND)
    assert {net.raft(name).term for name in net.names} == {term}


def test_a_follower_that_hears_nothing_over_an_election_timeout_stands() -> None:
    """5.2, 9.3: no later than twice the minimum after the last heartbeat."""
    net = Network()
    leader = net.elect()
    net.crash(leader)
    took = net.run_until(lambda: any(net.raft(n).role is not Role.FOLLOWER for n in net.alive()))
    assert ELECTION - net.options.heartbeat_ns <= took <= 2 * ELECTION + net.options.heartbeat_ns


def test_a_candidate_increments_its_term_votes_for_itself_and_asks_all_others() -> None:
    """5.2."""
    net = Network()
    winner = net.elect()
    asked = [(to, m) for _, source, to, m in net.sent if source == winner and isinstance(m, RequestVote) and not m.pre]
    assert sorted(to for to, _ in asked) == sorted(set(net.names) - {winner})
    assert {m.term for _, m in asked} == {2}
    assert net.judge.votes[winner, 2] == winner


@pytest.mark.parametrize(("size", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_a_candidate_needs_the_votes_of_a_majority(size: int, needed: int) -> None:
    """5.2: a majority of the servers in the full cluster, itself included."""
    for alive in (needed - 1, needed):
        net = Network(size)
        for name in net.names[alive:]:
            net.crash(name)
        net.run(5 * SECOND)
        assert len(net.leaders()) == (alive == needed)


def test_a_server_votes_once_a_term_first_come_first_served() -> None:
    """5.2: also if it crashed in between (5.6: currentTerm and votedFor are persistent)."""
    net = lone()
    net.say("n2", "n1", RequestVote(term=5, last_index=9, last_term=4))
    net.run(10 * MS)
    net.crash("n1")
    net.start("n1")
    net.run(ELECTION)
    net.say("n3", "n1", RequestVote(term=5, last_index=9, last_term=4))
    net.say("n2", "n1", RequestVote(term=5, last_index=9, last_term=4))
    net.run(10 * MS)
    votes = [(to, m.granted) for _, source, to, m in net.sent if source == "n1" and isinstance(m, Vote) and m.term == 5]
    assert votes == [("n2", True), ("n3", False), ("n2", True)]


def test_a_vote_is_on_disk_before_it_is_given() -> None:
    """5.6, D 3.8: servers persist term and vote before answering; here the power fails before the sync."""
    net = lone()
    net.say("n2", "n1", RequestVote(term=5, last_index=9, last_term=4))
    assert not heard(net, "n1", Vote)
    net.crash("n1")
    assert not heard(net, "n1", Vote)


def test_a_candidates_own_vote_is_on_disk_before_it_asks_for_others() -> None:
    """D 3.8: otherwise it could vote for someone else in the same term after a crash."""
    net = Network(1)
    net.hosts["n1"].sync_ns = 50 * MS
    net.run_until(lambda: net.raft("n1").role is Role.CANDIDATE)
    assert net.run_until(lambda: net.raft("n1").role is Role.LEADER) >= 50 * MS


def test_who_is_not_elected_times_out_and_stands_again() -> None:
    """5.2: each candidate times out and starts a new election, as long as it takes."""
    net = Network()
    for name in ("n2", "n3"):
        net.crash(name)
    net.run(20 * ELECTION)
    asked = [m for m in heard(net, "n1", RequestVote) if isinstance(m, RequestVote) and m.pre]
    assert 2 * 9 <= len(asked) <= 2 * 20


def test_nobody_is_asked_for_a_vote_before_the_own_one_is_on_disk() -> None:
    """D 3.8: a crash in between must not lead to two votes in one term."""
    net = Network()
    for host in net.hosts.values():
        host.sync_ns = 50 * MS
    net.run_until(lambda: any(net.raft(name).role is Role.CANDIDATE for name in net.names))
    candidate = next(name for name in net.names if net.raft(name).role is Role.CANDIDATE)
    since = net.now
    net.run(49 * MS)
    asked = [m for m in heard(net, candidate, RequestVote, since) if isinstance(m, RequestVote) and not m.pre]
    assert net.raft(candidate).term == 2
    assert asked == []
    net.run(2 * MS)
    assert len([m for m in heard(net, candidate, RequestVote, since) if isinstance(m, RequestVote) and not m.pre]) == 2


def test_a_leader_that_was_deposed_may_lead_again() -> None:
    """5.2: it is a follower like any other, and stands after an election time-out; here nobody else could win."""
    net = Network()
    leader = net.elect()
    behind, gone = [name for name in net.names if name != leader]
    net.cut(leader, behind)
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(leader) == [b"a"])
    net.crash(gone)
    net.run_until(lambda: leader not in net.leaders())
    net.heal()
    net.run_until(lambda: net.leaders() == [leader])
    net.run_until(lambda: net.commands(behind) == [b"a"])


def test_a_candidate_follows_a_legitimate_leader_of_its_term() -> None:
    """5.2: if the leader's term is at least as large as its own, it recognizes the leader."""
    net = Network()
    net.run_until(lambda: any(net.raft(n).role is Role.CANDIDATE for n in net.names))
    name = next(n for n in net.names if net.raft(n).role is Role.CANDIDATE)
    net.say("n2" if name != "n2" else "n3", name, append(net.raft(name).term, (1, 1)))
    assert net.raft(name).role is Role.FOLLOWER


def test_split_votes_are_resolved_by_random_timeouts() -> None:
    """5.2: each candidate restarts its randomized election timeout."""
    for seed in range(20):
        net = Network(4, seed)
        net.delay_ns = (20 * MS, 60 * MS)
        net.run(5 * SECOND)
        assert len(net.leaders()) == 1


def test_election_timeouts_are_spread_over_the_interval() -> None:
    """5.2, 9.3: chosen randomly from a fixed interval; D 9.3: [x, 2x)."""
    drawn = set()
    for seed in range(60):
        net = Network(1, seed, bootstrap=False)
        drawn.add(net.raft("n1")._timeout_ns)
    assert len(drawn) > 50
    assert ELECTION <= min(drawn) < 1.1 * ELECTION
    assert 1.9 * ELECTION < max(drawn) < 2 * ELECTION


# -- 5.3 replication --------------------------------------------------------------------------------------------------


def test_an_entry_is_committed_once_a_majority_has_it() -> None:
    """5.3: and applied in log order; a follower that is away catches up later, indefinitely retried."""
    net = Network(5)
    leader = net.elect()
    away = [name for name in net.names if name != leader][:2]
    for name in away:
        net.crash(name)
    net.propose(leader, b"a", b"b")
    net.run_until(lambda: net.commands(leader) == [b"a", b"b"])
    for name in away:
        net.start(name)
    net.run_until(lambda: all(net.commands(name) == [b"a", b"b"] for name in net.names))


def test_nothing_is_committed_without_a_majority() -> None:
    """5.3."""
    net = Network()
    leader = net.elect()
    net.isolate(leader)
    net.propose(leader, b"a")
    net.run(ELECTION // 2)
    assert net.commands(leader) == []


def test_followers_learn_the_commit_index_from_the_next_message() -> None:
    """5.3: the leader includes the highest index it knows to be committed in future AppendEntries."""
    net = Network()
    leader = net.elect()
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(leader) == [b"a"])
    net.run(net.options.heartbeat_ns + 5 * MS)
    assert all(net.commands(name) == [b"a"] for name in net.names)


def test_a_follower_refuses_entries_that_do_not_follow_its_own() -> None:
    """5.3: the consistency check on the entry that precedes the new ones."""
    net = lone()
    net.say("n2", "n1", append(2, (5, 2), entry(2)))
    net.run(10 * MS)
    answers = heard(net, "n1", AppendAnswer)
    assert [m.ok for m in answers if isinstance(m, AppendAnswer)] == [False]
    assert net.raft("n1").last_index == 1


def test_conflicting_entries_are_overwritten_with_the_leaders() -> None:
    """5.3: the leader forces the followers' logs to duplicate its own."""
    net = lone()
    net.say("n2", "n1", append(2, (1, 1), entry(2, b"a"), entry(2, b"b"), entry(2, b"c")))
    net.say("n3", "n1", append(3, (2, 2), entry(3, b"d")))
    raft = net.raft("n1")
    assert [(e.term, e.data) for e in raft.entries(2, raft.last_index + 1)] == [(2, b"a"), (3, b"d")]


def test_a_late_message_does_not_remove_what_followed() -> None:
    """5.3, D 3.5: only an existing entry that *conflicts* with a new one is deleted."""
    net = lone()
    late = append(2, (1, 1), entry(2, b"a"))
    net.say("n2", "n1", append(2, (1, 1), entry(2, b"a"), entry(2, b"b")))
    net.say("n2", "n1", late)
    net.say("n2", "n1", append(2, (1, 1)))
    assert net.raft("n1").last_index == 3


def test_entries_are_on_disk_before_the_follower_says_so() -> None:
    """5.3, 5.6."""
    net = lone()
    net.say("n2", "n1", append(2, (1, 1), entry(2, b"a")))
    assert not heard(net, "n1", AppendAnswer)
    net.say("n2", "n1", append(2, (1, 1), entry(2, b"a")))  # nothing new, but still not on disk
    assert not heard(net, "n1", AppendAnswer)
    net.run(10 * MS)
    assert len(heard(net, "n1", AppendAnswer)) == 2


def test_a_conflict_costs_one_round_trip_per_term_not_per_entry() -> None:
    """5.3, last paragraphs: the follower names the conflicting term, the leader bypasses all of it."""
    net = Network()
    old = net.elect()
    net.isolate(old)
    net.propose(old, *(b"lost" for _ in range(200)))
    net.run(3 * SECOND)
    middle = net.leader()
    net.propose(middle, *(b"kept" for _ in range(300)))
    net.run(SECOND)
    transfer(net, middle, next(name for name in net.names if name not in (old, middle)))
    net.run(SECOND)
    since = net.now
    net.heal()
    net.run_until(net.settled)
    refusals = [m for m in heard(net, old, AppendAnswer, since) if isinstance(m, AppendAnswer) and not m.ok]
    assert net.commands(old) == [b"kept"] * 300
    assert 1 <= len(refusals) <= 3


def test_a_leader_never_overwrites_its_own_log() -> None:
    """5.3: leader append-only; a second leader of its term would be a broken promise, said aloud."""
    net = Network()
    leader = net.elect()
    raft = net.raft(leader)
    other = follower_of(net, leader)
    with pytest.raises(RuntimeError, match=f"{other} and {leader} both lead term"):
        net.say(other, leader, append(raft.term, (1, 1), entry(raft.term, b"other")))


# -- 5.4 safety -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "granted"), [((3, 2), True), ((4, 2), True), ((2, 2), False), ((9, 1), False), ((1, 3), True)]
)
def test_votes_go_only_to_logs_at_least_as_up_to_date(last: tuple[int, int], granted: bool) -> None:
    """5.4.1: the later last term wins; with the same last term, the longer log."""
    net = lone()
    net.say("n2", "n1", append(2, (1, 1), entry(2), entry(2)))
    net.run(ELECTION + MS)
    net.say("n3", "n1", RequestVote(term=7, last_index=last[0], last_term=last[1]))
    net.run(10 * MS)
    assert [m.granted for m in heard(net, "n1", Vote) if isinstance(m, Vote)] == [granted]


def test_an_entry_of_an_earlier_term_is_not_committed_by_counting_replicas() -> None:
    """5.4.2, figure 8: only when an entry of the leader's own term is, and then along with it."""
    net = Network(options=RaftOptions(frame_bytes=1, eager_messages=1))  # so each entry is answered alone
    leader = net.elect()
    net.isolate(leader)
    net.propose(leader, b"old")
    net.run(20 * MS)
    index = net.raft(leader).last_index
    for name in net.names:
        net.crash(name)
    net.heal()
    net.start(leader)
    net.start(follower_of(net, leader))
    net.run_until(lambda: net.leaders() == [leader])
    raft = net.raft(leader)
    net.run_until(lambda: index in raft.matches().values())
    assert raft.durable_index >= index
    assert raft.commit_index < index
    net.run_until(lambda: raft.commit_index >= index)
    assert raft.commit_index == index + 1


def test_committed_entries_outlive_the_leader() -> None:
    """5.4.3: leader completeness."""
    net = Network()
    first = net.elect()
    net.propose(first, b"a")
    net.run_until(lambda: net.commands(first) == [b"a"])
    net.crash(first)
    second = net.run_until(net.leaders) and net.leader()
    net.run_until(lambda: net.commands(second) == [b"a"])


# -- 5.5, 5.6 crashes, timing -----------------------------------------------------------------------------------------


def test_requests_are_idempotent() -> None:
    """5.5: a follower that receives an AppendEntries again ignores what it has already."""
    net = Network()
    net.repeat = 1.0
    leader = net.elect()
    net.propose(leader, b"a", b"b")
    net.run(SECOND)
    assert all(net.commands(name) == [b"a", b"b"] for name in net.names)


def test_a_crashed_server_restarts_from_its_disk() -> None:
    """5.5."""
    net = Network()
    leader = net.elect()
    net.propose(leader, b"a")
    net.run(SECOND)
    for name in net.names:
        net.crash(name)
    for name in net.names:
        net.start(name)
    net.elect()
    assert all(net.commands(name) == [b"a"] for name in net.names)


# -- 8 clients, D 6 reads ---------------------------------------------------------------------------------------------


def test_a_new_leader_commits_a_blank_no_op() -> None:
    """8: it does not know which entries are committed until it has committed one of its own term."""
    net = Network()
    leader = net.elect()
    raft = net.raft(leader)
    assert [e.type for e in raft.entries(1, raft.last_index + 1)] == ["configuration", "noop"]


def test_a_read_waits_for_the_no_op_and_for_a_majority() -> None:
    """8, D 6.4: ReadIndex; one round of heartbeats for all reads that wait."""
    net = Network()
    net.run_until(net.leaders)
    leader = net.leader()
    reads = [net.do(leader, lambda raft, turn: raft.read(turn)) for _ in range(50)]
    assert not net.hosts[leader].server.reads
    since = net.now
    net.run_until(lambda: len(net.hosts[leader].server.reads) == 50)
    assert [read for read, _ in net.hosts[leader].server.reads] == reads
    assert {index for _, index in net.hosts[leader].server.reads} == {net.raft(leader).commit_index}
    rounds = {m.round for m in heard(net, leader, AppendEntries, since) if isinstance(m, AppendEntries)}
    assert len(rounds) <= 2


def test_a_deposed_leader_confirms_no_read() -> None:
    """8: it must check that it has not been deposed before it answers."""
    net = Network()
    leader = net.elect()
    net.isolate(leader)
    net.do(leader, lambda raft, turn: raft.read(turn))
    net.run(3 * SECOND)
    assert net.hosts[leader].server.reads == []
    with pytest.raises(NotLeading):
        net.do(leader, lambda raft, turn: raft.read(turn))


def test_a_read_is_not_confirmed_by_answers_to_rounds_sent_before_it() -> None:
    """D 6.4, step 3: the round has to be *sent* after the read arrived."""
    net = Network()
    leader = net.elect()
    net.delay_ns = (30 * MS, 30 * MS)
    since = len(net.judge.leaders)
    net.run_until(lambda: net.sent[-1][1] == leader and isinstance(net.sent[-1][3], AppendEntries))
    net.run(MS)
    took_from = net.now
    net.do(leader, lambda raft, turn: raft.read(turn))
    net.run_until(lambda: net.hosts[leader].server.reads)
    assert net.now - took_from >= 60 * MS
    assert len(net.judge.leaders) == since


def test_the_lease_runs_from_sending_and_ends_before_anyone_else_can_lead() -> None:
    """D 6.4.1: counted from the start of the round that a majority answered."""
    net = Network()
    leader = net.elect()
    net.delay_ns = (40 * MS, 40 * MS)
    net.run(SECOND)
    net.isolate(leader)
    last_sent = max(when for when, source, _, m in net.sent if source == leader and isinstance(m, AppendEntries))
    net.run(100 * MS)
    raft = net.raft(leader)
    assert raft.lease_valid(net.now)
    lapsed = next(now for now in range(net.now, net.now + SECOND, MS) if not raft.lease_valid(now))
    assert lapsed <= last_sent + net.options.lease_ns + MS


def test_a_voter_is_loyal_for_one_minimum_election_timeout_since_it_heard_a_leader_or_started() -> None:
    """D 6.4.1, 4.2.3: or a lease would not be safe; also after a restart, when it cannot know whom it heard."""
    net = Network()
    leader = net.elect()
    voter = follower_of(net, leader)
    net.crash(voter)
    net.start(voter)
    started = net.now
    candidate = next(name for name in net.names if name not in (leader, voter))
    net.isolate(voter)
    asked = RequestVote(term=99, last_index=99, last_term=98)
    net.run(ELECTION - MS)
    net.say(candidate, voter, asked)
    assert net.raft(voter).term < 99
    net.run(2 * MS)
    assert net.now > started + ELECTION
    net.say(candidate, voter, asked)
    assert net.raft(voter).term == 99


# -- D 3.10 leadership transfer ---------------------------------------------------------------------------------------


def transfer(net: Network, leader: str, target: str) -> None:
    net.do(leader, lambda raft, turn: raft.transfer_leadership(target, turn))


def test_leadership_can_be_transferred_at_once() -> None:
    """D 3.10: the target stands immediately, without waiting for an election time-out."""
    net = Network()
    leader = net.elect()
    target = follower_of(net, leader)
    net.propose(leader, b"a")
    transfer(net, leader, target)
    took = net.run_until(lambda: net.leaders() == [target])
    assert took < 20 * MS


def test_a_leader_in_transfer_takes_no_proposals_and_has_no_lease() -> None:
    """D 3.10: it stops accepting new requests; the lease is given up because voters break loyalty for a transfer."""
    net = Network()
    leader = net.elect()
    assert net.raft(leader).lease_valid(net.now)
    transfer(net, leader, follower_of(net, leader))
    assert not net.raft(leader).lease_valid(net.now)
    with pytest.raises(NotLeading):
        net.propose(leader, b"a")


def test_the_target_is_told_only_once_its_log_matches() -> None:
    """D 3.10: the prior leader first replicates its log."""
    net = Network()
    leader = net.elect()
    target = follower_of(net, leader)
    net.cut(leader, target)
    net.propose(leader, b"a")
    transfer(net, leader, target)
    net.run(200 * MS)
    assert not heard(net, leader, TimeoutNow)
    net.heal()
    net.run_until(lambda: net.leaders() == [target])


def test_a_transfer_that_does_not_complete_is_given_up_after_an_election_timeout() -> None:
    """D 3.10: the prior leader resumes; but never again by lease in this term, the message may still arrive."""
    net = Network()
    leader = net.elect()
    target = follower_of(net, leader)
    net.cut(leader, target)
    transfer(net, leader, target)
    net.run(ELECTION + 2 * net.options.heartbeat_ns)
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(leader) == [b"a"])
    assert not net.raft(leader).lease_valid(net.now)


# -- D 4.1 membership -------------------------------------------------------------------------------------------------


def test_who_is_not_in_the_own_configuration_may_lead_and_be_voted_for() -> None:
    """D 4.1: a server whose log lags knows nothing of a member that the others have; votes only ask about logs."""
    net = lone()
    net.run(ELECTION)
    net.say("n9", "n1", RequestVote(term=7, last_index=9, last_term=6))
    net.run(10 * MS)
    assert [m.granted for m in heard(net, "n1", Vote) if isinstance(m, Vote)] == [True]
    net.say("n9", "n1", append(7, (1, 1), entry(7)))
    assert (net.raft("n1").leader, net.raft("n1").last_index) == ("n9", 2)


# -- D 4.2.3, 9.6 disruption ------------------------------------------------------------------------------------------


def test_a_pre_vote_changes_nothing_and_may_be_given_to_many() -> None:
    """D 9.6: a candidate increments its term only if it first learns that a majority would vote for it."""
    net = lone()
    before = (net.raft("n1").term, len(net.hosts["n1"].records))
    for source in ("n2", "n3"):
        net.say(source, "n1", RequestVote(term=50, pre=True, last_index=9, last_term=9))
    net.run(10 * MS)
    votes = [m for m in heard(net, "n1", Vote) if isinstance(m, Vote)]
    assert [(m.pre, m.granted, m.term) for m in votes] == [(True, True, 50)] * 2
    assert (net.raft("n1").term, len(net.hosts["n1"].records)) == before


def test_a_server_that_was_cut_off_does_not_depose_the_leader_when_it_returns() -> None:
    """D 9.6, 4.2.3."""
    net = Network()
    leader = net.elect()
    term = net.raft(leader).term
    away = follower_of(net, leader)
    net.isolate(away)
    net.run(20 * SECOND)
    assert net.raft(away).term == term
    net.heal()
    net.run(5 * SECOND)
    assert (net.leaders(), net.raft(leader).term) == ([leader], term)


def test_a_leader_that_no_majority_answers_steps_down() -> None:
    """D 6.2: if an election timeout elapses without a successful round of heartbeats to a majority."""
    net = Network(5)
    leader = net.elect()
    net.isolate(leader)
    took = net.run_until(lambda: leader not in net.leaders())
    assert took <= ELECTION + 2 * net.options.heartbeat_ns


def test_the_leader_sends_while_its_own_disk_still_writes_and_counts_itself_only_then() -> None:
    """D 10.2.1: writing to the leader's disk in parallel."""
    net = Network()
    leader = net.elect()
    net.hosts[leader].sync_ns = 300 * MS
    start = net.now
    net.propose(leader, b"a")
    net.run_until(lambda: net.commands(leader) == [b"a"])
    assert net.now - start < 20 * MS
    assert net.raft(leader).durable_index < net.raft(leader).commit_index
    others = [name for name in net.names if name != leader]
    net.run(SECOND)
    net.crash(others[0])
    net.hosts[others[1]].sync_ns = MS
    start = net.now
    net.propose(leader, b"b")
    net.run_until(lambda: net.commands(leader) == [b"a", b"b"])
    assert net.now - start >= 300 * MS


def test_proposals_share_messages_under_load() -> None:
    """D 10.2.2: batching; a part-filled message waits while others are on their way."""
    net = Network()
    leader = net.elect()
    since = net.now
    for number in range(300):
        net.propose(leader, b"%d" % number)
    net.run_until(lambda: len(net.commands(leader)) == 300)
    frames = [m for m in heard(net, leader, AppendEntries, since) if isinstance(m, AppendEntries) and m.entries]
    assert len(frames) <= 8


def test_full_messages_are_pipelined() -> None:
    """D 10.2.2: the leader does not wait for an answer before it sends the next entries."""
    net = Network(options=RaftOptions(frame_bytes=1000))
    leader = net.elect()
    net.delay_ns = (20 * MS, 20 * MS)
    since = net.now
    net.propose(leader, *(bytes(100) for _ in range(200)))
    took = net.run_until(lambda: len(net.commands(leader)) == 200)
    frames = [m for m in heard(net, leader, AppendEntries, since) if isinstance(m, AppendEntries) and m.entries]
    assert all(sum(map(len, m.entries)) <= 1000 for m in frames)
    assert len(frames) >= 40
    assert took < 4 * 20 * MS + 10 * MS
