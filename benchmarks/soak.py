"""The same thousand keys are overwritten at full speed for minutes: does memory stay flat?

    python benchmarks soak           ten minutes
    python benchmarks -quick soak    five

What grows at first is bounded: a server keeps the outcomes of a minute of writes (so that a repeated one is known),
some ten thousand entries before its last snapshot, and what the allocator does not give back.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from table import show
from waiting import Watcher

from lictor_deploy.local.handle import Cluster
from lictor_messages.addresses import split_host_port

KEYS = 1000
VALUE = b"x" * 200
CONNECTIONS = 16
SAMPLE_EVERY_S = 1.0
WARM_UP_S = 200.0
"""Until a minute of outcomes is full, a few snapshots have been taken of it and the allocator has what it needs."""
COMPACTED_AT = 30_000
"""Writes after which the log is as long as it gets: it is cut down to 10,240 entries at each 16,384th."""


@dataclass
class Soaked:
    """Memory over time, by server."""

    writes: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """How often a write was answered with which status and text."""
    at_s: list[float] = field(default_factory=list)
    rss_mib: dict[str, list[float]] = field(default_factory=dict)
    disk_mib: dict[str, list[float]] = field(default_factory=dict)
    """Of each server's directory."""
    writes_at: list[int] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Writes that were not acknowledged."""
        return self.refusals.total()

    def slope_mib_per_minute(self, server: str, since_s: float) -> float:
        """Of memory, by least squares over the samples since then."""
        pairs = [(at, mib) for at, mib in zip(self.at_s, self.rss_mib[server], strict=True) if at >= since_s]
        times, sizes = zip(*pairs, strict=True)
        return 60 * statistics.linear_regression(times, sizes).slope

    def bytes_per_write(self, server: str) -> float:
        """How much memory grew for each write since the log was full. While the outcomes of the last minute still
        become more, and nothing else does, these are some 340; with a log that is never cut, 700.
        """
        first = next(place for place, writes in enumerate(self.writes_at) if writes >= COMPACTED_AT)
        grown = self.rss_mib[server][-1] - self.rss_mib[server][first]
        return grown * 2**20 / (self.writes_at[-1] - self.writes_at[first])


class Overwriter(Watcher):
    """A connection that writes key after key."""

    def begin(self, first: int, soaked: Soaked, over: asyncio.Event) -> None:
        """Write the key of this number, and the next when the answer is there, until it is over."""
        self.number, self.soaked, self.over = first, soaked, over
        self._next()

    def data_received(self, data: bytes) -> None:
        self.soaked.writes += 1
        if not data.startswith(b"HTTP/1.1 200"):
            self.soaked.refusals[said(data)] += 1
        if not self.over.is_set():
            self._next()

    def _next(self) -> None:
        self.number += CONNECTIONS
        self.ask("PUT", f"/v1/kv/soak/{self.number % KEYS}", b"%d %s" % (self.number, VALUE))


def said(answer: bytes) -> str:
    """Status and text of an answer that came in one piece."""
    head, _, text = answer.partition(b"\r\n\r\n")
    return f"{head.split(maxsplit=2)[1].decode()} {text.decode()}"


async def soak(cluster: Cluster, seconds: float, writes: float = math.inf) -> Soaked:
    """Overwrite for so long, or until so many writes are done; returns what memory did meanwhile."""
    soaked, over = Soaked(), asyncio.Event()
    leader = cluster.nodes[cluster.status()["status"]["leader"].partition(".")[0]]
    host, port = split_host_port(leader.http)
    loop = asyncio.get_running_loop()
    crowd = [(await loop.create_connection(Overwriter, host, port))[1] for _ in range(CONNECTIONS)]
    for number, connection in enumerate(crowd):
        connection.begin(number, soaked, over)
    began = time.monotonic()
    while time.monotonic() - began < seconds and soaked.writes < writes:
        await asyncio.sleep(SAMPLE_EVERY_S)
        sample(cluster, soaked, time.monotonic() - began)
    over.set()
    for connection in crowd:
        connection.hang_up()
    return soaked


def sample(cluster: Cluster, soaked: Soaked, at_s: float) -> None:
    """Memory and disk of every server now."""
    soaked.at_s.append(at_s)
    soaked.writes_at.append(soaked.writes)
    for name, pid in cluster.status()["processes"].items():
        if name.startswith("server-"):
            soaked.rss_mib.setdefault(name, []).append(rss_mib(pid))
            soaked.disk_mib.setdefault(name, []).append(disk_mib(Path(cluster.logs).parent / name))


def rss_mib(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


def disk_mib(folder: Path) -> float:
    """Bytes of all files below; what is being compacted away may vanish meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total / 2**20


def main(quick: bool = False) -> None:
    """Soak three servers and print what happened to each."""
    seconds = 300.0 if quick else 600.0
    with Cluster.local(3, 0) as cluster:
        soaked = asyncio.run(soak(cluster, seconds))
    rows = [row(name, soaked) for name in soaked.rss_mib]
    head = ("MiB", "at 10 s", f"at {WARM_UP_S:.0f} s", "at the end", "per minute since", "disk")
    show(f"{soaked.writes:,} overwrites of {KEYS} keys in {seconds:.0f} s ({soaked.refused} refused)", head, rows)
    for answer, count in soaked.refusals.most_common():
        print(f"  {count} x {answer}")


def row(name: str, soaked: Soaked) -> tuple[str, ...]:
    """A server's line of the table."""
    sizes = soaked.rss_mib[name]
    early, warm = (sizes[next(i for i, at in enumerate(soaked.at_s) if at >= s)] for s in (10.0, WARM_UP_S))
    figures: Sequence[float] = (early, warm, sizes[-1], soaked.slope_mib_per_minute(name, WARM_UP_S))
    return name, *(f"{figure:.1f}" for figure in (*figures, max(soaked.disk_mib[name])))
