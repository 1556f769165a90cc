"""Log, progress, options: the small parts one by one."""

from random import Random

import pytest

from lictor_actors.journal.liveness import Liveness
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import Persist
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Entry, RaftOptions
from lictor_actors.raft.configuration import Configurations, of_voters
from lictor_actors.raft.log import Log, UnknownEntryType, from_body, from_packed
from lictor_actors.raft.progress import Progress, ProgressState
from lictor_actors.raft.records import RECORD_BYTES
from lictor_actors.raft.stable import Stable
from lictor_messages.journal import Append, AppendMany, Cell, Compact, JournalRecord, TruncateFrom, appended


def log_of(*terms: int) -> Log:
    log = Log()
    for index, term in enumerate(terms, start=1):
        log.append(Entry(index, term, "command", b"x" * 11))
    return log


@pytest.mark.parametrize("type_", ["command", "noop", "configuration"])
def test_an_entry_survives_journal_and_wire(type_: str) -> None:
    entry = Entry(7, 3, type_, b"data")  # type: ignore[arg-type]
    assert from_body(7, 3, entry.body) == entry
    assert from_packed(7, entry.packed) == entry


def test_an_entry_of_an_unknown_type_stops_the_reader_by_name() -> None:
    with pytest.raises(UnknownEntryType, match="entry 7 has type 9"):
        from_body(7, 3, b"\x09data")


def test_an_empty_log_ends_at_index_and_term_zero() -> None:
    log = Log()
    assert (log.last_index, log.last_term, log.term_at(0), log.term_at(1)) == (0, 0, 0, None)


def test_a_log_has_no_gaps_and_its_terms_do_not_fall() -> None:
    log = log_of(1, 2)
    with pytest.raises(ValueError, match="after 2 of 2"):
        log.append(Entry(4, 2, "command", b""))
    with pytest.raises(ValueError, match="after 2 of 2"):
        log.append(Entry(3, 1, "command", b""))


def test_an_entry_of_the_same_term_with_other_data_is_new() -> None:
    """Honest servers never meet one: it was forged in the leader's name, and the leader's replaces it."""
    log = log_of(1, 1, 2)
    repeated = [Entry(2, 1, "command", b"x" * 11), Entry(3, 2, "command", b"x" * 11)]
    assert log.first_new(repeated) == 2
    assert log.first_new([repeated[0], Entry(3, 2, "command", b"true")]) == 1
    log.compact(2, 1)
    assert log.first_new([Entry(2, 1, "command", b"forgotten"), repeated[1]]) == 2


def test_entries_outside_the_log_are_an_error() -> None:
    log = log_of(1, 1, 1)
    log.compact(1, 1)
    assert [e.index for e in log.entries(2, 4)] == [2, 3]
    for lo, hi in ((1, 3), (2, 5)):
        with pytest.raises(IndexError):
            log.entries(lo, hi)


def test_a_snapshot_stands_for_the_beginning_of_the_log_or_for_all_of_it() -> None:
    log = log_of(1, 1, 2)
    log.compact(2, 1)
    assert (log.offset, log.last_index, log.term_at(2), log.term_at(1)) == (2, 3, 1, None)
    assert log.size_from(3) == 20
    log.compact(9, 4)
    assert (log.last_index, log.last_term, log.size_from(10)) == (9, 4, 0)
    log.append(Entry(10, 4, "command", b""))
    with pytest.raises(ValueError, match="snapshot stands for 9"):
        log.truncate_from(9)


def test_a_batch_fits_its_frame_but_is_never_empty() -> None:
    log = log_of(*[1] * 10)  # 20 bytes each, header included
    assert [e.index for e in log.batch(3, 60)] == [3, 4, 5]
    assert [e.index for e in log.batch(3, 59)] == [3, 4]
    assert [e.index for e in log.batch(3, 1)] == [3]
    assert [e.index for e in log.batch(9, 1000)] == [9, 10]
    log.truncate_from(10)
    assert log.size_from(9) == 20


