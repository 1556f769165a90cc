"""No damage makes the journal say something wrong: it says a beginning of the truth, or that it is damaged."""

from collections.abc import Callable
from random import Random
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from older_journal import make_older

from lictor_actors.journal.journal import Journal
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.journal.segments import BEGUN, CONTINUED_AT, HEADER_SIZE, pack_header, segment_name, segment_number
from lictor_actors.raft.configuration import of_voters
from lictor_actors.raft.stable import Stable
from lictor_messages.journal import (
    Append,
    AppendMany,
    Cell,
    Compact,
    JournalRecord,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
    TruncateFrom,
)

SEGMENT = 420


def small_journal(synced_every: int) -> tuple[MemoryDisk, list[JournalRecord], int]:
    """A disk with a journal of three segments; returns its records and how many the last sync made durable before."""
    disk, records, previous = MemoryDisk(), [], 0
    journal = Journal.open(disk, SEGMENT)
    for index in range(1, 13):
        body = b"value-%d" % index
        one = Append(index=2 * index, term=1, data=body)
        record = one if index % 3 else AppendMany(index=2 * index, term=1, bodies=(body, b"", body))
        journal.write("server", [record])
        records.append(record)
        if index % synced_every == 0:
            previous = journal.synced
            journal.sync()
    return disk, records, previous


def believed(disk: MemoryDisk) -> list[JournalRecord] | None:
    try:
        return Journal.open(disk, SEGMENT).recovered("server")
    except JournalCorrupt:
        return None


@pytest.mark.parametrize("synced_every", [1, 3])
@pytest.mark.parametrize(
    "damage",
    [
        lambda disk, name, at: disk.flip(name, at, 0x01),
        lambda disk, name, at: disk.flip(name, at, 0xFF),
        lambda disk, name, at: (disk.write_at(name, at, bytes(64)), disk.sync(name)),
    ],
    ids=["one bit", "one byte", "a hole of zeros"],
)
def test_damage_at_every_byte_of_a_small_journal(
    synced_every: int, damage: Callable[[MemoryDisk, str, int], object]
) -> None:
    original, records, proved = small_journal(synced_every)
    outcomes = {"all": 0, "tail": 0, "corrupt": 0}
    for name, size in segments(original).items():
        for at in range(size):
            disk = original.copy()
            damage(disk, name, at)
            found = believed(disk)
            if found is None:
                outcomes["corrupt"] += 1
                continue
            assert found == records[: len(found)], f"{name}:{at}"
            assert len(found) >= proved or is_last(name, original), f"{name}:{at} lost {len(found)} of {proved}"
            outcomes["all" if len(found) == len(records) else "tail"] += 1
    assert all(outcomes.values()), outcomes


def is_last(name: str, disk: MemoryDisk) -> bool:
    """Damage that takes all of the end with it leaves no trace of what was there."""
    return name == list(segments(disk))[-1]


def segments(disk: MemoryDisk) -> dict[str, int]:
    return {name: size for name, size in disk.list().items() if segment_number(name) is not None}


def without(disk: MemoryDisk, *names: str) -> MemoryDisk:
    left = disk.copy()
    for name in names:
        left.rename(name, f"elsewhere-{name}")
    return left


def cut(disk: MemoryDisk, name: str, size: int) -> MemoryDisk:
    left = disk.copy()
    left.truncate(name, size)
    left.sync(name)
    return left


def refusal(disk: MemoryDisk) -> str:
    before = {name: disk.read(name, 0) for name in disk.list()}
    with pytest.raises(JournalCorrupt) as refused:
        Journal.open(disk, SEGMENT)
    assert {name: disk.read(name, 0) for name in disk.list()} == before, "nothing is touched"
    assert "lictor operator set-aside" in str(refused.value)
    return str(refused.value)


@pytest.fixture(params=[1, 3, 0], ids=["each synced", "every third synced", "with snapshots"])
def original(request: pytest.FixtureRequest) -> MemoryDisk:
    return small_journal(request.param)[0] if request.param else compacted_journal()


