"""A scenario on a live cluster of this machine: real processes, the wall clock, clients on the bus."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

from lictor_actors.client.async_client import AsyncClient
from lictor_actors.client.errors import LictorError
from lictor_actors.faults.levels import refuse_unsupported
from lictor_actors.judges.history import ClientOperation
from lictor_actors.scenario.kv import TIMEOUT_S, KvScript
from lictor_actors.scenario.model import Scenario
from lictor_actors.timeline import TimelineRecord, write
from lictor_deploy.local.handle import Cluster
from lictor_deploy.scenario.report import ScenarioReport
from lictor_deploy.timelines.live import recording
from lictor_deploy.words.sentence import Failure
from lictor_messages.answers import Command, Query

LOOK_EVERY_S = 0.1


def run_live(
    scenario: Scenario, seed: int, starting: AbstractContextManager[Cluster], timeline: Path | None = None
) -> ScenarioReport:
    """Start a cluster for it, run it, stop the cluster; ``timeline``: the file for all that happened.

    Raises UnsupportedFault and Failure.
    """
    for fault in (fault for step in scenario.step for fault in step.faults):
        refuse_unsupported(fault, "live")
    started = time.perf_counter()
    with starting as cluster:
        if timeline is None:
            report = run_on(cluster, scenario, seed)
        else:
            with recording(cluster) as records:
                report = run_on(cluster, scenario, seed)
            verdicts = [TimelineRecord(records[-1].t, "", "verdict", failure) for failure in report.failures]
            timeline.write_text("".join(write([*records, *verdicts])), encoding="utf-8")
    report.wall_s = time.perf_counter() - started
    return report


def run_on(cluster: Cluster, scenario: Scenario, seed: int) -> ScenarioReport:
    """Run it on a cluster that is whole; everything is healed at the end."""
    report = ScenarioReport(scenario.name, "local", seed)
    if "raft" in scenario.expect.always:
        report.notes.append("raft's invariants are judged in the world only: live processes cannot be looked into")
    asyncio.run(_play(cluster, scenario, report))
    return report


async def _play(cluster: Cluster, scenario: Scenario, report: ScenarioReport) -> None:
    began = time.monotonic()
    clients = None
    if scenario.workload.kv is not None:
        clients = _BusClients(cluster, KvScript(scenario.workload.kv, Random(report.seed)), report.seed)
        clients.start()
    playing = await asyncio.to_thread(cluster.faults.play, scenario.step)
    try:
        await asyncio.sleep(scenario.lasts_s)
    finally:
        await asyncio.to_thread(playing.heal)
    report.faults = playing.struck
    report.failures += playing.refused
    await _eventually(cluster, scenario, report)
    if clients is not None:
        await clients.stop()
        if scenario.expect.linearizable:
            report.count(clients.script.history)
            report.judge(clients.script.history)
    report.ran_s = time.monotonic() - began


async def _eventually(cluster: Cluster, scenario: Scenario, report: ScenarioReport) -> None:
    began, open_ = time.monotonic(), dict(scenario.expect.eventually.bounds)
    while open_:
        status = (await asyncio.to_thread(cluster.status))["status"]
        passed = time.monotonic() - began
        for name, within_s in list(open_.items()):
            if _holds(name, status):
                report.healed[name] = passed
            elif passed <= within_s:
                continue
            else:
                report.failures.append(f"{name} not within {within_s:g} s: {status}")
            del open_[name]
        if open_:
            await asyncio.sleep(LOOK_EVERY_S)


def _holds(name: str, status: dict[str, object]) -> bool:
    match name:
        case "one_leader":
            return bool(status["leader"])
        case "catalog_matches":
            return status["catalog"] == status["nodes"]
        case _:  # nodes that see every node alive, and the same ones
            return status["converged"] == status["nodes"]


class _BusClients:
    """The script's clients, each on the bus at some node's door, with one request at a time."""

    def __init__(self, cluster: Cluster, script: KvScript, seed: int) -> None:
        self.script = script
        self._doors = [place.door for place in cluster.nodes.values()]
        self._rng = Random(seed)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to ask."""
        self._tasks = [asyncio.create_task(self._live(name)) for name in self.script.clients]

    async def stop(self) -> None:
        """Ask nothing new, then look at every key once more."""
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise Failure(f"A client of the workload failed: {error!r}") from error
        async with AsyncClient(self._doors[0], timeout=TIMEOUT_S) as client:
            for key in self.script.keys:
                await self._ask(client, *self.script.ask("auditor", key, "get", time.monotonic_ns()))

    async def _live(self, name: str) -> None:
        client = AsyncClient(self._rng.choice(self._doors), timeout=TIMEOUT_S)
        try:
            while True:
                await asyncio.sleep(self.script.pause_s())
                await self._ask(client, *self.script.next(name, time.monotonic_ns()))
        finally:
            await client.close()

    async def _ask(self, client: AsyncClient, operation: ClientOperation, request: Query | Command) -> None:
        try:
            answer = await client.ask(request)
        except LictorError:
            # A write is tried several times, and only the last try says why it failed: the outcome stays unknown.
            return
        self.script.answered(operation, answer, time.monotonic_ns())