def test_a_configuration_ends_when_its_entry_is_truncated() -> None:
    membership = Configurations()
    membership.appended(Entry(1, 1, "configuration", of_voters(("a", "b")).pack()))
    membership.appended(Entry(5, 1, "configuration", of_voters(("a", "b", "c")).pack()))
    assert membership.latest.configuration.voters == ("a", "b", "c")
    membership.truncated_from(6)
    assert membership.latest.configuration.voters == ("a", "b", "c")
    membership.truncated_from(5)
    assert membership.latest.configuration.voters == ("a", "b")


def test_a_journal_is_replayed() -> None:
    stable = Stable()
    for record in (
        Cell(name="term", data=(4).to_bytes(8, "big") + b"n2.dc1"),
        Cell(name="another", data=b"ignored"),
        Append(index=1, term=1, data=b"\x00a"),
        Append(index=2, term=1, data=b"\x00b"),
        TruncateFrom(index=2),
        Append(index=2, term=4, data=b"\x00c"),
    ):
        stable.recover(record)
    assert (stable.term, stable.vote, stable.durable_index) == (4, "n2.dc1", 2)
    assert stable.log.term_at(2) == 4
    stable.recover(Compact(upto=2, term=4))
    assert (stable.log.offset, stable.log.last_index) == (2, 2)


def test_entries_of_one_batch_share_a_record_unless_their_terms_differ_or_they_are_large() -> None:
    def records(*entries: tuple[int, int]) -> list[JournalRecord]:
        """Of entries with this (term, size)."""
        stable, rng = Stable(), Random(1)
        turn = Turn(Life(Actor(), "server@n1", rng, rng.randbytes), 0, 0, None)
        batch = [Entry(index, term, "command", bytes(size)) for index, (term, size) in enumerate(entries, 1)]
        stable.append(batch, turn)
        written = [effect.record for effect in turn.effects if isinstance(effect, Persist)]
        again = Stable()
        for record in written:
            again.recover(record)
        assert again.log.entries(1, len(batch) + 1) == batch
        assert [index for record in written for index, _, _ in appended(record)] == [entry.index for entry in batch]
        return written

    assert [type(record) for record in records((1, 9))] == [Append]
    assert [type(record) for record in records((1, 9), (1, 0), (1, 9))] == [AppendMany]
    assert [type(record) for record in records((1, 9), (2, 9), (2, 9), (3, 9))] == [Append, AppendMany, Append]
    half = RECORD_BYTES // 2
    assert [type(record) for record in records((1, half), (1, half), (1, half), (1, 2 * half))] == [
        AppendMany,
        Append,
        Append,
    ]
    assert [type(record) for record in records(*[(1, half)] * 5)] == [AppendMany, AppendMany, Append]


def test_what_a_batch_brought_keeps_its_segment_until_all_of_it_is_compacted() -> None:
    liveness = Liveness()
    liveness.saw(1, "server", AppendMany(index=1, term=1, bodies=(b"a", b"b", b"c")))
    for upto, needed in ((2, 1), (3, 2)):
        liveness.saw(2, "server", Compact(upto=upto, term=1))
        assert liveness.first_needed(2) == needed


OPTIONS = RaftOptions(frame_bytes=100, eager_messages=2, inflight_messages=4, inflight_bytes=10_000)


def replicating(following: int = 5) -> Progress:
    progress = Progress(following, 0)
    progress.matched(following - 1)
    return progress


def test_a_probe_is_one_message_at_a_time() -> None:
    progress = Progress(5, 0)
    assert progress.may_send(1000, OPTIONS)
    progress.sent(9, 50)
    assert (progress.next, progress.may_send(1000, OPTIONS)) == (5, False)
    assert progress.matched(9)
    assert (progress.state, progress.next) == (ProgressState.REPLICATE, 10)


def test_part_filled_messages_wait_and_full_ones_go_up_to_the_cap() -> None:
    progress = replicating()
    for sent in range(4):
        assert progress.may_send(10, OPTIONS) == (sent < 2)
        assert progress.may_send(100, OPTIONS)
        progress.sent(progress.next, 100)
    assert not progress.may_send(100, OPTIONS)
    progress.matched(5)
    assert progress.may_send(100, OPTIONS)


