"""A power cut on a real disk: what was synced stays, what was not is gone or torn, as on the disk in memory."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.hosts.disks.faulty import FaultyDisk, Trouble
from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.hosts.disks.losing import LosingDisk
from lictor_actors.journal.disk import Disk
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.faults import DiskRule

LIE = DiskRule(id="f1", node="n1.dc1", effect="lie")


class PowerGone(BaseException):
    """Instead of SIGKILL."""


def die() -> None:
    raise PowerGone


def cut(disk: LosingDisk, rng: Random | None = None) -> None:
    disk.cut_power(rng, die)
    with pytest.raises(PowerGone):
        disk.strike()


@pytest.fixture
def real(tmp_path: Path) -> FileDisk:
    return FileDisk(tmp_path)


def test_the_power_fails_in_the_middle_of_the_next_sync(real: FileDisk) -> None:
    disk = LosingDisk(real)
    disk.truncate("log", 1000)
    disk.write_at("log", 0, b"synced")
    disk.sync("log")
    disk.cut_power(None, die)
    disk.write_at("log", 6, b" and not")
    with pytest.raises(PowerGone):
        disk.sync("log")
    assert real.read("log", 0) == b"synced".ljust(1000, b"\0")


def test_it_fails_anyway_if_nobody_writes(real: FileDisk) -> None:
    disk = LosingDisk(real)
    disk.write_at("log", 0, b"synced")
    cut(disk)
    assert real.read("log", 0) == b"synced"


def test_without_a_power_cut_to_come_nothing_strikes(real: FileDisk) -> None:
    LosingDisk(real).strike()


def test_what_a_lying_disk_was_told_to_sync_is_gone_unless_it_was_honest_again_before(real: FileDisk) -> None:
    losing, trouble = LosingDisk(real), Trouble(Random(1))
    disk = FaultyDisk(losing, trouble)

    def lies(*rules: DiskRule) -> None:
        trouble.set_rules(rules)
        losing.expect_lies(trouble.lies)

    disk.write_at("log", 0, b"one")
    disk.sync("log")
    lies(LIE)
    disk.write_at("log", 3, b"two")
    disk.sync("log")
    lies()
    disk.sync("log")
    lies(LIE)
    disk.write_at("log", 6, b"three")
    disk.sync("log")
    disk.truncate("other", 100)
    lies()
    cut(losing)
    assert real.read("log", 0) == b"onetwo"
    assert real.list()["other"] == 0


def test_a_file_that_took_the_place_of_another_loses_what_was_its_own(real: FileDisk) -> None:
    disk = LosingDisk(real)
    disk.write_at("snapshot", 0, b"old")
    disk.expect_lies(True)
    disk.write_at("snapshot", 0, b"OLD")
    disk.write_at("snapshot.new", 0, b"new")
    disk.rename("snapshot.new", "snapshot")
    cut(disk)
    assert real.read("snapshot", 0) == b""


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 1500), st.binary(min_size=1, max_size=1200)),
        st.tuples(st.just("truncate"), st.integers(0, 2000), st.just(b"")),
        st.tuples(st.just("sync"), st.just(0), st.just(b"")),
    ),
    max_size=12,
)


def do(disk: Disk, what: str, offset: int, data: bytes) -> None:
    if what == "write":
        disk.write_at("log", offset, data)
    elif what == "truncate":
        disk.truncate("log", offset)
    elif "log" in disk.list():
        disk.sync("log")


@given(CHANGES, CHANGES, st.none() | st.integers(0, 1000))
def test_it_leaves_what_the_disk_in_memory_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, int, bytes]],
    after: list[tuple[str, int, bytes]],
    seed: int | None,
) -> None:
    real, memory = FileDisk(tmp_path_factory.mktemp("disk")), MemoryDisk()
    losing = LosingDisk(real)
    for disk in (losing, memory):
        for change in (*before, ("write", 0, b"x"), ("sync", 0, b"")):
            do(disk, *change)
    losing.expect_lies(True)
    for disk in (losing, memory):
        for change in after:
            do(disk, *change)
    memory.crash(Random(seed), torn=seed is not None)
    cut(losing, None if seed is None else Random(seed))
    assert real.list() == memory.list()
    assert real.read("log", 0) == memory.read("log", 0)
    real.close()