def test_a_file_that_was_cut_anywhere_is_refused_by_name(original: MemoryDisk) -> None:
    for name, size in segments(original).items():
        for at in range(size):
            said = refusal(cut(original, name, at))
            assert said.startswith(f"{name} was cut: {size} bytes were reserved, and {at} are left") or (
                at < HEADER_SIZE and said.startswith(f"{name} has no good header")
            )


def test_a_file_that_is_missing_is_refused_by_name(original: MemoryDisk) -> None:
    names = list(segments(original))
    for name in names:
        assert refusal(without(original, name)).startswith(f"{name} is missing: ")
    for last in range(1, len(names)):
        assert refusal(without(original, *names[last:])).startswith(f"{names[last]} is missing: ")
        assert refusal(without(original, *names[:last])).startswith(f"{names[last - 1]} is missing: ")


def test_a_last_file_whose_header_is_gone_is_refused(original: MemoryDisk) -> None:
    """Also if nothing else is left in it to contradict."""
    name, size = list(segments(original).items())[-1]
    original.write_at(name, 0, bytes(size))
    original.sync(name)
    assert refusal(original).startswith(f"{name} has no good header")


def test_a_directory_whose_journal_is_gone_is_no_new_one(original: MemoryDisk) -> None:
    left = without(original, *segments(original))
    assert f"has lost all files of its journal: {BEGUN}" in refusal(left)


def test_a_journal_that_lost_only_its_mark_is_whole_and_marked_again(original: MemoryDisk) -> None:
    left = without(original, BEGUN)
    assert believed(left) == believed(original)
    assert BEGUN in left.list()


def test_a_mark_that_was_lost_is_written_again_where_the_next_segment_is_there(original: MemoryDisk) -> None:
    before, name, *_ = list(segments(original))[-2:]
    original.write_at(before, CONTINUED_AT, bytes(4))
    original.sync(before)
    assert believed(original) is not None
    assert refusal(without(original, name)).startswith(f"{name} is missing")


