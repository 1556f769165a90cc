"""Snapshots and compaction (section 7; D 5): taken, sent in chunks, resumed, checked, and never begun over for ever."""

from random import Random
from zlib import crc32

import pytest
from raft_network import MS, SECOND, Network

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import Persist
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import RaftOptions
from lictor_actors.raft.configuration import of_voters
from lictor_actors.raft.progress import ProgressState
from lictor_actors.raft.snapshot import Snapshot, SnapshotDamaged
from lictor_actors.raft.stable import LostBeginning, Stable
from lictor_messages.journal import (
    Append,
    Compact,
    JournalRecord,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
    TruncateFrom,
)
from lictor_messages.raft import AppendAnswer, AppendEntries, InstallSnapshot, SnapshotAnswer

SMALL = RaftOptions(snapshot_threshold=10, trailing_logs=4, frame_bytes=64)
CHUNK = 40
"""Bytes that the harness's server writes, and the leader therefore sends, at a time."""


def busy(net: Network, entries: int, prefix: str = "e") -> None:
    """So many entries through whoever leads, five at a time, each batch committed."""
    for first in range(0, entries, 5):
        leader = net.leader()
        net.propose(leader, *(f"{prefix}{first + i}".encode() for i in range(5)))
        net.run_until(lambda leader=leader: net.raft(leader).commit_index == net.raft(leader).last_index)


def left_behind(net: Network, commands: int = 60) -> tuple[str, str]:
    """A leader, and a follower that was away while so many commands were committed: more than the log keeps."""
    leader = net.elect()
    away = next(name for name in net.names if name != leader)
    net.crash(away)
    net.run(SECOND)
    busy(net, commands)
    return leader, away


def messages(net: Network, kind: type, since: int = 0) -> list[tuple[str, str, object]]:
    return [(source, to, m) for when, source, to, m in net.sent if when >= since and isinstance(m, kind)]


def test_a_snapshot_is_taken_after_so_many_entries_and_the_log_keeps_a_tail() -> None:
    net = Network(options=SMALL)
    leader = net.elect()
    busy(net, 40)
    net.run(SECOND)
    for name in net.names:
        raft = net.raft(name)
        assert raft.snapshot is not None
        assert raft.snapshot.index > 25
        assert raft.first_index == raft.snapshot.index - SMALL.trailing_logs + 1
    assert len(net.commands(leader)) == 40


def test_a_late_message_about_entries_that_a_snapshot_stands_for_is_answered_with_what_is_committed() -> None:
    """They were committed, so they are in every leader's log; more than that the message does not show."""
    net = Network(options=SMALL)
    leader = net.elect()
    busy(net, 40)
    net.run(SECOND)
    follower = next(name for name in net.names if name != leader)
    raft, since = net.raft(follower), net.now
    before = (raft.last_index, raft.commit_index)
    assert raft.first_index > 9
    late = AppendEntries(
        term=raft.term,
        leader=leader,
        prev_index=2,
        prev_term=2,
        entries=(bytes(7) + b"\x02\x00x",) * 90,
        commit=0,
        round=1,
    )
    net.say(leader, follower, late)
    net.run(10 * MS)
    answers = [m for source, to, m in messages(net, AppendAnswer, since) if (source, to) == (follower, leader)]
    assert isinstance(answers[0], AppendAnswer)
    assert (answers[0].ok, answers[0].match) == (True, before[1])
    assert (raft.last_index, raft.commit_index) == before


def test_large_entries_are_not_kept_by_number_alone() -> None:
    options = RaftOptions(log_bytes=1000, frame_bytes=64)
    net = Network(options=options)
    leader = net.elect()
    busy(net, 200, prefix="large" * 8)
    net.run(SECOND)
    for name in net.names:
        raft = net.raft(name)
        assert raft.snapshot is not None
        kept = (raft.last_index - raft.first_index) * len("large" * 8)
        assert kept < raft.snapshot.size + options.log_bytes
    assert len(net.commands(leader)) == 200


def test_a_large_state_is_not_written_again_for_a_few_entries() -> None:
    net = Network(options=RaftOptions(snapshot_threshold=10))
    leader = net.elect()
    busy(net, 20)
    net.run(SECOND)
    first = net.raft(leader).snapshot
    assert first is not None
    first.add(bytes(10_000))  # as if the state were so large
    busy(net, 40, prefix="small")
    net.run(SECOND)
    assert net.raft(leader).snapshot is first
    busy(net, 20, prefix="large" * 50)
    net.run(SECOND)
    assert net.raft(leader).snapshot is not first


