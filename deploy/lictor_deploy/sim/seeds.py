"""``lictor sim``: run seeds of the world and say what they showed."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import active_children, get_context
from os import cpu_count
from pathlib import Path
from typing import TypeVar

from lictor_actors.swarm import Report, run_seed
from lictor_actors.swarm.hunt import hunt
from lictor_actors.swarm.kept import Kept, NotKept, read
from lictor_actors.swarm.planted import PLANTED
from lictor_deploy.sim.one import after
from lictor_deploy.sim.progress import counting
from lictor_deploy.words.sentence import Failure

S = TypeVar("S")
T = TypeVar("T")
SHRUNK_MOST = 3
"""Failing seeds of a batch that are shrunk: the first ones."""


def run(seeds: range, until_s: float = 20.0, jobs: int = 0, *, shrunk: bool = False, keep: Path | None = None) -> int:
    """Run seeds in ``jobs`` processes (0: one a core). Returns the exit status: 0 if every promise was kept, else 1.

    Of those that fail the first few are ``shrunk``; all are appended to the file ``keep``.
    """
    reports = _batch(partial(run_seed, until_s=until_s), seeds, jobs)
    broken = [report for report in reports if not report.ok]
    for number, report in enumerate(broken):
        print(f"\n{report}")
        after(report, until_s, shrunk and number < SHRUNK_MOST, keep)
    return 1 if broken else 0


def again(file: Path, jobs: int = 0) -> int:
    """Run what ``-keep`` has put into a file, each exactly as it was. Returns the exit status: 0 if none fails now."""
    try:
        with file.open(encoding="utf-8") as lines:
            runs = list(read(lines))
    except OSError as error:
        raise Failure(f"Cannot read {file}: {error.strerror}.") from None
    except (NotKept, UnicodeDecodeError) as error:
        raise Failure(f"{file}: {error}.") from None
    if not runs:
        raise Failure(f"{file} holds no run: `lictor sim -keep {file}` appends those that fail.")
    reports = _batch(run_kept, runs, jobs)
    for kept, report in zip(runs, reports, strict=True):
        if not report.ok:
            print(f"\n{report}")
            after(report, kept.until_s, shrunk=False, keep=None)
    return 0 if all(report.ok for report in reports) else 1


def run_kept(kept: Kept) -> Report:
    """A kept run once more."""
    return run_seed(kept.plan.seed, kept.until_s, plan=kept.plan)


def _batch(one: Callable[[S], Report], inputs: Sequence[S], jobs: int) -> list[Report]:
    """The reports of all, in their order, and a table of what they showed."""
    started = time.perf_counter()
    reports = []
    with counting(len(inputs)) as advance:
        for report in in_processes(one, inputs, jobs):
            reports.append(report)
            _name_broken(report)
            advance()
    _summary(reports, time.perf_counter() - started)
    return reports


def planted() -> int:
    """Plant classic bugs, hunt each, and print how many seeds and seconds it took; 1 if one was not found."""
    print(f"{'bug':48} {'seeds':>5} {'seconds':>7}  what the judge said")
    ended = []
    for bug in PLANTED:
        found = hunt(bug)
        ended.append(found)
        said = found.verdict.splitlines()[0][:100] if found.verdict else "nothing: NOT FOUND"
        print(f"{found.name:48} {found.seeds:>5} {found.cpu_s:>7.1f}  {said}", flush=True)
    seeds, cpu_s = sum(found.seeds for found in ended), sum(found.cpu_s for found in ended)
    print(f"{'all together':48} {seeds:>5} {cpu_s:>7.1f}  {cpu_s / 60:.1f} minutes of one core")
    return 0 if all(found.verdict for found in ended) else 1


def in_processes(one: Callable[[S], T], inputs: Sequence[S], jobs: int) -> Iterator[T]:
    """Each one's outcome, in their order, from ``jobs`` processes (0: one a core)."""
    jobs = min(jobs or cpu_count() or 1, len(inputs))
    if jobs == 1:
        yield from map(one, inputs)
        return
    # Not forked from this process: nng aborts in a child of a process that has used it, and threads may be running.
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "lictor_actors.swarm"])
    with ProcessPoolExecutor(jobs, context) as pool:
        try:
            yield from pool.map(one, inputs)
        except BaseException:  # Ctrl-C: what the others are at is not waited for
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                process.terminate()
            raise


def _summary(reports: list[Report], wall_s: float) -> None:
    reached: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for report in reports:
        reached.update({name: bool(count) for name, count in (report.sometimes() | report.changes()).items()})
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


def _name_broken(report: Report) -> None:
    if not report.ok:
        print(f"seed {report.seed} is broken: {report.failures[0]}", file=sys.stderr)
