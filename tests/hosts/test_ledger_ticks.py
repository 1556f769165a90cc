"""A live node's journal tick by tick: what one tick brought is one write, one sync and one notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from lictor_actors.hosts.live import ledger as live_ledger
from lictor_actors.hosts.live.ledger import ON_LOOP_MAX_S, TRY_LOOP_EVERY, LiveLedger
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.journal import Append, Cell


class Disk(MemoryDisk):
    """Counts writes, and takes as long for a sync as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        self.writes += 1
        super().write_at(name, offset, data)


class Ticks:
    """Turns the loop by hand; a thread's work waits until ``finish``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sync_s = 0.0001
        self.now = 0.0
        monkeypatch.setattr(live_ledger.time, "perf_counter", self._clock)
        self.disk = Disk()
        self.dirty: list[LiveLedger] = []
        self.failed: list[OSError] = []
        self.durable: list[int] = []
        self.threads: list[tuple[Future[float], Callable[[], float]]] = []
        ledger: Any = self
        self.ledger = LiveLedger(self.disk, ledger, self.dirty.append, self.failed.append, lambda _: None)

    def _clock(self) -> float:
        self.now += self.sync_s  # read before and after each sync
        return self.now

    def run_in_executor(self, _: None, work: Callable[[], float]) -> Future[float]:
        future: Future[float] = Future()
        self.threads.append((future, work))
        return future

    def finish(self) -> None:
        future, work = self.threads.pop()
        future.set_result(work())

    def write(self, *indexes: int) -> None:
        for index in indexes:
            record = Append(index=index, term=1, data=b"x")
            self.ledger.write("server", [record], lambda index=index: self.durable.append(index))

    def tick(self, *indexes: int) -> None:
        self.write(*indexes)
        self.ledger.flush()


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    made = Ticks(monkeypatch)
    made.tick(1)  # the first write begins a segment
    made.durable.clear()
    return made


def test_one_write_one_sync_and_one_notice_for_a_tick(ticks: Ticks) -> None:
    writes, syncs = ticks.disk.writes, ticks.disk.syncs
    ticks.tick(*range(2, 52))
    assert (ticks.disk.writes - writes, ticks.disk.syncs - syncs) == (1, 1)
    assert ticks.durable == [51], "the last notice covers the others"
    found = Journal.open(ticks.disk.copy()).recovered("server")
    assert [record.index for record in found if isinstance(record, Append)] == list(range(1, 52))


def test_nothing_is_durable_before_the_tick_ends(ticks: Ticks) -> None:
    ticks.write(2, 3)
    assert ticks.durable == []
    ticks.ledger.flush()
    assert ticks.durable == [3]


def test_every_stream_of_a_tick_has_its_notice(ticks: Ticks) -> None:
    other: list[str] = []
    ticks.write(2)
    ticks.ledger.write("witness", [Cell(name="a", data=b"1")], lambda: other.append("durable"))
    ticks.ledger.flush()
    assert (ticks.durable, other) == ([2], ["durable"])


def test_the_next_life_finds_what_the_last_one_wrote_in_its_last_tick(ticks: Ticks) -> None:
    ticks.write(2)
    ticks.ledger.close_life("server")
    assert [record.index for record in ticks.ledger.recovered("server") if isinstance(record, Append)] == [1, 2]


def test_a_slow_disk_is_left_to_a_thread_and_taken_back_when_it_is_quick_again(ticks: Ticks) -> None:
    ticks.sync_s = 3 * ON_LOOP_MAX_S
    index = 1
    while not ticks.threads:
        ticks.tick(index := index + 1)
        assert index < 50, "still on the loop"
    ticks.finish()
    ticks.sync_s = ON_LOOP_MAX_S / 10
    for _ in range(TRY_LOOP_EVERY * 40):
        ticks.tick(index := index + 1)
        while ticks.threads:
            ticks.finish()
    assert ticks.ledger._usual_s < ON_LOOP_MAX_S
    ticks.tick(index + 1)
    assert ticks.durable[-1] == index + 1


def test_a_disk_that_has_stalled_is_not_tried_on_the_loop(ticks: Ticks) -> None:
    ticks.sync_s = 1.0
    index = 1
    while not ticks.threads:
        ticks.tick(index := index + 1)
    ticks.finish()
    for _ in range(TRY_LOOP_EVERY * 3):
        ticks.tick(index := index + 1)
        assert ticks.threads, "a sync of a second on the loop: followers would stand for election"
        ticks.finish()


def test_one_stall_does_not_drive_the_syncs_off_the_loop(ticks: Ticks) -> None:
    ticks.sync_s = 5.0
    ticks.tick(2)
    ticks.sync_s = 0.0001
    ticks.tick(3)
    assert ticks.threads == []
    assert ticks.durable == [2, 3]


def test_what_comes_during_a_sync_in_a_thread_waits_for_the_next(ticks: Ticks) -> None:
    ticks.sync_s = 3 * ON_LOOP_MAX_S
    index = 1
    while not ticks.threads:
        ticks.tick(index := index + 1)
    under_way = index
    ticks.tick(index + 1, index + 2)
    assert len(ticks.threads) == 1
    ticks.dirty.clear()
    ticks.finish()
    assert ticks.durable[-1] == under_way
    assert ticks.dirty, "the host must flush again"
    ticks.ledger.flush()
    ticks.finish()
    assert ticks.durable[-1] == index + 2


def test_after_a_failed_sync_nothing_is_ever_called_durable(ticks: Ticks) -> None:
    ticks.disk.sync_fails = True
    ticks.tick(2)
    ticks.disk.sync_fails = False
    ticks.tick(3)
    asyncio.run(ticks.ledger.close())
    assert ticks.durable == []
    assert len(ticks.failed) == 1