@pytest.mark.parametrize(
    ("size", "threshold", "longest", "log_bytes", "untaken", "due"),
    [
        (2 * 1000, 5, 99, 9999, 0, True),
        (2 * 1000, 11, 99, 9999, 0, False),
        (2 * 1200, 5, 99, 9999, 0, False),
        (2 * 1000, 1, 99, 9999, 5, False),
        (2 * 1200, 5, 10, 9999, 0, True),
        (2 * 1200, 5, 11, 9999, 0, False),
        (1000, 11, 99, 1000, 0, True),
        (2 * 1000, 11, 99, 1000, 0, False),
        (1000, 11, 99, 1200, 0, False),
    ],
)
def test_a_snapshot_is_due_by_what_was_applied_since_the_last_one(
    size: int, threshold: int, longest: int, log_bytes: int, untaken: int, due: bool
) -> None:
    """Ten entries of 109 bytes, the untaken ones among them; more of them stand before the snapshot."""
    net = Network()
    leader = net.elect()
    net.propose(leader, *[bytes(100)] * 40)
    net.run_until(net.settled)
    raft = net.raft(leader)
    last = Snapshot(raft.commit_index - 10, raft.term, 1, b"")
    last.add(bytes(size))
    raft._stable.snapshot = last
    raft._taken -= untaken
    raft.options = RaftOptions(snapshot_threshold=threshold, snapshot_longest=longest, log_bytes=log_bytes)
    assert raft.snapshot_due == due


def test_a_restarted_server_begins_with_its_snapshot_and_has_everything() -> None:
    net = Network(options=SMALL)
    net.elect()
    busy(net, 40)
    for name in net.names:
        net.crash(name)
    for name in net.names:
        net.start(name)
        assert net.hosts[name].server.restores == 1
    net.elect()
    assert {tuple(net.commands(name)) for name in net.names} == {tuple(f"e{i}".encode() for i in range(40))}


def test_who_was_away_too_long_gets_a_snapshot_in_chunks_and_then_the_rest_of_the_log() -> None:
    net = Network(options=SMALL)
    leader, away = left_behind(net)
    net.start(away)
    since = net.now
    net.run_until(lambda: len(net.commands(away)) == 60)
    chunks = messages(net, InstallSnapshot, since)
    assert net.hosts[away].server.restores == 1
    assert len(chunks) > 5
    assert max(len(m.data) for *_, m in chunks) <= SMALL.frame_bytes  # type: ignore[attr-defined]
    assert net.commands(away) == net.commands(leader)


def test_the_leader_goes_on_serving_while_it_sends_a_snapshot() -> None:
    net = Network(options=SMALL)
    leader, away = left_behind(net)
    net.start(away)
    net.run_until(lambda: messages(net, SnapshotAnswer))
    index = net.propose(leader, b"meanwhile")[0]
    net.run_until(lambda: net.raft(leader).commit_index >= index)
    assert net.hosts[away].server.restores == 0
    net.run_until(lambda: net.commands(away)[-1:] == [b"meanwhile"])


def test_an_install_goes_on_where_it_was_after_the_link_was_cut() -> None:
    net = Network(options=SMALL)
    _, away = left_behind(net)
    net.start(away)
    net.run_until(lambda: len(messages(net, SnapshotAnswer)) == 4)
    net.isolate(away)
    net.run(3 * SECOND)
    net.heal()
    since = net.now
    net.run_until(lambda: net.hosts[away].server.restores == 1)
    offsets = [m.offset for *_, m in messages(net, InstallSnapshot, since)]  # type: ignore[attr-defined]
    assert min(offsets) >= 3 * CHUNK


def test_an_install_goes_on_after_the_follower_lost_power() -> None:
    """What it staged is in its journal."""
    net = Network(options=SMALL)
    _, away = left_behind(net)
    net.start(away)
    net.run_until(lambda: len(messages(net, SnapshotAnswer)) == 6)
    net.crash(away)
    net.start(away)
    since = net.now
    net.run_until(lambda: net.hosts[away].server.restores == 1)
    asked = [m.offset for *_, m in messages(net, SnapshotAnswer, since)]  # type: ignore[attr-defined]
    assert min(asked) >= 5 * CHUNK


