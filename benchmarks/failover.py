"""Leaders die under load: is every promise kept, and for how long is no write taken?

    python benchmarks failover           minutes: three and five servers, kills every few seconds, rolling restarts
    python benchmarks -quick failover    the same in a minute

The checks are those of tests/e2e/test_story_consistency.py, which runs a short form.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from lives import SETTLED_WITHIN_S, await_life, leaders_process
from recorded import BusStore, Failed, HttpStore, Recorder, StaleReader, Store
from table import ratio, show
from web import Broken, Web

import lictor
from lictor_actors.judges.linearizability import judge
from lictor_deploy.local.handle import Cluster, NodePlace

CONSUL_S = 2.96
ETCD_S = 1.03
"""Medians of real Consul (raft_multiplier 1) and etcd on the reference machine."""
TRIALS = 20
TRY_EVERY_S = 0.02
CALM_S = 1.0
"""Load between one restart and the next, which takes a fraction of a second."""


@dataclass
class Campaign:
    """What happened and what the judges found."""

    servers: int
    kills: list[int] = field(default_factory=list)
    """When a process was ended, by the history's clock."""
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    keys: int = 0
    operations: int = 0
    stale_reads: int = 0
    gaps_s: list[float] = field(default_factory=list)
    """From each end of a process to the return of the first acknowledged write that was asked after it."""
    lost: list[str] = field(default_factory=list)
    """Acknowledged writes that some server does not have."""
    undead: list[str] = field(default_factory=list)
    """Writes that were definitely refused and happened."""
    not_linearizable: list[str] = field(default_factory=list)
    undecided: int = 0
    stale_wrong: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    """Of all keys, by server."""

    @property
    def wrong(self) -> list[str]:
        """Everything that was promised and not kept."""
        differing = [f"the servers differ: {self.digests}"] if len(set(self.digests.values())) != 1 else []
        lost = [f"lost: {key}" for key in self.lost] + [f"happened although refused: {key}" for key in self.undead]
        return [*lost, *self.not_linearizable, *self.stale_wrong, *differing]


Disturbance = Callable[[Cluster, Campaign], Awaitable[None]]


# -- disturbances ------------------------------------------------------------------


async def kill_leaders(cluster: Cluster, campaign: Campaign, seconds: float, every_s: float) -> None:
    """``kill -9`` of whoever leads, every few seconds, whether the last victim is back or not."""
    until = time.monotonic() + seconds
    await asyncio.sleep(min(1.0, every_s))
    while time.monotonic() < until:
        pid = await asyncio.to_thread(leaders_process, cluster)
        if pid:
            campaign.kills.append(time.monotonic_ns())
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(every_s if pid else 0.05)


async def restart_in_turn(cluster: Cluster, campaign: Campaign, rounds: int) -> None:
    """Every server in turn is asked to end (SIGTERM) or, in each second round, killed; the next when it is back."""
    servers = [name for name in cluster.nodes if name.startswith("server-")]
    for turn in range(rounds):
        for server in servers:
            pid = cluster.status()["processes"][server]
            campaign.kills.append(time.monotonic_ns())
            os.kill(pid, signal.SIGKILL if turn % 2 else signal.SIGTERM)
            await asyncio.to_thread(await_life, cluster, server, pid)
            await asyncio.to_thread(cluster.wait_whole, SETTLED_WITHIN_S)
            await asyncio.sleep(CALM_S)


# -- a campaign ----------------------------------------------------------------------


async def campaign(cluster: Cluster, disturb: Disturbance) -> Campaign:
    """Clients over HTTP and on the bus ask, record and are judged while ``disturb`` runs."""
    servers, agents = by_role(cluster)
    report, recorder = Campaign(len(servers)), Recorder()
    stale = [StaleReader(place.http) for place in servers]
    async with contextlib.AsyncExitStack() as stack:
        stores = await open_stores(servers, agents, stack)
        tasks = [asyncio.create_task(recorder.work(f"c{i}", store, i)) for i, store in enumerate(stores)]
        tasks += [asyncio.create_task(reader.work(recorder)) for reader in stale]
        await disturb(cluster, report)
        recorder.over.set()
        await asyncio.gather(*tasks)
        await asyncio.to_thread(cluster.wait_whole, SETTLED_WITHIN_S)
    await judge_all(servers, recorder, stale, report)
    return report