def test_bytes_on_the_way_are_capped_too() -> None:
    progress = replicating()
    for _ in range(2):
        progress.sent(progress.next, 5_000)
    assert not progress.may_send(100, OPTIONS)


def test_a_refusal_while_replicating_leads_back_to_what_is_known() -> None:
    progress = replicating(5)
    progress.sent(20, 10)
    progress.refused(20, 0)
    assert (progress.state, progress.next) == (ProgressState.PROBE, 5)


def test_a_refusal_of_something_known_to_match_is_late_news() -> None:
    progress = replicating(5)
    progress.refused(3, 0)
    assert progress.state is ProgressState.REPLICATE


def test_a_refusal_in_the_newest_round_of_something_known_to_match_is_a_loss() -> None:
    progress = replicating(20)
    progress.refused(19, 11, newest=True)
    assert (progress.state, progress.next, progress.match) == (ProgressState.PROBE, 12, 0)


def test_a_probe_follows_the_hint_but_never_below_the_match() -> None:
    progress = Progress(50, 0)
    progress.refused(49, 30)
    assert progress.next == 31
    progress.refused(49, 3)
    assert progress.next == 31, "late news about another probe"
    progress.match = 20
    progress.refused(30, 3)
    assert progress.next == 21


def test_a_late_answer_does_not_end_a_probe() -> None:
    progress = Progress(50, 0)
    assert progress.matched(10)
    assert (progress.state, progress.next, progress.match) == (ProgressState.PROBE, 50, 10)


def test_what_was_on_its_way_before_a_refusal_is_on_its_way_no_more() -> None:
    """Else the room that lost messages took would be gone for good."""
    progress = replicating(5)
    for _ in range(3):
        progress.sent(progress.next, 5_000)
    progress.refused(6, 0)
    assert progress.state is ProgressState.PROBE
    progress.sent(5, 10)
    progress.matched(5)
    assert progress.state is ProgressState.REPLICATE
    assert progress.may_send(10, OPTIONS)


def written(*terms: int) -> tuple[Stable, Turn]:
    """Entries that were given to the journal together, and are not durable yet."""
    stable, rng = Stable(), Random(1)
    turn = Turn(Life(Actor(), "server@n1", rng, rng.randbytes), 0, 0, None)
    stable.append([Entry(index, term, "command", b"x") for index, term in enumerate(terms, start=1)], turn)
    return stable, turn


def test_entries_of_several_records_are_durable_with_the_last_of_them() -> None:
    stable, _ = written(1, 2, 2, 3)
    stable.durable(2)
    assert stable.durable_index == 0
    stable.durable(3)
    assert stable.durable_index == 4


def test_an_entry_that_was_cut_is_not_durable_when_its_bytes_are() -> None:
    """Another entry has its place by then, and that one is still being written."""
    stable, turn = written(1, 1, 1)
    stable.truncate_from(2, turn)
    stable.append([Entry(2, 2, "command", b"y"), Entry(3, 2, "command", b"y")], turn)
    stable.durable(1)
    assert stable.durable_index == 1
    stable.durable(3)
    assert stable.durable_index == 3


def test_entries_that_do_not_follow_a_snapshot_are_not_durable_either() -> None:
    stable, turn = written(1, 1, 1, 1, 1)
    stable.compact(3, 2, turn)
    stable.durable(5)
    assert (stable.log.last_index, stable.durable_index) == (3, 3)


def test_the_multiplier_stretches_all_times() -> None:
    options = RaftOptions(multiplier=5)
    assert (options.heartbeat_ns, options.election_ns, options.lease_ns) == (500_000_000, 2_500_000_000, 2_250_000_000)


def test_the_constants_keep_their_order_and_where_they_are_consuls_its_values() -> None:
    """A lease that outlasts loyalty, or heartbeats that come too seldom to keep it, would be no promise at all."""
    options = RaftOptions()
    assert options.lease_ns < options.election_ns
    assert 5 * options.heartbeat_ns <= options.election_ns
    assert (options.snapshot_threshold, options.trailing_logs) == (16_384, 10_240)
    assert options.snapshot_threshold < options.snapshot_longest < options.held_logs
    assert options.held_logs > options.trailing_logs