def test_a_snapshot_that_arrives_damaged_is_not_taken_over_and_fetched_again() -> None:
    net = Network(options=SMALL)
    leader = net.elect()
    follower = next(name for name in net.names if name != leader)
    net.run(SECOND)
    raft, since = net.raft(follower), net.now
    damaged = InstallSnapshot(
        term=raft.term,
        leader=leader,
        index=50,
        last_term=raft.term,
        configuration_index=1,
        configuration=raft.members.pack(),
        size=4,
        checksum=crc32(b"good"),
        offset=0,
        data=b"evil",
    )
    net.say(leader, follower, damaged)
    net.run(10 * MS)
    answers = [m for source, _, m in messages(net, SnapshotAnswer, since) if source == follower]
    assert [(answer.index, answer.offset) for answer in answers] == [(50, 0)]  # type: ignore[attr-defined]
    assert net.hosts[follower].server.restores == 0
    assert raft.commit_index < 50


def test_the_log_is_not_shortened_before_the_snapshot_is_on_disk() -> None:
    net = Network(options=SMALL)
    leader = net.elect()
    net.run(SECOND)
    stable = net.raft(leader)._stable
    net.hosts[leader].sync_ns = 300 * MS
    net.propose(leader, *(b"%d" % number for number in range(20)))
    net.run_until(lambda: not stable.snapshot_durable)
    net.do(leader, lambda raft, turn: raft.durable(0, turn))
    assert stable.log.offset == 0
    net.run_until(lambda: stable.snapshot_durable)
    assert stable.log.offset > 0


def test_an_install_goes_on_under_another_leader_with_the_same_snapshot() -> None:
    net = Network(options=SMALL)
    leader = net.elect()
    away, other = [name for name in net.names if name != leader]
    net.crash(away)
    net.run(SECOND)
    busy(net, 60)
    net.run(SECOND)
    net.start(away)
    net.run_until(lambda: len(messages(net, SnapshotAnswer)) == 6)
    net.crash(leader)
    since = net.now
    net.run_until(lambda: net.hosts[away].server.restores == 1)
    assert net.leader() == other
    asked = [m.offset for source, _, m in messages(net, SnapshotAnswer, since) if source == away]  # type: ignore[attr-defined]
    assert min(asked) >= 5 * CHUNK


def test_a_snapshot_whose_writer_died_does_not_keep_the_next_from_being_written() -> None:
    net = Network(options=SMALL)
    leader = net.elect()
    name = next(name for name in net.names if name != leader)
    net.run(SECOND)
    net.hosts[name].server.chunk_bytes = 2
    net.propose(leader, *(b"%d" % number for number in range(12)))
    net.run_until(lambda: (staged := net.raft(name)._stable.staged) is not None and staged.own and staged.size)
    net.run(20 * MS)
    assert net.raft(name)._stable.staged is not None
    net.crash(name)
    net.start(name)
    busy(net, 60)
    net.run_until(lambda: (snapshot := net.raft(name).snapshot) is not None and snapshot.index > 20)


@pytest.mark.parametrize(("behind", "due"), [(0, True), (99, False)])
def test_half_of_a_leaders_snapshot_that_the_log_has_overtaken_does_not_keep_an_own_one_from_being_taken(
    behind: int, due: bool
) -> None:
    net = Network()
    leader = net.elect()
    busy(net, 20)
    net.run_until(net.settled)
    raft = net.raft(next(name for name in net.names if name != leader))
    raft.options = RaftOptions(snapshot_threshold=10)
    raft._stable.staged = Snapshot(raft.commit_index + behind, 2, 1, b"", expected=(999, 7))
    assert raft.snapshot_due == due


def test_a_log_that_ends_before_its_snapshot_begins_behind_it_after_a_restart() -> None:
    """The power failed between the snapshot that was taken over and the end of the log it stands for."""
    data = b"state"
    records: list[JournalRecord] = [Append(index=i, term=1, data=b"\x00e") for i in (1, 2, 3)]
    records.append(SnapshotBegin(index=20, term=2, configuration_index=0, configuration=of_voters(()).pack()))
    records += [SnapshotChunk(offset=0, data=data), SnapshotEnd(size=len(data), checksum=crc32(data))]
    stable, rng = Stable(), Random(1)
    for record in records:
        stable.recover(record)
    turn = Turn(Life(Actor(), "server@n1", rng, rng.randbytes), 0, 0, None)
    stable.recovered(turn)
    assert (stable.log.offset, stable.log.last_index, stable.durable_index) == (20, 20, 20)
    assert [e.record for e in turn.effects if isinstance(e, Persist)] == [Compact(upto=20, term=2)]


