import zlib
from errno import ENOSPC
from random import Random

import pytest

from lictor_actors.journal.journal import Journal, JournalFailed, JournalFull
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_actors.journal.records import good_record, packed
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.journal.segments import BEGUN, HEADER_SIZE, JournalTooNew, pack_header, segment_name, segment_number
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

RECORDS = [
    Cell(name="term", data=b"\x01n1"),
    Append(index=1, term=1, data=b"\x00put"),
    AppendMany(index=2, term=3, bodies=(b"\x00put", b"\x00", b"\x00" + bytes(300))),
    TruncateFrom(index=1),
    SnapshotBegin(index=9, term=2, configuration_index=3, configuration=b"c", size=5, checksum=7),
    SnapshotChunk(offset=0, data=b"state"),
    SnapshotEnd(size=5, checksum=2**32 - 1),
    Compact(upto=7, term=2),
]


def append(index: int, size: int = 40) -> Append:
    return Append(index=index, term=1, data=bytes((index % 256,)) * size)


def segments(disk: MemoryDisk) -> dict[str, int]:
    return {name: size for name, size in disk.list().items() if segment_number(name) is not None}


def test_a_new_disk_holds_an_empty_journal() -> None:
    assert Journal.open(MemoryDisk()).recovered("server") == []


def test_every_kind_of_record_comes_back_in_order_and_by_stream() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("server", RECORDS)
    journal.write("agent", [Cell(name="incarnation", data=b"7")])
    journal.write("server", [append(8)])
    journal.sync()
    reopened = Journal.open(disk)
    assert reopened.recovered("server") == [*RECORDS, append(8)]
    assert reopened.recovered("agent") == [Cell(name="incarnation", data=b"7")]
    assert reopened.recovered("prober") == []


def test_a_restarted_actor_is_given_what_its_last_life_wrote_and_only_once_it_is_durable() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.forget()
    journal.write("server", [append(1)])
    assert journal.recovered("server") == [append(1)]
    disk.crash(Random(1), torn=False)
    assert Journal.open(disk).recovered("server") == [append(1)]


def test_only_what_was_synced_is_promised() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("server", [append(1)])
    journal.sync()
    journal.write("server", [append(2)])
    assert (journal.written, journal.synced) == (2, 1)
    disk.crash(Random(1), torn=False)
    assert Journal.open(disk).recovered("server") == [append(1)]


def test_what_a_new_process_reads_is_durable_before_it_relies_on_it() -> None:
    """The old process died between writing and syncing: the bytes are in the system's memory only."""
    disk = MemoryDisk()
    Journal.open(disk).write("server", [append(1)])
    assert Journal.open(disk).recovered("server") == [append(1)]
    disk.crash(Random(1), torn=False)
    assert Journal.open(disk).recovered("server") == [append(1)]


def test_many_writes_share_one_sync_and_an_idle_journal_does_not_sync() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("server", [append(1)])
    before = disk.syncs
    journal.write("server", [append(2)])
    journal.write("agent", [append(3)])
    journal.sync()
    journal.sync()
    assert disk.syncs == before + 1


def test_a_write_during_a_sync_is_not_taken_for_durable() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("server", [append(1)])
    real = disk.sync

    def sync_while_someone_writes(name: str) -> None:
        real(name)
        disk.sync = real  # type: ignore[method-assign]
        journal.write("server", [append(2)])

    disk.sync = sync_while_someone_writes  # type: ignore[method-assign]
    journal.sync()
    assert (journal.written, journal.synced) == (2, 1)


def test_it_rolls_to_further_segments_and_reads_across_them() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    for index in range(1, 20):
        journal.write("server", [append(index)])
    journal.sync()
    assert len(segments(disk)) > 3
    assert set(segments(disk).values()) == {300}
    assert Journal.open(disk, 300).recovered("server") == [append(i) for i in range(1, 20)]


def test_one_write_may_span_segments() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(i) for i in range(1, 20)])
    journal.sync()
    assert Journal.open(disk, 300).recovered("server") == [append(i) for i in range(1, 20)]


