"""Ten thousand blocked queries: a write wakes just those whom it concerns, and how soon.

    python benchmarks watchers           10,000 on one service, then 10,000 on a key each
    python benchmarks -quick watchers    1,000 of each

Clients and servers share this machine's cores; the time of the last watcher is mostly that of its own client, which
has to read ten thousand answers too.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from processes import cpu_s, pss_mib
from table import show
from waiting import PER_ADDRESS, Watcher
from web import Web

from lictor_deploy.local.handle import Cluster, NodePlace
from lictor_messages.addresses import split_host_port

ROUNDS = 5
WRITES = 200
SETTLE_S = 1.0
REST_S = 5.0
GONE_S = 3.0
SPARE_FILES = 512
WAIT_S = 300
WOKEN_WITHIN_S = 60.0
_CROWDS = itertools.count(9)


@dataclass
class Wakes:
    """What writes did to a crowd; times in seconds from sending the write."""

    crowd: int
    last: list[float] = field(default_factory=list)
    """Of each write, until its last watcher had its answer."""
    each: list[float] = field(default_factory=list)
    """Of every watcher that a write concerned."""
    acknowledged: list[float] = field(default_factory=list)
    unrelated: int = 0
    """Watchers that were woken and not concerned."""
    cpu_s: float = 0.0
    """Of all processes of the cluster, for all writes."""
    rest_percent: float = 0.0
    """Of a core, while all are parked and nothing happens."""
    kib_each: float = 0.0
    """Memory (PSS) of the cluster for each parked query and its connection."""


def main(quick: bool = False) -> None:
    """Measure, and print one table."""
    crowd = 1_000 if quick else 10_000
    raise_file_limit(crowd + SPARE_FILES)
    with Cluster.local(3, 4) as cluster:
        results = {
            "one service": asyncio.run(on_one_service(cluster, crowd, ROUNDS)),
            "a key each": asyncio.run(on_a_key_each(cluster, crowd, WRITES)),
        }
    head = ("ms after the PUT was sent", "writes", "PUT answered", "median", "p99", "last", "unrelated", *_COSTS)
    show(f"{crowd:,} blocked queries over 7 nodes", head, [_row(name, wakes) for name, wakes in results.items()])


_COSTS = ("CPU ms a write", "rest %", "KiB each")


def _row(name: str, wakes: Wakes) -> tuple[str, ...]:
    writes = len(wakes.last)
    ordered = sorted(wakes.each)
    times = (statistics.median(wakes.acknowledged), statistics.median(ordered), ordered[len(ordered) * 99 // 100])
    spent = f"{1e3 * wakes.cpu_s / writes:.1f}", f"{wakes.rest_percent:.1f}", f"{wakes.kib_each:.1f}"
    figures = (f"{1e3 * t:.1f}" for t in (*times, statistics.median(wakes.last)))
    return name, str(writes), *figures, str(wakes.unrelated), *spent


def raise_file_limit(files: int) -> None:
    """Clients need a descriptor each, here and in the cluster, which inherits the limit. Raises ValueError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), hard))
    if hard < files:
        raise ValueError(f"{files} open files are needed and the limit is {hard}: raise it with ulimit -Hn")


# -- the two crowds ----------------------------------------------------------------


async def on_one_service(cluster: Cluster, count: int, rounds: int) -> Wakes:
    """Everybody watches the same service; one more change of its instance wakes them all."""
    writer, wakes = Web(first_server(cluster).http), Wakes(count)
    await register(writer, 0)
    crowd = await assemble(cluster, count, wakes, lambda _: "/v1/health/service/watched?passing")
    before = cpu_s(pids(cluster))
    for turn in range(1, rounds + 1):
        began = time.perf_counter()
        await register(writer, turn)
        wakes.acknowledged.append(time.perf_counter() - began)
        woken = await collect(crowd, began)
        wakes.each += woken
        wakes.last.append(max(woken))
        for watcher in crowd:
            watcher.park()
        await asyncio.sleep(SETTLE_S)
    wakes.cpu_s = cpu_s(pids(cluster)) - before
    await dismiss(crowd, writer)
    return wakes