def test_every_lost_chunk_is_sent_again() -> None:
    net = Network(options=SMALL, seed=3)
    leader, away = left_behind(net)
    net.loss = 0.2
    net.start(away)
    net.run_until(lambda: net.commands(away)[:60] == net.commands(leader)[:60], at_most=120 * SECOND)


def test_repeated_chunks_do_not_multiply() -> None:
    """Two answers to one chunk must not lead to two streams of chunks."""
    net = Network(options=SMALL)
    leader, away = left_behind(net, 100)
    net.repeat = 1.0
    net.start(away)
    net.run_until(lambda: net.hosts[away].server.restores == 1)
    raft = net.raft(leader)
    assert raft.snapshot is not None
    needed = raft.snapshot.size // CHUNK + 2
    assert len(messages(net, InstallSnapshot)) <= needed + 5


def test_an_install_that_takes_longer_than_the_trailing_logs_last_does_end() -> None:
    """The snapshot loop: each install is out of date when it is done, if the log does not wait for it."""
    options = RaftOptions(snapshot_threshold=10, trailing_logs=0, frame_bytes=64)
    net = Network(options=options)
    leader, away = left_behind(net)
    net.delay_ns = (20 * MS, 20 * MS)
    net.start(away)
    for number in range(600):
        net.propose(net.leader(), b"load %d" % number)
        net.run(10 * MS)
        if net.hosts[away].server.restores:
            break
    net.run_until(lambda: net.raft(away).commit_index >= net.raft(leader).last_index - 20, at_most=5 * SECOND)
    assert net.hosts[away].server.restores == 1


@pytest.mark.slow
def test_the_log_does_not_wait_for_ever_for_who_is_slow() -> None:
    options = RaftOptions(snapshot_threshold=10, trailing_logs=0, held_logs=50)
    net = Network(options=options)
    leader = net.elect()
    slow = next(name for name in net.names if name != leader)
    net.hosts[slow].sync_ns = 200 * MS
    for host in net.hosts.values():
        host.server.chunk_bytes = 1 << 20
    raft, kept = net.raft(leader), []
    for _ in range(20):
        busy(net, 100)
        assert raft.snapshot is not None
        kept.append(raft.snapshot.index - raft.first_index + 1)
    assert max(kept) <= options.held_logs


def test_a_damaged_snapshot_is_thrown_away_and_fetched_again() -> None:
    net = Network(options=SMALL)
    leader, away = left_behind(net)
    net.start(away)
    net.run_until(lambda: len(messages(net, SnapshotAnswer)) == 3)
    staged = net.raft(away)._stable.staged
    assert staged is not None
    staged.checksum ^= 1
    net.run_until(lambda: net.commands(away) == net.commands(leader))
    assert net.hosts[away].server.restores == 1


def test_a_follower_that_has_more_than_the_snapshot_says_so_and_keeps_it() -> None:
    """Section 7: a snapshot that covers a prefix of the log leaves the entries after it in place."""
    net = Network(options=SMALL)
    leader = net.elect()
    busy(net, 40)
    other = next(name for name in net.names if name != leader)
    before = net.raft(other).last_index
    snapshot = net.raft(leader).snapshot
    assert snapshot is not None
    net.say(
        leader,
        other,
        InstallSnapshot(
            term=net.raft(leader).term,
            leader=leader,
            index=snapshot.index - 1,
            last_term=snapshot.term,
            configuration_index=1,
            configuration=snapshot.configuration,
            size=4,
            checksum=0,
            offset=0,
            data=b"junk",
        ),
    )
    assert net.raft(other).last_index == before
    assert net.hosts[other].server.restores == 0


def test_a_snapshot_of_a_former_term_is_refused() -> None:
    net = Network(options=SMALL)
    leader = net.elect()
    other = next(name for name in net.names if name != leader)
    old = InstallSnapshot(
        term=1,
        leader="n9",
        index=99,
        last_term=1,
        configuration_index=1,
        configuration=b"",
        size=4,
        checksum=0,
        offset=0,
        data=b"junk",
    )
    net.say("n9", other, old)
    assert net.raft(other).leader == leader
    assert net.hosts[other].server.restores == 0


def test_the_log_stays_until_the_snapshot_is_on_disk() -> None:
    net = Network(options=SMALL)
    leader = net.elect()
    net.hosts[leader].sync_ns = 50 * MS
    for number in range(4):
        net.propose(leader, *(b"%d.%d" % (number, i) for i in range(5)))
    net.run_until(lambda: net.raft(leader).snapshot is not None)
    assert net.raft(leader).first_index == 1
    net.run_until(lambda: net.raft(leader).first_index > 1)