def test_a_record_larger_than_a_segment_gets_one_of_its_size() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(1), append(2, 5000), append(3)])
    journal.sync()
    assert Journal.open(disk, 300).recovered("server") == [append(1), append(2, 5000), append(3)]


def test_writing_goes_on_after_a_torn_tail_and_the_tail_never_comes_back() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("server", [append(1)])
    journal.sync()
    journal.write("server", [append(2), append(3)])
    disk.flip(segment_name(1), HEADER_SIZE + len(packed(1, 0, 1, 0, "server", append(1))) + 60)
    journal = Journal.open(disk)
    assert journal.recovered("server") == [append(1)]
    journal.write("server", [append(9)])
    journal.sync()
    assert Journal.open(disk).recovered("server") == [append(1), append(9)]


def test_a_batch_whose_sectors_arrived_in_another_order_is_a_torn_tail_not_corruption() -> None:
    """They were never reported as durable, so a server whose power failed must be able to start again."""
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("server", [append(1)])
    journal.sync()
    journal.write("server", [append(2, 600)])
    journal.write("server", [append(3)])
    name, size = segment_name(1), len(packed(1, 0, 1, 0, "server", append(1)))
    disk.flip(name, HEADER_SIZE + size + 100)
    assert Journal.open(disk).recovered("server") == [append(1)]


def test_damage_before_a_record_that_was_written_after_a_sync_is_corruption_and_nothing_is_touched() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    for index in (1, 2, 3):
        journal.write("server", [append(index)])
        journal.sync()
    disk.flip(segment_name(1), HEADER_SIZE + len(packed(1, 0, 1, 0, "server", append(1))) + 60)
    before = disk.read(segment_name(1), 0)
    with pytest.raises(JournalCorrupt, match=r"journal-00000001 is damaged at byte .*: record 2 was durable"):
        Journal.open(disk)
    assert disk.read(segment_name(1), 0) == before


def test_a_damaged_header_before_good_records_is_corruption() -> None:
    """A header is durable before its first record is written, also if those records say otherwise of others."""
    disk = MemoryDisk()
    journal = Journal.open(disk, 256)
    journal.write("server", [append(index) for index in range(1, 6)])
    journal.sync()
    last = list(segments(disk))[-1]
    assert len(segments(disk)) > 1
    disk.flip(last, 3)
    with pytest.raises(JournalCorrupt):
        Journal.open(disk, 256)


def test_a_segment_that_was_begun_proves_that_the_one_before_was_durable() -> None:
    """Nothing in it says so yet: the power failed before its first record was synced."""
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(1), append(2)])
    journal.write("server", [append(3)])
    disk.crash(Random(1), torn=False)
    assert Journal.open(disk.copy(), 300).recovered("server") == [append(1), append(2)]
    disk.flip(segment_name(1), HEADER_SIZE + len(packed(1, 0, 1, 0, "server", append(1))) + 60)
    with pytest.raises(JournalCorrupt, match="record 2 was durable before journal-00000002 was begun"):
        Journal.open(disk, 300)


def test_a_segment_that_the_power_left_half_begun_is_begun_again() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(1), append(2)])
    journal.sync()
    disk.truncate(segment_name(2), 300)
    disk.write_at(segment_name(2), 0, pack_header(2, 3, 300)[:20])
    disk.sync(segment_name(2))
    journal = Journal.open(disk, 300)
    journal.write("server", [append(index) for index in range(3, 9)])
    journal.sync()
    assert Journal.open(disk, 300).recovered("server") == [append(index) for index in range(1, 9)]


@pytest.mark.parametrize("left", [b"", b"junk" * 100, pack_header(7, 20, 0)], ids=["nothing", "junk", "header"])
def test_a_journal_of_which_only_late_segments_are_left_was_never_empty(left: bytes) -> None:
    """A server that took it for a new server's would promise again what it has promised differently."""
    disk = MemoryDisk()
    disk.write_at(segment_name(7), 0, left)
    with pytest.raises(JournalCorrupt):
        Journal.open(disk)