async def on_a_key_each(cluster: Cluster, count: int, writes: int) -> Wakes:
    """Everybody watches a key of their own; a write concerns one of them."""
    writer, rng, wakes = Web(first_server(cluster).http), Random(7), Wakes(count)
    for start in range(0, count, 60):
        operations = [{"KV": {"Verb": "set", "Key": f"watched/{n}"}} for n in range(start, min(start + 60, count))]
        assert (await writer.ask("PUT", "/v1/txn", json.dumps(operations).encode())).status == 200
    crowd = await assemble(cluster, count, wakes, lambda number: f"/v1/kv/watched/{number}?")
    before = cpu_s(pids(cluster))
    for number in range(writes):
        chosen = crowd[rng.randrange(count)]
        began = time.perf_counter()
        reply = await writer.ask("PUT", f"/v1/kv/{chosen.key}", b"%d" % number)
        assert reply.body == b"true", reply
        wakes.acknowledged.append(time.perf_counter() - began)
        (woken,) = await collect([chosen], began)
        wakes.each.append(woken)
        wakes.last.append(woken)
        chosen.park()
    wakes.cpu_s = cpu_s(pids(cluster)) - before
    await asyncio.sleep(SETTLE_S)
    wakes.unrelated = sum(watcher.answered.done() for watcher in crowd)
    await dismiss(crowd, writer)
    return wakes


async def register(writer: Web, turn: int) -> None:
    """Another state of the one instance."""
    service = {"Service": "watched", "ID": "watched-1", "Port": 8000, "Meta": {"turn": str(turn)}}
    body = {"Node": "bench", "Address": "10.0.0.1", "Service": service}
    reply = await writer.ask("PUT", "/v1/catalog/register", json.dumps(body).encode())
    assert reply.status == 200, reply


# -- a crowd -------------------------------------------------------------------------


class Parked(Watcher):
    """A watcher that knows what it watches and where it stands."""

    target = ""

    @property
    def key(self) -> str:
        """What it watches."""
        return self.target.removeprefix("/v1/kv/").rstrip("?")

    def park(self) -> None:
        """Ask once more, from where the last answer stood."""
        found = re.search(rb"X-Consul-Index: (\d+)", self.answered.result())
        assert found is not None, self.answered.result()
        self.ask("GET", f"{self.target}&index={int(found[1])}&wait={WAIT_S}s")


async def assemble(cluster: Cluster, count: int, wakes: Wakes, target: Callable[[int], str]) -> list[Parked]:
    """Connect everybody, in turn to each node, read once, park, and see what that costs."""
    before = pss_mib(pids(cluster))
    loop, places = asyncio.get_running_loop(), list(cluster.nodes.values())
    crowd, net = [], f"127.{next(_CROWDS) % 250}"
    for number in range(count):
        host, port = split_host_port(places[number % len(places)].http)
        local = local_address(net, number // len(places))
        crowd.append((await loop.create_connection(Parked, host, port, local_addr=(local, 0)))[1])
        crowd[-1].target = target(number)
    for some in (crowd[start : start + 200] for start in range(0, count, 200)):
        for watcher in some:
            watcher.ask("GET", watcher.target)
        await collect(some, 0.0)
        for watcher in some:
            watcher.park()
    await asyncio.sleep(SETTLE_S)
    early = [watcher.answered.result() for watcher in crowd if watcher.answered.done()]
    assert not early, f"{len(early)} were answered before any write, the first with {early[0]!r}"
    wakes.kib_each = 1024 * (pss_mib(pids(cluster)) - before) / count
    spent, began = cpu_s(pids(cluster)), time.monotonic()
    await asyncio.sleep(REST_S)
    wakes.rest_percent = 100 * (cpu_s(pids(cluster)) - spent) / (time.monotonic() - began)
    return crowd


def local_address(net: str, number: int) -> str:
    """A loopback address of the client's own: nodes refuse more than 200 connections of one.

    Each crowd has a ``net`` of its own, since a node that is busy still counts the last crowd's connections.
    """
    place = number // PER_ADDRESS
    return f"{net}.{1 + place // 250}.{1 + place % 250}"


async def collect(crowd: Sequence[Parked], began: float) -> list[float]:
    """Wait until all are answered; seconds after ``began`` of each."""
    async with asyncio.timeout(WOKEN_WITHIN_S):
        await asyncio.gather(*(watcher.answered for watcher in crowd))
    return [watcher.at - began for watcher in crowd]


async def dismiss(crowd: Sequence[Parked], writer: Web) -> None:
    """Everybody hangs up, and the nodes notice: until then they count those connections."""
    writer.close()
    for watcher in crowd:
        watcher.hang_up()
    await asyncio.sleep(GONE_S)


def first_server(cluster: Cluster) -> NodePlace:
    """Where writes go."""
    return cluster.nodes["server-1"]


def pids(cluster: Cluster) -> list[int]:
    """The processes of the cluster."""
    return list(cluster.status()["processes"].values())
