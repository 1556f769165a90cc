"""``lictor sim``: run seeds of the world and say what they showed."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from os import cpu_count
from pathlib import Path
from typing import TypeVar

from lictor_actors.swarm import Report, run_seed
from lictor_actors.swarm.hunt import PLANTED, hunt
from lictor_deploy.sim_one import after

T = TypeVar("T")
SHRUNK_MOST = 3
"""Failing seeds of a batch that are shrunk: the first ones."""


def run(seeds: range, until_s: float = 20.0, jobs: int = 0, *, shrunk: bool = False, keep: Path | None = None) -> int:
    """Run seeds in ``jobs`` processes (0: one a core). Returns the exit status: 0 if every promise was kept, else 1.

    Of those that fail the first few are ``shrunk``; all are appended to the file ``keep``.
    """
    started = time.perf_counter()
    with _progress(len(seeds)) as advance:
        reports = []
        for report in in_processes(partial(run_seed, until_s=until_s), seeds, jobs):
            reports.append(report)
            advance(report)
    reports.sort(key=lambda report: report.seed)
    _summary(reports, time.perf_counter() - started)
    broken = [report for report in reports if not report.ok]
    for number, report in enumerate(broken):
        print(f"\n{report}")
        after(report, until_s, shrunk and number < SHRUNK_MOST, keep)
    return 1 if broken else 0


def planted() -> int:
    """Plant classic bugs, hunt each, and print how many seeds and seconds it took; 1 if one was not found."""
    print(f"{'bug':48} {'seeds':>5} {'seconds':>7}  what the judge said")
    missed = 0
    for bug in PLANTED:
        found = hunt(bug)
        missed += not found.verdict
        said = found.verdict.splitlines()[0][:100] if found.verdict else "nothing: NOT FOUND"
        print(f"{found.name:48} {found.seeds:>5} {found.wall_s:>7.1f}  {said}", flush=True)
    return 1 if missed else 0


def in_processes(one: Callable[[int], T], seeds: range, jobs: int) -> Iterator[T]:
    """Each seed's outcome, in the order of the seeds, from ``jobs`` processes (0: one a core)."""
    jobs = min(jobs or cpu_count() or 1, len(seeds))
    if jobs == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, seeds)


def _summary(reports: list[Report], wall_s: float) -> None:
    reached: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for report in reports:
        reached.update({name: bool(count) for name, count in report.sometimes().items()})
        faults.update({n.removeprefix("fault_"): c for n, c in report.counters.items() if n.startswith("fault_")})
    healed = sorted(report.healed_after_s for report in reports)
    virtual_s = sum(report.virtual_s for report in reports)
    _table(
        {
            "seeds": f"{len(reports)}, {sum(not r.ok for r in reports)} broken",
            "speed": f"{60 * len(reports) / wall_s:.0f} seeds a minute; {virtual_s / wall_s:.0f} virtual s per second",
            "events": f"{sum(r.events for r in reports)}",
            "operations": f"{sum(r.operations for r in reports)}, {sum(r.unknown for r in reports)} of unknown outcome",
            "undecided": f"{sum(r.undecided for r in reports)} keys",
            "committed": f"{sum(r.committed for r in reports)} entries, {sum(r.leaders for r in reports)} terms led",
            "healed": f"median {healed[len(healed) // 2]:.1f} s, longest {healed[-1]:.1f} s after the last fault",
            "faults": _counts(faults),
            "reached": _counts(reached) + " (seeds)",
        }
    )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def _table(rows: dict[str, str]) -> None:
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(show_header=False)
        for name, value in rows.items():
            table.add_row(name, value)
        Console().print(table)
        return
    for name, value in rows.items():
        print(f"{name:11}{value}")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Report], None]]:
    """Counts finished seeds on a terminal; a broken one is named at once everywhere."""
    if not sys.stderr.isatty():
        yield _name_broken
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("seeds"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # Drawn by hand: a thread of its own would be copied half alive into the processes that are forked.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("seeds", total=total)

        def advance(report: Report) -> None:
            _name_broken(report)
            progress.advance(task)
            progress.refresh()

        yield advance


def _name_broken(report: Report) -> None:
    if not report.ok:
        print(f"seed {report.seed} is broken: {report.failures[0]}", file=sys.stderr)