def test_the_first_segment_full_of_junk_is_no_torn_beginning() -> None:
    disk = MemoryDisk()
    disk.write_at(segment_name(1), 0, b"junk" * 100)
    with pytest.raises(JournalCorrupt, match="header"):
        Journal.open(disk)


def test_a_first_header_that_the_power_cut_tore_is_a_new_journal() -> None:
    disk = MemoryDisk()
    disk.write_at(segment_name(1), 0, pack_header(1, 1, 300)[:20])
    disk.truncate(segment_name(1), 300)
    assert Journal.open(disk).written == 0


def test_a_missing_segment_in_the_middle_is_corruption() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(i) for i in range(1, 20)])
    journal.sync()
    disk.rename(segment_name(2), "elsewhere")
    with pytest.raises(JournalCorrupt):
        Journal.open(disk, 300)


def test_a_record_stored_as_a_value_is_not_mistaken_for_one() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    fake = packed(1, 0, 2, 99, "server", append(66))
    journal.write("server", [Append(index=1, term=1, data=fake)])
    journal.sync()
    disk.flip(segment_name(1), HEADER_SIZE + 20)
    assert Journal.open(disk).recovered("server") == []


def test_a_record_is_good_only_in_its_own_place() -> None:
    data = packed(3, 100, 1, 0, "server", append(1))
    assert good_record(3, bytes(100) + data, 100)
    assert good_record(3, bytes(99) + data, 99) is None
    assert good_record(4, bytes(100) + data, 100) is None


def test_a_newer_format_is_named_and_left_alone() -> None:
    disk = MemoryDisk()
    header = pack_header(1, 1, 0)
    newer = bytearray(header)
    newer[9] = 2
    newer[32:36] = zlib.crc32(bytes(newer[:32])).to_bytes(4, "big")
    disk.write_at(segment_name(1), 0, bytes(newer))
    with pytest.raises(JournalTooNew, match="format 2"):
        Journal.open(disk)


def test_a_failed_sync_is_never_tried_again() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("server", [append(1)])
    disk.sync_fails = True
    with pytest.raises(OSError, match="the disk fails"):
        journal.sync()
    disk.sync_fails = False
    with pytest.raises(JournalFailed, match="failed before"):
        journal.sync()
    with pytest.raises(JournalFailed):
        journal.write("server", [append(2)])


def test_a_full_disk_is_an_error_that_names_the_file() -> None:
    journal = Journal.open(MemoryDisk(capacity=1000), segment_bytes=600)
    with pytest.raises(OSError, match=r"disk is full.*journal-00000002"):
        journal.write("server", [append(i) for i in range(1, 20)])


def test_foreign_files_in_the_directory_are_not_segments() -> None:
    disk = MemoryDisk()
    disk.write_at("node-id", 0, b"x")
    disk.write_at("journal-old", 0, b"x")
    journal = Journal.open(disk)
    journal.write("server", [append(1)])
    journal.sync()
    assert Journal.open(disk).recovered("server") == [append(1)]


def test_segments_grow_so_that_a_quiet_node_reserves_little() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    journal.write("agent", [append(1)])
    assert segments(disk) == {segment_name(1): 256 * 1024}
    journal.write("agent", [append(2, 300_000)])
    assert disk.list()[segment_name(2)] == 512 * 1024


# -- a full disk ------------------------------------------------------------------------------------------------------


def test_a_full_disk_tears_nothing_and_the_journal_goes_on_once_there_is_room() -> None:
    disk = MemoryDisk(capacity=700)
    journal = Journal.open(disk, segment_bytes=300)
    records = [append(index) for index in range(1, 20)]
    with pytest.raises(JournalFull, match="disk is full") as full:
        journal.write("server", records)
    left = full.value.left
    written = len(records) - len(left)
    assert 0 < written < 19
    assert list(left) == records[written:]
    journal.sync()
    assert Journal.open(disk.copy(), 300).recovered("server") == records[:written]
    with pytest.raises(JournalFull):
        journal.write("server", left)
    disk.capacity = 10_000
    journal.write("server", left)
    journal.sync()
    assert Journal.open(disk, 300).recovered("server") == records


