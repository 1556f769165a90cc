"""What ``lictor debug journal`` shows, and what a server would make of the journal."""

import pytest

from lictor_actors.hosts.disks.file import FileDisk, ReadOnlyDisk
from lictor_actors.journal.inspection import inspect, verdict
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_actors.journal.segments import segment_name
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

ALL: list[JournalRecord] = [
    Cell(name="term", data=b"\x01"),
    Cell(name="gone", data=b""),
    Append(index=1, term=2, data=b"\x00put"),
    AppendMany(index=2, term=3, bodies=(b"\x00put", b"\x00")),
    TruncateFrom(index=1),
    SnapshotBegin(index=7, term=2, configuration_index=1, configuration=b"c"),
    SnapshotChunk(offset=0, data=b"state"),
    SnapshotEnd(size=5, checksum=0xABC),
    Compact(upto=7, term=2),
]


def written(*batches: list[JournalRecord]) -> MemoryDisk:
    disk = MemoryDisk()
    journal = Journal.open(disk)
    for batch in batches:
        journal.write("server", batch)
        journal.sync()
    return disk


def test_every_record_is_shown_in_words_with_its_place() -> None:
    lines = list(inspect(written(ALL)))
    assert [line.what for line in lines] == [
        "segment 1, records from 1 on, 262144 bytes",
        "cell term, 1 bytes",
        "cell gone removed",
        "entry 1 of term 2, 4 bytes",
        "entries 2 to 3 of term 3, 5 bytes",
        "the log is cut from entry 1 on",
        "snapshot of entry 7, term 2, begins",
        "snapshot, 5 bytes from 0 on",
        "snapshot ends: 5 bytes, checksum 00000abc",
        "entries up to 7 of term 2 are forgotten",
    ]
    assert [line.number for line in lines[1:]] == list(range(1, 10))
    assert {line.stream for line in lines[1:]} == {"server"}
    offsets = [line.offset for line in lines]
    assert offsets == sorted(offsets)


def test_a_whole_journal_a_torn_one_and_a_damaged_one_are_told_apart() -> None:
    disk = written(ALL[:2], ALL[2:4])
    lines = list(inspect(disk))
    assert verdict(disk).startswith("whole up to record 4, ")
    torn = disk.copy()
    torn.flip(segment_name(1), lines[-1].offset + 20)
    assert "torn tail" in verdict(torn)
    damaged = disk.copy()
    damaged.flip(segment_name(1), lines[1].offset + 20)
    assert verdict(damaged).startswith("refused: journal-00000001 is damaged at byte ")
    assert "lictor debug journal" in verdict(damaged)
    assert list(inspect(damaged))[-1].what.startswith("no good record")


def test_an_empty_directory_is_an_empty_journal() -> None:
    assert verdict(MemoryDisk()) == "empty"
    assert list(inspect(MemoryDisk())) == []


def test_a_segment_without_header_is_said_to_be_so() -> None:
    disk = written(ALL)
    disk.flip(segment_name(1), 3)
    assert [line.what for line in inspect(disk)] == ["no header: never finished, or damaged"]


def test_one_segment_alone_can_be_shown() -> None:
    disk = MemoryDisk()
    journal = Journal.open(disk, 300)
    for index in range(1, 9):
        journal.write("server", [Append(index=index, term=1, data=bytes(60))])
    journal.sync()
    second = list(inspect(disk, segment_name(2)))
    assert {line.segment for line in second} == {segment_name(2)}
    assert len(second) < len(list(inspect(disk)))


def test_a_running_nodes_directory_can_be_read_but_not_written(tmp_path) -> None:
    disk = FileDisk(tmp_path)
    journal = Journal.open(disk)
    journal.write("server", ALL)
    journal.sync()
    reader = ReadOnlyDisk(tmp_path)
    assert verdict(reader).startswith("whole up to record 9")
    for forbidden in (
        lambda: reader.write_at("x", 0, b""),
        lambda: reader.sync("x"),
        lambda: reader.truncate("x", 0),
        lambda: reader.rename("x", "y"),
    ):
        with pytest.raises(OSError, match="opened for reading"):
            forbidden()
    disk.close()