async def judge_all(servers: list[NodePlace], recorder: Recorder, stale: list[StaleReader], report: Campaign) -> None:
    """Read everything once more, from a cluster that is whole again, and write down what was not kept."""
    await last_reads(recorder, servers)
    report.outcomes, report.reasons = recorder.outcomes, recorder.reasons
    report.stale_reads = sum(reader.reads for reader in stale)
    report.gaps_s = gaps(report.kills, recorder)
    await compare_servers(servers, recorder, report)
    judge_history(recorder, stale, report)


def by_role(cluster: Cluster) -> tuple[list[NodePlace], list[NodePlace]]:
    """Servers and agents."""
    servers = [place for name, place in cluster.nodes.items() if name.startswith("server-")]
    return servers, [place for name, place in cluster.nodes.items() if name not in {p.name for p in servers}]


async def open_stores(
    servers: list[NodePlace], agents: list[NodePlace], stack: contextlib.AsyncExitStack
) -> list[Store]:
    """Clients of every kind: HTTP at agents and at the servers that will die, the bus at agents."""
    clients = [await stack.enter_async_context(lictor.connect(place.door, timeout=12)) for place in agents]
    web = [HttpStore(place.http) for place in (*agents, *servers)]
    for store in web:
        stack.callback(store.web.close)
    return [*(BusStore(client) for client in clients for _ in range(2)), *web]


async def last_reads(recorder: Recorder, servers: list[NodePlace]) -> None:
    """Each key once more in both modes, as a part of the history: whatever was lost or came back is seen here."""
    keys = dict.fromkeys(operation.key for operation in recorder.history.operations)
    stores = [HttpStore(place.http) for place in servers]
    for number, key in enumerate(keys):
        for mode in ("default", "consistent"):
            await recorder.get("last", stores[number % len(stores)], key, mode)
    for store in stores:
        store.web.close()


async def compare_servers(servers: list[NodePlace], recorder: Recorder, report: Campaign) -> None:
    """All keys of each server's own store; a follower may be a heartbeat behind at first."""
    until = time.monotonic() + SETTLED_WITHIN_S
    while True:
        states = {place.name: await everything(place.http) for place in servers}
        report.digests = {name: hashlib.sha256(body).hexdigest()[:16] for name, body in states.items()}
        if len(set(report.digests.values())) == 1 or time.monotonic() > until:
            break
        await asyncio.sleep(0.2)
    for name, body in states.items():
        report.lost += [f"{key} on {name}" for key in recorder.ledger if f'"{key}"'.encode() not in body]
        report.undead += [f"{key} on {name}" for key in recorder.refused if f'"{key}"'.encode() in body]


async def everything(address: str) -> bytes:
    """All keys as a server has them, flags, indexes and all."""
    web = Web(address)
    try:
        return (await web.ask("GET", "/v1/kv/?recurse&stale")).body
    finally:
        web.close()


def judge_history(recorder: Recorder, stale: list[StaleReader], report: Campaign) -> None:
    """One verdict for each key, and one for each server's stale reads."""
    verdicts = judge(recorder.history)
    report.keys, report.operations = len(verdicts), len(recorder.history.operations)
    report.undecided = sum(not verdict.decided for verdict in verdicts)
    report.not_linearizable = [str(verdict) for verdict in verdicts if not verdict.ok]
    report.stale_wrong = [line for reader in stale for line in reader.verdict(recorder.history)]


def gaps(kills: list[int], recorder: Recorder) -> list[float]:
    """Seconds from each kill to the first acknowledgement of a write that was asked after it."""
    writes = recorder.acknowledged
    firsts = (min((returned for called, returned in writes if called >= kill), default=0) for kill in kills)
    return [(first - kill) / 1e9 for kill, first in zip(kills, firsts, strict=True) if first]