def test_a_disk_that_is_nearly_full_is_filled_with_smaller_segments() -> None:
    """A disk of 4 MiB has room for 0.25 + 0.5 + 1 + 2 MiB, and then not for 4 at once."""
    disk = MemoryDisk(capacity=4 << 20)
    journal = Journal.open(disk)
    with pytest.raises(JournalFull):
        journal.write("server", [append(index, 100_000) for index in range(1, 100)])
    assert sum(disk.list().values()) == 4 << 20
    journal.sync()
    assert len(Journal.open(disk).recovered("server")) == journal.written > 35


class GreedyDisk(MemoryDisk):
    """Takes all the room that there is before it says that there is not enough, as a file system may."""

    def truncate(self, name: str, size: int) -> None:
        try:
            super().truncate(name, size)
        except OSError:
            assert self.capacity is not None
            super().truncate(name, self.capacity - sum(self.list().values()))
            raise


def test_what_a_full_disk_gave_of_a_segment_is_given_back() -> None:
    disk = GreedyDisk(capacity=700)
    journal = Journal.open(disk, segment_bytes=300)
    with pytest.raises(JournalFull):
        journal.write("server", [append(index) for index in range(1, 20)])
    assert sum(disk.list().values()) == 600
    journal.sync()
    disk.capacity = 10_000
    assert len(Journal.open(disk, 300).recovered("server")) == journal.written


class NoRoomForMark(MemoryDisk):
    """So full that not even an empty file can be added to the directory."""

    full = True

    def truncate(self, name: str, size: int) -> None:
        if name == BEGUN and self.full:
            raise OSError(ENOSPC, "cannot resize: no space left on device", name)
        super().truncate(name, size)


def test_a_disk_without_room_for_the_mark_is_a_full_one() -> None:
    disk = NoRoomForMark()
    journal = Journal.open(disk, segment_bytes=300)
    with pytest.raises(JournalFull):
        journal.write("server", [append(1)])
    assert Journal.open(disk.copy(), 300).written == 0
    disk.full = False
    journal.write("server", [append(1)])
    journal.sync()
    assert Journal.open(disk, 300).recovered("server") == [append(1)]
    assert BEGUN in disk.list()


def test_a_journal_that_cannot_be_marked_is_opened_and_goes_on_in_its_segment_but_begins_no_other() -> None:
    disk = NoRoomForMark()
    disk.full = False
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(1)])
    journal.sync()
    disk.rename(BEGUN, "elsewhere")
    disk.full = True
    journal = Journal.open(disk, 300)
    with pytest.raises(JournalFull):
        journal.write("server", [append(2, 400)])
    journal.write("server", [append(3)])
    journal.sync()
    assert Journal.open(disk, 300).recovered("server") == [append(1), append(3)]
    disk.full = False
    journal.write("server", [append(4, 400)])
    journal.sync()
    assert Journal.open(disk, 300).recovered("server") == [append(1), append(3), append(4, 400)]
    assert BEGUN in disk.list()


def test_a_disk_that_is_full_in_the_middle_of_a_record_is_a_failed_disk() -> None:
    """Something may be torn: nothing goes on."""
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(1)])

    def refuse(*_: object) -> None:
        raise OSError(28, "cannot write: the disk is full", "journal-00000001")

    disk.write_at = refuse  # type: ignore[method-assign]
    with pytest.raises(OSError, match="disk is full"):
        journal.write("server", [append(2)])
    with pytest.raises(JournalFailed):
        journal.write("server", [append(3)])


# -- dropping segments ------------------------------------------------------------------------------------------------