def test_records_in_a_cut_file_prove_that_it_had_been_whole_even_without_the_mark() -> None:
    disk, _, _ = small_journal(1)
    before, last = list(segments(disk))[-2:]
    disk.write_at(before, CONTINUED_AT, bytes(4))
    disk.sync(before)
    assert refusal(cut(disk, last, SEGMENT // 2)).startswith(f"{last} was cut")


def test_a_segment_that_begins_before_the_end_of_the_last_is_not_its_successor() -> None:
    """An old copy was put back: what the new one held is not here."""
    disk, _, _ = small_journal(1)
    last = list(segments(disk))[-1]
    disk.truncate(last, 0)
    disk.write_at(last, 0, pack_header(int(last[-8:]), 2, SEGMENT))
    disk.truncate(last, SEGMENT)
    disk.sync(last)
    assert refusal(disk).startswith(f"{last} begins with record 2, and ")


@pytest.mark.parametrize("synced_every", [1, 3])
def test_a_journal_of_an_older_version_is_read_and_what_it_writes_from_now_on_is_guarded(synced_every: int) -> None:
    disk, records, _ = small_journal(synced_every)
    make_older(disk)
    assert believed(disk.copy()) == records
    journal = Journal.open(disk, SEGMENT)
    more = [Append(index=99, term=2, data=b"more")]
    journal.write("server", more)
    journal.sync()
    assert believed(disk.copy()) == records + more
    last = segment_name(4)
    assert refusal(cut(disk, last, 400)).startswith(f"{last} was cut")
    assert refusal(without(disk, last)).startswith(f"{last} is missing")
    assert refusal(without(disk, *segments(disk)))


def test_segments_that_an_older_version_dropped_are_not_missed() -> None:
    disk = compacted_journal()
    whole = believed(disk.copy())
    make_older(disk)
    assert believed(disk) == whole


def compacted_journal() -> MemoryDisk:
    """A disk whose oldest segments are gone: two snapshots, entries around them, term and vote written long ago."""
    disk = MemoryDisk()
    journal = Journal.open(disk, SEGMENT)
    journal.write("server", [Cell(name="term", data=(1).to_bytes(8, "big") + b"n1")])
    index = 0
    for snapshot in (8, 16):
        for index in range(snapshot - 7, snapshot + 1):
            journal.write("server", [Append(index=index, term=1, data=b"\x00value-%d" % index)])
            journal.sync()
        data = b"the state after entry %d" % snapshot
        begin = SnapshotBegin(
            index=snapshot, term=1, configuration_index=0, configuration=of_voters(("n1",)).pack(), checksum=crc32(data)
        )
        for record in (
            begin,
            SnapshotChunk(offset=0, data=data[:10]),
            SnapshotChunk(offset=10, data=data[10:]),
            SnapshotEnd(size=len(data), checksum=crc32(data)),
            Compact(upto=snapshot - 2, term=1),
        ):
            journal.write("server", [record])
            journal.sync()
    for index in range(17, 20):
        journal.write("server", [Append(index=index, term=1, data=b"\x00value-%d" % index)])
        journal.sync()
    return disk


def test_damage_at_every_byte_of_a_journal_with_snapshots() -> None:
    """What is replayed is a state that the server once had, or nothing: never half a snapshot, never a gap."""
    original = compacted_journal()
    assert "journal-00000001" not in original.list()
    records = Journal.open(original.copy(), SEGMENT).recovered("server")
    whole = replayed(records)
    assert whole.snapshot is not None
    assert (whole.log.offset, whole.snapshot.index, whole.log.last_index, whole.term) == (14, 16, 19, 1)
    refused = 0
    for name, size in original.list().items():
        for at in range(size):
            disk = original.copy()
            disk.flip(name, at, 0xFF)
            found = believed(disk)
            refused += found is None
            if found is not None:
                assert found == records[: len(found)], f"{name}:{at}"
                stable = replayed(found)
                snapshot = stable.snapshot
                assert snapshot is None or b"".join(snapshot.chunks()) == b"the state after entry %d" % snapshot.index
                assert stable.log.offset <= (snapshot.index if snapshot else 0) or stable.log.offset_term < 0
    assert refused


def replayed(records: list[JournalRecord]) -> Stable:
    stable = Stable()
    for record in records:
        stable.recover(record)
    return stable


@pytest.mark.parametrize("synced_every", [1, 3])
def test_a_flipped_byte_never_loses_what_later_records_prove_to_have_been_durable(synced_every: int) -> None:
    original, _, proved = small_journal(synced_every)
    for name, size in original.list().items():
        for at in range(size):
            disk = original.copy()
            disk.flip(name, at, 0x10)
            found = believed(disk)
            assert found is None or len(found) >= proved, f"{name}:{at}"


@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_a_crash_at_any_moment_keeps_what_was_synced_and_invents_nothing(dice: Random, plan: list[int]) -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, SEGMENT)
    written: list[JournalRecord] = [record(1, 1, 0)]  # an entry that nothing compacts: no segment is ever dropped
    journal.write("server", written)
    journal.sync()
    durable = 1
    for number, action in enumerate(plan, start=1):
        if action < 6:
            batch = [record(number, action, part) for part in range(action)]
            journal.write("server", batch)
            written += batch
            durable = max(durable, journal.synced)
        elif action < 9:
            journal.sync()
            durable = len(written)
        else:
            disk.crash(dice)
            journal = Journal.open(disk, SEGMENT)
            written = crashed(journal, written, durable)
            durable = len(written)
    disk.crash(dice)
    crashed(Journal.open(disk, SEGMENT), written, durable)


def record(number: int, size: int, part: int) -> JournalRecord:
    if part == 3:
        return TruncateFrom(index=number)
    if part == 4:
        return Cell(name="term", data=bytes(size * 100))
    return Append(index=number, term=part, data=bytes((number,)) * size * 20)


def crashed(journal: Journal, written: list[JournalRecord], durable: int) -> list[JournalRecord]:
    found = journal.recovered("server")
    assert len(found) >= durable
    assert found == written[: len(found)]
    return list(found)