# -- how long nobody takes a write ------------------------------------------------------


async def fail_over(cluster: Cluster) -> float:
    """Seconds from ``kill -9`` of the leader to the next acknowledged write, asked at every survivor.

    Each survivor is asked by clients that begin every 20 ms and wait for their answer.
    """
    await asyncio.to_thread(cluster.wait_whole, SETTLED_WITHIN_S)
    leader = cluster.status()["status"]["leader"].partition(".")[0]
    pid = cluster.status()["processes"][leader]
    survivors = [place.http for place in by_role(cluster)[0] if place.name != leader]
    written: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    tries = []
    while not written.done():
        tries += [asyncio.create_task(_try(address, written)) for address in survivors]
        await asyncio.wait([written], timeout=TRY_EVERY_S)
        if time.monotonic() - killed > SETTLED_WITHIN_S:
            raise RuntimeError("nobody took a write")
    for task in tries:
        task.cancel()
    await asyncio.gather(*tries, return_exceptions=True)
    return written.result() - killed


async def _try(address: str, written: asyncio.Future[float]) -> None:
    store = HttpStore(address)
    with suppress(Failed, Broken):
        if await store.put("failover", b"x") and not written.done():
            written.set_result(time.monotonic())
    store.web.close()


async def fail_overs(servers: int, trials: int) -> list[float]:
    """So many deaths of leaders, one after the other, each after the last victim is back."""
    with Cluster.local(servers, 0) as cluster:
        return [await fail_over(cluster) for _ in range(trials)]


# -- all of it --------------------------------------------------------------------------


def main(quick: bool = False) -> None:
    """Campaigns on three and five servers, then the times."""
    seconds, rounds, trials = (15.0, 1, 5) if quick else (120.0, 3, TRIALS)
    reports = {}
    for servers in (3, 5):
        with Cluster.local(servers, 3) as cluster:
            reports[f"{servers} servers, leader killed every 3 s"] = asyncio.run(
                campaign(cluster, lambda c, r: kill_leaders(c, r, seconds, 3.0))
            )
            reports[f"{servers} servers, rolling restarts"] = asyncio.run(
                campaign(cluster, lambda c, r: restart_in_turn(c, r, rounds))
            )
    show("Promises under kills", _HEAD, [_row(name, report) for name, report in reports.items()])
    for name, report in reports.items():
        for line in report.wrong[:20]:
            print(f"  {name}: {line}")
        for reason, count in report.reasons.most_common(5):
            print(f"  {name}: {count} x {reason}")
    times(trials)


def times(trials: int) -> None:
    """Leader's death to the next write."""
    rows = []
    for servers in (3, 5):
        took = asyncio.run(fail_overs(servers, trials))
        median = statistics.median(took)
        cells = [f"{min(took):.2f}", f"{median:.2f}", f"{max(took):.2f}"]
        rows.append((f"{servers} servers, raft_multiplier 1", *cells, ratio(median, CONSUL_S), ratio(median, ETCD_S)))
    head = ("", "least", "median", "most", f"of Consul's {CONSUL_S}", f"of etcd's {ETCD_S}")
    show(f"kill -9 of the leader to the next acknowledged write, s, {trials} trials", head, rows)


_HEAD = (
    "",
    "deaths",
    "operations",
    "unknown",
    "refused",
    "stale reads",
    "keys",
    "undecided",
    "gap median/most s",
    "wrong",
)


def _row(name: str, report: Campaign) -> tuple[str, ...]:
    unknown = sum(count for what, count in report.outcomes.items() if what.endswith("unknown"))
    refused = sum(count for what, count in report.outcomes.items() if what.endswith("refused"))
    counts = (len(report.kills), report.operations, unknown, refused, report.stale_reads, report.keys, report.undecided)
    gap = f"{statistics.median(report.gaps_s):.2f}/{max(report.gaps_s):.2f}" if report.gaps_s else "-"
    return name, *(f"{count:,}" for count in counts), gap, str(len(report.wrong))
