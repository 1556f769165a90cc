"""A live node's journal on a disk that fills, with a loop that a test turns by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lictor_actors.hosts.live.ledger import TRY_ROOM_EVERY_S, LiveLedger
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.journal import Append


class Loop:
    """As much of an event loop as a quick disk needs."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, after: float, call: Callable[[], None], *_: Any) -> None:
        self.later.append((after, call))

    def turn(self) -> None:
        due, self.later = self.later, []
        for _, call in due:
            call()


class Desk:
    def __init__(self, capacity: int) -> None:
        self.disk = MemoryDisk(capacity)
        self.loop = Loop()
        self.dirty: list[LiveLedger] = []
        self.failed: list[OSError] = []
        self.full: list[OSError | None] = []
        self.durable: list[int] = []
        self.ledger = LiveLedger(
            self.disk,
            self.loop,  # type: ignore[arg-type]
            self.dirty.append,
            self.failed.append,
            lambda _: None,
            self.full.append,
        )

    def write(self, index: int, size: int) -> None:
        record = Append(index=index, term=1, data=bytes(size))
        self.ledger.write("server", [record], lambda: self.durable.append(index))
        self.ledger.flush()

    def on_disk(self) -> list[int]:
        found = Journal.open(self.disk.copy()).recovered("server")
        return [record.index for record in found if isinstance(record, Append)]


@pytest.fixture
def desk() -> Desk:
    return Desk(capacity=300 * 1024)


def test_a_full_disk_holds_back_what_is_durable_and_keeps_the_order(desk: Desk) -> None:
    desk.write(1, 100_000)
    desk.write(2, 200_000)
    desk.write(3, 10)
    assert desk.durable == [1]
    assert desk.on_disk() == [1]
    assert [str(error) for error in desk.full] == ["[Errno 28] cannot write: the disk is full: 'journal-00000002'"]
    assert desk.loop.later[0][0] == TRY_ROOM_EVERY_S
    desk.loop.turn()
    assert desk.durable == [1]
    desk.disk.capacity = None
    desk.loop.turn()
    assert desk.dirty
    desk.ledger.flush()
    assert desk.durable == [1, 3]  # the notice of the last write of a stream covers those before it
    assert desk.on_disk() == [1, 2, 3]
    assert desk.full[-1] is None
    assert not desk.failed


def test_a_life_that_ends_on_a_full_disk_leaves_nothing_to_the_next_one(desk: Desk) -> None:
    """What was not written was promised to no actor, and the next life does not know of it."""
    desk.write(1, 100_000)
    desk.write(2, 200_000)
    desk.ledger.close_life("server")
    assert [record.index for record in desk.ledger.recovered("server")] == [1]
    desk.disk.capacity = None
    desk.loop.turn()
    desk.write(2, 50)
    assert desk.on_disk() == [1, 2]
