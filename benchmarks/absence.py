"""A server is away for a hundred thousand writes, another loses its disk: how do they come back, and who notices?

    python benchmarks absence           100,000 writes, with the thresholds of production
    python benchmarks -quick absence    20,000

Sixteen clients go on writing to the first server all the while. What they feel of it is the longest time in which none
of them had an answer.
"""

from __future__ import annotations

import asyncio
import math
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

from soak import CONNECTIONS, Overwriter, Soaked
from table import show
from three import Three

LOOK_EVERY_S = 0.05
WITHIN_S = 300.0
CLOSE = 500
"""Entries behind a leader that takes writes: some are always on their way."""
AWAY, WIPED = 3, 2


class Load(Soaked):
    """Writes and the longest time without any."""

    last = 0.0
    pause_s = 0.0

    def noticed(self) -> None:
        """A write was answered just now."""
        now = time.monotonic()
        self.pause_s = max(self.pause_s, now - (self.last or now))
        self.last = now

    def take_pause_s(self) -> float:
        """The longest since the last call."""
        pause, self.pause_s = self.pause_s, 0.0
        return pause


class Timed(Overwriter):
    """Tells the load of each answer."""

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.soaked, Load)
        self.soaked.noticed()
        super().data_received(data)


@asynccontextmanager
async def loaded(address: str, load: Load):  # type: ignore[no-untyped-def]
    """Sixteen connections overwrite keys meanwhile."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    crowd = [(await loop.create_connection(Timed, address, 8500))[1] for _ in range(CONNECTIONS)]
    for number, connection in enumerate(crowd):
        connection.begin(number, load, over)
    yield
    over.set()
    for connection in crowd:
        connection.hang_up()


async def until(true: Callable[[], bool]) -> float:
    """Seconds that it took; what is looked at may fail meanwhile."""
    began = time.monotonic()
    while time.monotonic() - began < WITHIN_S:
        try:
            if await asyncio.to_thread(true):
                return time.monotonic() - began
        except (OSError, AssertionError, KeyError, ValueError):
            pass
        await asyncio.sleep(LOOK_EVERY_S)
    raise RuntimeError(f"still not so after {WITHIN_S:.0f} s")


async def absence(three: Three, writes: int) -> list[tuple[str, ...]]:
    """One row for the server that was away, one for the one that lost its disk."""
    await until(lambda: three.voters(1) == 3)
    load = Load()
    async with loaded(three.address(1), load):
        three.kill(AWAY)
        began = time.monotonic()
        await until(lambda: load.writes >= writes)
        rows = [("away, load alone", f"{time.monotonic() - began:.1f}", *meanwhile(load))]
        three.start(AWAY)
        took = await until(lambda: trails(three, AWAY) < CLOSE)
        assert "takes over the snapshot" in three.log(AWAY), three.log(AWAY)
        rows.append(("back: everything but what is on its way", f"{took:.1f}", *meanwhile(load)))

        # After ten seconds autopilot had cleared it away: with the next one gone there would be no majority.
        took = await until(lambda: three.voters(1) == 3)
        rows.append(("back: votes again", f"{took:.1f}", *meanwhile(load)))

        before = three.peers(1)[f"n{WIPED}"]["ID"]
        three.kill(WIPED)
        shutil.rmtree(three.home / f"d{WIPED}")
        three.start(WIPED)
        took = await until(lambda: not three.peers(1)[f"n{WIPED}"]["Voter"])
        rows.append(("wiped: a newcomer without a vote", f"{took:.1f}", *meanwhile(load)))
        took = await until(lambda: three.voters(1) == 3)
        rows.append(("wiped: votes again", f"{took:.1f}", *meanwhile(load)))
    peers = three.peers(1)
    assert len(peers) == 3, peers
    assert peers[f"n{WIPED}"]["ID"] != before, "it came back under its old id"
    assert load.refused == 0
    sizes = re.findall(r"takes over the snapshot of \d+, (\d+) bytes", three.log(AWAY))
    print(f"  snapshot of {int(sizes[-1]):,} bytes; {load.writes:,} writes, none refused")
    return rows


def trails(three: Three, i: int) -> int | float:
    """By how many entries."""
    indexes = {name: int(str(peer["LastIndex"])) for name, peer in three.peers(1).items()}
    return max(indexes.values()) - indexes[f"n{i}"] if indexes[f"n{i}"] else math.inf


def meanwhile(load: Load) -> tuple[str, str]:
    """Writes so far, and the longest pause among them in this part."""
    return f"{load.writes:,}", f"{1e3 * load.take_pause_s():.0f}"


def main(quick: bool = False) -> None:
    """Run it in a directory of its own and print one table."""
    writes = 20_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as home:
        three = Three(Path(home), {})
        for i in (1, 2, 3):
            three.start(i)
        try:
            rows = asyncio.run(absence(three, writes))
        finally:
            three.end()
    show(f"A server is away for {writes:,} writes, another loses its disk", ("", "s", "writes", "pause ms"), rows)
