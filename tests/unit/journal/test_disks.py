"""The model and the real disk keep the same promises."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from lictor_actors.hosts.disks.file import FILL_BYTES, DirectoryInUse, FileDisk
from lictor_actors.journal.disk import Disk
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.journal import Append


@pytest.fixture(params=["memory", "file"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "memory":
        yield MemoryDisk()
    else:
        real = FileDisk(tmp_path / "data")
        yield real
        real.close()


def test_what_is_written_is_read(disk: Disk) -> None:
    disk.write_at("a", 3, b"xyz")
    assert disk.read("a", 0) == b"\0\0\0xyz"
    assert disk.read("a", 4, 1) == b"y"
    assert disk.read("a", 4, 100) == b"yz"
    assert disk.list() == {"a": 6}


def test_truncating_cuts_and_grows_by_zeros(disk: Disk) -> None:
    disk.write_at("a", 0, b"abcdef")
    disk.truncate("a", 2)
    disk.truncate("a", 4)
    assert disk.read("a", 0) == b"ab\0\0"


@pytest.mark.parametrize("seed", range(20))
def test_zeros_that_are_laid_ahead_never_fall_on_data(seed: int, tmp_path: Path) -> None:
    """Room that was reserved is filled as it is used; a reader must not be able to tell."""
    rng, real, model = Random(seed), FileDisk(tmp_path / "data"), MemoryDisk()
    for number in range(60):
        name, size = rng.choice("ab"), rng.randrange(3 * FILL_BYTES)
        for disk in (real, model):
            match number % 6:
                case 0:
                    disk.truncate(name, size)
                case 5 if {"a", "b"} <= disk.list().keys():
                    disk.rename("a", "b")
                case _:
                    disk.write_at(name, size, bytes([number + 1]) * (size % 5000))
        assert real.list() == model.list()
        assert all(real.read(name, 0) == model.read(name, 0) for name in model.list())
    real.close()


def test_renaming_replaces(disk: Disk) -> None:
    disk.write_at("a", 0, b"a")
    disk.write_at("b", 0, b"bb")
    disk.rename("a", "b")
    assert disk.list() == {"b": 1}
    assert disk.read("b", 0) == b"a"


def test_errors_name_the_file(disk: Disk) -> None:
    with pytest.raises(OSError, match="absent"):
        disk.read("absent", 0)
    with pytest.raises(OSError, match="absent"):
        disk.sync("absent")


def test_a_journal_on_it_comes_back(disk: Disk) -> None:
    journal = Journal.open(disk, segment_bytes=4096)
    records = [Append(index=i, term=1, data=bytes(200)) for i in range(1, 100)]
    for record in records:
        journal.write("server", [record])
    journal.sync()
    assert Journal.open(disk, segment_bytes=4096).recovered("server") == records


def test_two_processes_cannot_share_a_directory(tmp_path: Path) -> None:
    first = FileDisk(tmp_path)
    with pytest.raises(DirectoryInUse, match=f"{tmp_path} is in use"):
        FileDisk(tmp_path)
    first.close()
    FileDisk(tmp_path).close()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"cannot create the directory.*file/data"):
        FileDisk(tmp_path / "file" / "data")


def test_a_crash_keeps_what_was_synced_and_may_keep_any_part_of_the_rest() -> None:
    outcomes = set()
    for seed in range(40):
        disk = MemoryDisk()
        disk.write_at("a", 0, b"s" * 10)
        disk.sync("a")
        disk.write_at("a", 10, b"u" * 2000)
        disk.crash(Random(seed))
        data = disk.read("a", 0)
        assert data[:10] == b"s" * 10
        outcomes.add(data)
    assert len(outcomes) > 5


def test_a_crash_without_tearing_keeps_nothing_that_was_not_synced() -> None:
    disk = MemoryDisk()
    disk.write_at("a", 0, b"s")
    disk.sync("a")
    disk.write_at("a", 1, b"u")
    disk.crash(Random(1), torn=False)
    assert disk.read("a", 0) == b"s"
    assert disk.list() == {"a": 1}