def taken(index: int, size: int = 100) -> list[JournalRecord]:
    """A snapshot of everything up to ``index``, and what it makes superfluous."""
    data = bytes((index % 256,)) * size
    return [
        SnapshotBegin(index=index, term=1, configuration_index=1, configuration=b"c"),
        SnapshotChunk(offset=0, data=data),
        SnapshotEnd(size=size, checksum=zlib.crc32(data)),
    ]


def test_segments_that_a_snapshot_stands_for_are_dropped_once_it_is_durable() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(index) for index in range(1, 20)])
    journal.sync()
    before = len(disk.list())
    journal.write("server", taken(18))
    journal.sync()
    journal.write("server", [Compact(upto=17, term=1)])
    journal.write("agent", [Cell(name="c", data=b"")])
    assert journal.synced < journal.written, "no segment was full meanwhile"
    assert len(disk.list()) >= before, "not before the compaction is durable"
    journal.sync()
    journal.write("server", [append(20)])
    journal.sync()
    assert len(disk.list()) < before
    found = Journal.open(disk, 300).recovered("server")
    assert [r.index for r in found if isinstance(r, Append)][-3:] == [18, 19, 20]
    assert all(record in found for record in [*taken(18), Compact(upto=17, term=1)])


def test_a_snapshot_that_has_not_ended_drops_nothing() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("server", [append(index) for index in range(1, 20)])
    journal.sync()
    for record in taken(18)[:2]:
        journal.write("server", [record])
        journal.sync()
    journal.write("server", [append(index) for index in range(20, 40)])
    journal.sync()
    found = Journal.open(disk, 300).recovered("server")
    assert [r.index for r in found if isinstance(r, Append)] == list(range(1, 40))


def test_cells_and_other_streams_outlive_the_segments_they_were_written_in() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    journal.write("agent", [Cell(name="service:web", data=b"1"), Cell(name="gone", data=b"1")])
    journal.write("server", [Cell(name="term", data=b"9")])
    journal.write("agent", [Cell(name="service:web", data=b"2"), Cell(name="gone", data=b"")])
    for turn in range(4):
        first = 1 + 20 * turn
        journal.write("server", [append(index) for index in range(first, first + 20)])
        journal.sync()
        journal.write("server", [*taken(first + 19), Compact(upto=first + 18, term=1)])
        journal.sync()
    assert segment_name(1) not in disk.list()
    reopened = Journal.open(disk, 300)
    cells = {r.name: r.data for r in reopened.recovered("agent") if isinstance(r, Cell)}
    assert cells == {"service:web": b"2"}
    assert Cell(name="term", data=b"9") in reopened.recovered("server")


def test_a_node_that_only_keeps_cells_does_not_fill_its_disk() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, segment_bytes=300)
    for number in range(500):
        journal.write("agent", [Cell(name=f"check:{number % 3}", data=b"%d" % number)])
        journal.sync()
    assert sum(disk.list().values()) <= 1200
    last = {r.name: r.data for r in Journal.open(disk, 300).recovered("agent") if isinstance(r, Cell)}
    assert last == {"check:0": b"498", "check:1": b"499", "check:2": b"497"}


def test_power_that_fails_while_segments_are_dropped_leaves_a_whole_journal() -> None:
    for seed in range(40):
        disk = MemoryDisk()
        journal = Journal.open(disk, segment_bytes=300)
        rng = Random(seed)
        for turn in range(rng.randrange(1, 5)):
            first = 1 + 20 * turn
            journal.write("server", [append(index) for index in range(first, first + 20)])
            journal.sync()
            journal.write("server", [*taken(first + 19), Compact(upto=first + 10, term=1)])
            if rng.randrange(2):
                journal.sync()
        disk.crash(rng)
        found = Journal.open(disk, 300).recovered("server")
        indexes = [r.index for r in found if isinstance(r, Append)]
        compacted = max((r.upto for r in found if isinstance(r, Compact)), default=0)
        assert indexes == list(range(indexes[0], indexes[-1] + 1))
        assert indexes[0] <= compacted + 1
