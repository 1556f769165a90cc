"""Wherever the power fails, or the process is killed, the journal opens again and holds all that was synced.

A script of writes, rolls, snapshots, compactions, full disks and restarts is stopped before each of its operations on
the disk in turn. What was not synced by then survives whole, torn or not at all, in every combination; and opening what
is left is stopped in the same way once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from zlib import crc32

import pytest
from older_journal import make_older

from lictor_actors.journal.journal import Journal, JournalFull
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.journal import Append, Cell, Compact, JournalRecord, SnapshotBegin, SnapshotChunk, SnapshotEnd

SEGMENT = 300
FATES_MAX = 60
"""So many combinations of what survives are all tried; of more, so many are drawn."""


class Killed(Exception):
    """The process is gone."""


class Stopping(MemoryDisk):
    """A disk before whose nth operation the process ends."""

    def __init__(self, left: int = 1 << 30, capacity: int | None = None) -> None:
        super().__init__(capacity)
        self.left = left
        self.done = 0

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        self._count()
        super().write_at(name, offset, data)

    def sync(self, name: str) -> None:
        self._count()
        super().sync(name)

    def truncate(self, name: str, size: int) -> None:
        self._count()
        super().truncate(name, size)

    def rename(self, old: str, new: str) -> None:
        self._count()
        super().rename(old, new)

    def _count(self) -> None:
        if self.done == self.left:
            raise Killed
        self.done += 1

    def after_kill(self) -> Stopping:
        """What was written is with the operating system, synced or not."""
        return self._twin(MemoryDisk.copy(self), keep_pending=True)

    def after_power_cut(self, rng: Random) -> Iterator[Stopping]:
        """Each thing that the disk may hold then."""
        files = sorted(self._files.items())
        choices = [_fates(change) for _, file in files for change in file.pending]
        fresh = [name for name, file in files if not file.named]
        for fate in _each([*choices, *([[False, True]] * len(fresh))], rng):
            yield self._left(list(fate[: len(choices)]), dict(zip(fresh, fate[len(choices) :], strict=True)))

    def _left(self, fate: list[object], named: dict[str, object]) -> Stopping:
        cut = self.after_kill()
        for name in sorted(cut._files):
            file = cut._files[name]
            file.data, file.size = bytearray(file.synced), file.synced_size
            for _ in file.pending:
                survives = fate.pop(0)
                if survives is not None:
                    assert isinstance(survives, tuple)
                    file.apply(*survives)
                    named[name] = True
            file.pending.clear()
            file.synced, file.synced_size, file.named = bytearray(file.data), file.size, True
        cut._files = {name: file for name, file in cut._files.items() if named.get(name, True)}
        return cut

    def _twin(self, copy: MemoryDisk, *, keep_pending: bool) -> Stopping:
        twin = Stopping()
        twin._files = copy._files
        for name, file in self._files.items():
            other = twin._files[name]
            other.synced, other.synced_size = bytearray(file.synced), file.synced_size
            other.pending, other.named = list(file.pending), file.named
        return twin


def _fates(change: tuple[int, bytes | None]) -> list[object]:
    """Nothing of it, all, or a torn part."""
    offset, data = change
    if data is None or len(data) < 2:
        return [None, change]
    parts = [data[:1], data[: len(data) // 2], data[:-1]]
    return [None, change, *((offset, part) for part in parts), (offset + 1, data[1:])]


def _each(choices: list[list[object]], rng: Random) -> Iterator[tuple[object, ...]]:
    total = 1
    for choice in choices:
        total *= len(choice)
    if total <= FATES_MAX:
        yield from product(*choices)
        return
    yield tuple(choice[0] for choice in choices)
    yield tuple(choice[min(1, len(choice) - 1)] for choice in choices)
    for _ in range(FATES_MAX):
        yield tuple(rng.choice(choice) for choice in choices)


class Life:
    """What was written, and what of it may not be lost."""

    def __init__(self, disk: Stopping) -> None:
        self.disk = disk
        self.wrote: list[JournalRecord] = []
        self.cells: list[dict[str, bytes]] = [{}]
        """In force after each record of the stream with cells."""
        self.durable = 0
        """How many of ``wrote`` were synced."""
        self.durable_cells = 0
        self.journal: Journal | None = None

    def run(self, *steps: Callable[[Life], None]) -> None:
        for step in steps:
            step(self)

    def server(self, *records: JournalRecord) -> None:
        assert self.journal
        self.wrote += records
        left = list(records)
        while left:
            try:
                self.journal.write("server", left)
                left = []
            except JournalFull as full:
                left = list(full.left)
                self.disk.capacity = None

    def agent(self, name: str, data: bytes) -> None:
        assert self.journal
        self.cells.append({**self.cells[-1], name: data})
        self.journal.write("agent", [Cell(name=name, data=data)])

    def sync(self) -> None:
        assert self.journal
        self.journal.sync()
        self.durable, self.durable_cells = len(self.wrote), len(self.cells) - 1

    def open(self) -> None:
        self.journal = Journal.open(self.disk, SEGMENT)


def entries(first: int, last: int, *, sync_each: bool = True) -> Callable[[Life], None]:
    def step(life: Life) -> None:
        for index in range(first, last + 1):
            life.server(Append(index=index, term=1, data=b"%d" % index * 20))
            if sync_each:
                life.sync()

    return step


def snapshot(index: int, *, synced: bool = True) -> Callable[[Life], None]:
    data = b"state %d" % index * 9

    def step(life: Life) -> None:
        life.server(SnapshotBegin(index=index, term=1, configuration_index=0, configuration=b"c"))
        life.server(SnapshotChunk(offset=0, data=data), SnapshotEnd(size=len(data), checksum=crc32(data)))
        life.sync()
        life.server(Compact(upto=index - 2, term=1))
        if synced:
            life.sync()

    return step


def cell(name: str, data: bytes) -> Callable[[Life], None]:
    def step(life: Life) -> None:
        life.agent(name, data)
        life.sync()

    return step


def full(life: Life) -> None:
    life.disk.capacity = sum(life.disk.list().values()) + 10


SCRIPTS: dict[str, list[Callable[[Life], None]]] = {
    "creation": [Life.open, entries(1, 2), Life.open, entries(3, 3)],
    "rolls": [Life.open, entries(1, 6), Life.open, entries(7, 9)],
    "rolls in one batch": [Life.open, entries(1, 7, sync_each=False), Life.sync, Life.open, entries(8, 8)],
    "compaction": [
        *(Life.open, cell("a", b"1"), cell("b", b"1"), entries(1, 8), cell("a", b"2"), snapshot(7)),
        *(entries(9, 14), snapshot(13), entries(15, 18), Life.open, entries(19, 22)),
    ],
    "compaction that is not synced": [
        *(Life.open, cell("a", b"1"), entries(1, 8), snapshot(7, synced=False), entries(9, 12, sync_each=False)),
    ],
    "a full disk": [Life.open, entries(1, 2), full, entries(3, 8), Life.open, entries(9, 9)],
    "full from the beginning": [full, Life.open, entries(1, 3)],
    "no restart between": [Life.open, entries(1, 3), entries(4, 9, sync_each=False), snapshot(8), entries(10, 12)],
}


def stopped_at(steps: list[Callable[[Life], None]], left: int, older: Life | None = None) -> Life | None:
    """These steps, ended before the operation after ``left``; None if there are not so many."""
    life = Life(older.disk.after_kill() if older else Stopping())
    if older:
        life.wrote, life.cells = list(older.wrote), list(older.cells)
        life.durable, life.durable_cells = older.durable, older.durable_cells
    life.disk.left = left
    try:
        life.run(*steps)
    except Killed:
        return life
    return None


def holds(disk: MemoryDisk, life: Life, where: str) -> Journal:
    """Open it, and compare."""
    journal = Journal.open(disk, SEGMENT)
    found = journal.recovered("server")
    begins = life.wrote.index(found[0]) if found else 0
    assert found == life.wrote[begins : begins + len(found)], where
    assert begins + len(found) >= life.durable, where
    kept = [record.index for record in found if isinstance(record, Append)]
    compacted = max((record.upto for record in found if isinstance(record, Compact)), default=0)
    assert begins == 0 or (kept and kept[0] <= compacted + 1), where
    cells = {record.name: record.data for record in journal.recovered("agent") if isinstance(record, Cell)}
    assert cells in life.cells[life.durable_cells :], where
    return journal


def goes_on(disk: Stopping, journal: Journal) -> None:
    """What comes next is kept, too."""
    before = journal.recovered("server")
    more = [Append(index=99, term=9, data=bytes(90))] * 5
    journal.write("server", more)
    journal.sync()
    disk.crash(Random(1), torn=False)
    after = Journal.open(disk, SEGMENT).recovered("server")
    assert after[-5:] == more
    assert after[-5 - len(before) : -5] == before or len(after) < len(before) + 5


def opened_in_spite_of_stops(left: Stopping, life: Life, rng: Random, where: str) -> int:
    """Stop the opening, too, before each of its operations; how many states were tried."""
    tried = 0
    for second in range(100):
        again = left.after_kill()
        again.left = second
        try:
            Journal.open(again, SEGMENT)
        except Killed:
            states = [again.after_kill(), *again.after_power_cut(rng)]
            for state in states if len(states) < 5 else [*states[:2], *rng.sample(states[2:], 2)]:
                holds(state, life, f"{where}, then {second} operations")
                tried += 1
        else:
            return tried
    raise AssertionError("opening does not end")


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.slow
def test_no_operation_before_which_all_may_end_makes_the_journal_refused(script: str) -> None:
    rng, tried, at = Random(7), 0, 0
    while life := stopped_at(SCRIPTS[script], at):
        for state in (life.disk.after_kill(), *life.disk.after_power_cut(rng)):
            where = f"{script}, {at} operations"
            tried += 1 + opened_in_spite_of_stops(state.after_kill(), life, rng, where)
            goes_on(state, holds(state, life, where))
        at += 1
    assert at > 8
    assert tried > 3 * at


def test_nor_while_a_journal_of_an_older_version_is_taken_over() -> None:
    """Its last segment says no size, so the first write begins another one."""
    rng, at, older = Random(7), 0, Life(Stopping())
    older.run(Life.open, entries(1, 4), cell("a", b"0"))
    make_older(older.disk)
    steps = [Life.open, entries(5, 12), cell("b", b"1"), snapshot(11), entries(13, 16)]
    while life := stopped_at(steps, at, older):
        for state in (life.disk.after_kill(), *life.disk.after_power_cut(rng)):
            opened_in_spite_of_stops(state.after_kill(), life, rng, f"{at} operations")
            goes_on(state, holds(state, life, f"{at} operations"))
        at += 1
    assert at > 20