@pytest.mark.slow
def test_power_that_fails_at_any_moment_of_a_snapshot_leaves_one_that_is_good() -> None:
    for seed in range(60):
        net = Network(options=SMALL, seed=seed)
        net.elect()
        busy(net, 30)
        victim = net.leader()
        net.propose(victim, *(b"x%d" % i for i in range(10)))
        net.run(seed * MS // 4)
        net.crash(victim)
        net.start(victim)
        net.run(3 * SECOND)
        net.elect()
        assert len({tuple(net.commands(name)) for name in net.names}) == 1


# -- the parts --------------------------------------------------------------------------------------------------------


def whole(index: int = 5, data: bytes = b"state") -> list[object]:
    snapshot = Snapshot(index, 1, 1, b"\x91\x92\xa2n1\xa5voter")
    snapshot.add(data)
    begin = SnapshotBegin(index=index, term=1, configuration_index=1, configuration=snapshot.configuration)
    return [
        begin,
        SnapshotChunk(offset=0, data=data),
        SnapshotEnd(size=len(data), checksum=snapshot.checksum),
    ]


def replayed(*records: object) -> Stable:
    stable = Stable()
    for record in records:
        stable.recover(record)  # type: ignore[arg-type]
    return stable


def entries(*indexes: int) -> list[object]:
    return [Append(index=index, term=1, data=b"\x00") for index in indexes]


def test_a_journal_whose_beginning_was_dropped_is_replayed_from_its_snapshot() -> None:
    stable = replayed(*entries(3, 4, 5, 6), *whole(), Compact(upto=3, term=1), *entries(7))
    assert (stable.log.offset, stable.log.offset_term, stable.log.last_index) == (3, 1, 7)
    assert stable.snapshot is not None
    assert stable.configurations.latest.configuration.voters == ("n1",)


def test_a_dropped_beginning_may_end_right_before_the_first_entry_that_stays() -> None:
    stable = replayed(*entries(4, 5, 6), *whole(), Compact(upto=3, term=1))
    assert (stable.log.offset, stable.log.last_index) == (3, 6)


def test_a_truncation_whose_entries_were_dropped_is_replayed_too() -> None:
    stable = replayed(*entries(5, 6), TruncateFrom(index=4), *entries(4, 5, 6), *whole(), Compact(upto=3, term=1))
    assert (stable.log.offset, stable.log.last_index) == (3, 6)


def test_compactions_of_long_ago_are_passed_over() -> None:
    stable = replayed(*entries(4, 5), Compact(upto=1, term=1), *whole(), Compact(upto=3, term=1))
    assert (stable.log.offset, stable.log.last_index) == (3, 5)


def test_an_unfinished_snapshot_leaves_the_one_before_in_force() -> None:
    stable = replayed(*entries(1, 2, 3, 4, 5, 6), *whole(5), *whole(6)[:2])
    assert stable.snapshot is not None
    assert stable.snapshot.index == 5
    assert stable.staged is not None


def test_a_snapshot_whose_bytes_are_not_what_was_written_is_refused() -> None:
    begin, _, end = whole()
    with pytest.raises(SnapshotDamaged, match="snapshot of entry 5"):
        replayed(begin, SnapshotChunk(offset=0, data=b"stale"), end)


def test_a_journal_without_beginning_and_without_snapshot_is_refused() -> None:
    net = Network(1)
    net.crash("n1")
    net.hosts["n1"].records = entries(7, 8)  # type: ignore[assignment]
    with pytest.raises(LostBeginning, match="begins at 7"):
        net.start("n1")


def test_a_log_that_begins_later_does_not_accept_a_gap() -> None:
    with pytest.raises(ValueError, match="7 does not follow 5"):
        replayed(*entries(5), *entries(7))


def test_a_peer_that_gets_a_snapshot_gets_no_entries_until_it_has_it() -> None:
    net = Network(options=SMALL)
    leader, away = left_behind(net)
    net.start(away)
    net.run_until(lambda: messages(net, SnapshotAnswer))
    leading = net.raft(leader)._leading
    assert leading is not None
    assert leading.peers[away].state is ProgressState.SNAPSHOT
    net.run_until(lambda: net.hosts[away].server.restores == 1)
    net.run(10 * MS)
    assert leading.peers[away].state is ProgressState.REPLICATE
