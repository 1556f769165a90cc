"""A local socket whose file was removed: connections that exist go on, and new peers find it again."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pynng
import pytest

from lictor_actors.bus.frames import PlainFrames
from lictor_actors.bus.nng import NngBus
from lictor_messages.codec import cluster_id, frame

CLUSTER = cluster_id("test")


@pytest.fixture
def run() -> Iterator[Path]:
    with TemporaryDirectory(prefix="lictor-") as short:
        (Path(short) / "run").mkdir()
        yield Path(short) / "run"


def remove_the_files(run: Path, bus: NngBus, counters: Counter[str]) -> None:
    (run / "g").unlink()
    (run / "r").unlink()


def remove_the_directory(run: Path, bus: NngBus, counters: Counter[str]) -> None:
    shutil.rmtree(run)
    bus.listen_again()
    assert counters["listened_again"] == counters["not_listened_again"] == 0  # there is no place to make them
    run.mkdir()


@pytest.mark.parametrize("remove", [remove_the_files, remove_the_directory])
def test_both_lanes_are_found_again(run: Path, remove: Callable[[Path, NngBus, Counter[str]], None]) -> None:
    asyncio.run(both_lanes(run, remove))


async def both_lanes(run: Path, remove: Callable[[Path, NngBus, Counter[str]], None]) -> None:
    counters, changed = Counter[str](), asyncio.Event()

    def count(what: str) -> None:
        counters[what] += 1
        changed.set()

    async def heard(frames: int) -> None:
        async with asyncio.timeout(10):
            while counters["frames_in"] < frames:
                changed.clear()
                await changed.wait()

    bus = NngBus(
        PlainFrames(CLUSTER), asyncio.get_running_loop(), lambda _: None, lambda: False, lambda *_: None, count
    )
    lanes = [f"ipc://{run}/g", f"ipc://{run}/r"]
    bus.listen(*lanes)
    with pynng.Push0() as before:
        before.dial(lanes[1], block=False)  # the loop has to greet it
        await before.asend(frame(CLUSTER, []))
        await heard(1)
        remove(run, bus, counters)
        bus.listen_again()
        bus.listen_again()
        assert counters["listened_again"] == 2
        await before.asend(frame(CLUSTER, []))
        await heard(2)
    for number, lane in enumerate(lanes):
        with pynng.Push0() as after:
            after.dial(lane, block=False)
            await after.asend(frame(CLUSTER, []))
            await heard(3 + number)
    bus.close()
    assert not list(run.iterdir())
