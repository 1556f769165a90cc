"""Runs of a scenario as a person asks for them: one seed or many, in the world or live, told at the end."""

from __future__ import annotations

import shlex
import sys
import time
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from lictor_actors.faults.levels import UnsupportedFault
from lictor_actors.scenario.model import Scenario
from lictor_deploy.scenario.report import ScenarioReport
from lictor_deploy.words.sentence import Failure


class Where(NamedTuple):
    """What carries the cluster of a scenario."""

    ground: Literal["sim", "local", "ray"]
    ray_address: str = ""


def run(
    scenario: Scenario,
    seed: int,
    seeds: int,
    jobs: int,
    where: Where,
    trace: bool,
    timeline: Path | None = None,
    *,
    named: str = "",
) -> int:
    """Run ``seeds`` of them from ``seed`` on (``jobs`` 0: a process a core); the exit status: 0 if all is well.

    ``named``: what a person calls the scenario, to run it again.
    """
    try:
        if where.ground != "sim":
            return _live(scenario, seed, where, timeline)
        if seeds == 1:
            return _one_in_world(scenario, seed, trace, timeline, named)
        return _in_world(scenario, range(seed, seed + seeds), jobs, named)
    except UnsupportedFault as error:
        raise Failure(f"{scenario.name}: {error}.") from None


def _live(scenario: Scenario, seed: int, where: Where, timeline: Path | None) -> int:
    from lictor_deploy.local.handle import Cluster
    from lictor_deploy.scenario.live import run_live

    size = scenario.cluster
    flags = ("-profile", size.profile, "-seed", str(seed), "-log-level", "INFO")
    if where.ground == "ray":
        started = Cluster.ray(where.ray_address or None, size.servers, size.agents, *flags)
    else:
        started = Cluster.local(size.servers, size.agents, *flags)
    report = run_live(scenario, seed, started, timeline)
    report.kind = where.ground
    print(report)
    return 0 if report.ok else 1


def _one_in_world(scenario: Scenario, seed: int, trace: bool, timeline: Path | None, named: str) -> int:
    from lictor_actors.timeline.record import write
    from lictor_actors.timeline.recorder import Recorder
    from lictor_deploy.scenario.in_world import run_seed

    recorders: list[Recorder] = []
    watch = None if timeline is None else lambda world: recorders.append(Recorder(world))
    report = run_seed(scenario, seed, print if trace else None, watch)
    # With a trace on stdout the verdict must not get into what reads it.
    print(_told(report, named), file=sys.stderr if trace else sys.stdout)
    if timeline is not None:
        for failure in report.failures:
            recorders[0].verdict(report.ran_s, failure)
        timeline.write_text("".join(write(recorders[0].records())), encoding="utf-8")
    return 0 if report.ok else 1


def _told(report: ScenarioReport, named: str) -> str:
    """The report, and of one that failed how to see all that happened."""
    again = f"lictor chaos run {shlex.quote(named)} -seed {report.seed}"
    return str(report) if report.ok else f"{report}\n  again   {again} -trace\n  draw    {again} -timeline run.jsonl"


def _in_world(scenario: Scenario, seeds: range, jobs: int, named: str) -> int:
    from lictor_deploy.scenario.in_world import run_seed
    from lictor_deploy.sim.progress import counting
    from lictor_deploy.sim.seeds import in_processes

    started = time.perf_counter()
    reports = []
    with counting(len(seeds)) as advance:
        for report in in_processes(partial(run_seed, scenario), seeds, jobs):
            reports.append(report)
            if not report.ok:
                print(_told(report, named), file=sys.stderr)
            advance()
    _summary(reports, time.perf_counter() - started)
    return 0 if all(report.ok for report in reports) else 1


def _summary(reports: list[ScenarioReport], wall_s: float) -> None:
    failed = [report.seed for report in reports if not report.ok]
    ran = sum(report.ran_s for report in reports)
    print(f"{reports[0].name}, sim: {len(reports)} seeds, {len(failed)} failed")
    print(f"  ran     {ran:.0f} s of virtual time in {wall_s:.1f} s")
    print(f"  faults  {sum(report.faults for report in reports)}")
    unknown = sum(report.unknown for report in reports)
    print(f"  clients {sum(report.operations for report in reports)} operations, {unknown} writes of unknown outcome")
    for name in reports[0].healed:
        took = sorted(report.healed[name] for report in reports if name in report.healed)
        print(f"  healed  {name}: median {took[len(took) // 2]:.1f} s, longest {took[-1]:.1f} s")
    if failed:
        print(f"  FAILED  seeds {' '.join(map(str, failed))}")
