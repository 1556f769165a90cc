"""One seed from beginning to end, of one datacenter or several."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.swarm.datacenters import DatacentersRun
from lictor_actors.swarm.plan import Plan, draw
from lictor_actors.swarm.report import Report
from lictor_actors.swarm.run import Run

AnyRun: TypeAlias = Run | DatacentersRun
BROKEN = (AssertionError, JournalCorrupt, RuntimeError)
"""What a run raises if a promise is not kept."""


def begin(plan: Plan, trace: Callable[[str], None] | None = None) -> AnyRun:
    """The run of a plan, before its first event."""
    return DatacentersRun(plan, trace) if plan.datacenters > 1 else Run(plan, trace)


def run_seed(
    seed: int,
    until_s: float = 20.0,
    trace: Callable[[str], None] | None = None,
    plan: Plan | None = None,
    watch: Callable[[AnyRun], None] | None = None,
) -> Report:
    """Run one seed: ``until_s`` of chaos, then up to five minutes of virtual time to converge. Never raises.

    ``watch`` is shown the run before it begins.
    """
    started = time.perf_counter()
    run = begin(plan or draw(seed), trace)
    if watch is not None:
        watch(run)
    try:
        run.advance(until_s)
        run.heal()
        run.look_back()
        run.mourn()
    except BROKEN as broken:
        run.broken(f"{type(broken).__name__}: {broken}")
    return run.report(time.perf_counter() - started)
