"""One seed of the simulator: run it to its end, stop it somewhere, walk through it, tell its story."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lictor_actors.swarm import Report
from lictor_actors.swarm.kept import Kept
from lictor_actors.swarm.look import look
from lictor_actors.swarm.plan import Plan, draw
from lictor_actors.swarm.seeds import BROKEN, AnyRun, begin, run_seed
from lictor_actors.swarm.shrink import options_of, shrink
from lictor_actors.timeline import TimelineRecord, write
from lictor_actors.timeline.choose import STORY, choose
from lictor_actors.timeline.draw import draw as draw_lines
from lictor_actors.timeline.recorder import Recorder
from lictor_deploy.words.sentence import Failure
from lictor_deploy.words.terminal import painter

AROUND_S = 0.5
OPERATIONS_MOST = 40
_MOMENT = re.compile(r"\[(\d+\.\d+), ")
_KEY = re.compile(r"\b(k\d+|lock)\b")


@dataclass(frozen=True, slots=True)
class OneSeed:
    """Which run: a seed, for how long, and what is to be other than drawn."""

    seed: int
    until_s: float = 20.0
    without: tuple[int, ...] = ()
    servers: int | None = None
    agents: int | None = None
    clients: int | None = None
    keys: int | None = None

    @property
    def plan(self) -> Plan:
        """What the seed draws, with what was asked for."""
        numbers = {name: getattr(self, name) for name in ("servers", "agents", "clients", "keys")}
        said = {name: number for name, number in numbers.items() if number is not None}
        return replace(draw(self.seed), without=self.without, **said)


def numbers(text: str) -> tuple[int, ...]:
    """``1,3,5-7`` as numbers; Failure if it is none of that."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if not first.isdigit() or not last.isdigit():
            raise Failure(f"-without takes numbers of faults like 1,3,5-7, not {text!r}.")
        found += range(int(first), int(last) + 1)
    return tuple(sorted(set(found)))


def one(
    asked: OneSeed, *, trace: bool = False, timeline: Path | None = None, shrunk: bool = False, keep: Path | None = None
) -> int:
    """Run a seed and say what it showed. Returns the exit status: 0 if every promise was kept, else 1."""
    report, records = recorded(asked, print if trace else None, messages=timeline is not None)
    # With a trace on stdout the summary must not get into what reads it.
    out = sys.stderr if trace else sys.stdout
    print(report, file=out)
    if timeline is not None:
        with timeline.open("w", encoding="utf-8") as file:
            file.writelines(write(records))
        print(f"  timeline  {timeline}: {len(records)} records; draw it with `lictor timeline {timeline}`", file=out)
    if not report.ok:
        after(report, asked.until_s, shrunk, keep)
    return 0 if report.ok else 1


def recorded(
    asked: OneSeed, trace: Callable[[str], None] | None = None, *, messages: bool = True
) -> tuple[Report, list[TimelineRecord]]:
    """Run a seed with a recorder beside it."""
    recorders: list[Recorder] = []

    def watch(run: AnyRun) -> None:
        recorders.append(Recorder(run.world, messages=messages))

    report = run_seed(asked.seed, asked.until_s, trace, asked.plan, watch)
    for failure in report.failures:
        recorders[0].verdict(report.broken_at_s, failure)
    return report, recorders[0].records()


def after(report: Report, until_s: float, shrunk: bool, keep: Path | None) -> None:
    """A failing seed: its faults, how to run it again, a shorter run that fails as well; kept in a file if wanted."""
    for struck in report.struck:
        print(f"  fault     {struck}")
    if shrunk:
        print("  shrinking …", file=sys.stderr)
        least = shrink(report, until_s)
        report, until_s = least.report, least.until_s
        print(f"  shrunk    to {len(report.struck)} faults by {least.runs} runs: {report.failures[0]}")
        for struck in report.struck:
            print(f"  fault     {struck}")
    options = options_of(report.plan, until_s)
    print(f"  again     lictor sim {options}\n  story     lictor explain {options.removeprefix('-seed ')}")
    if keep is not None:
        with keep.open("a", encoding="utf-8") as file:
            file.write(Kept(until_s, report.plan, report.failures[0].splitlines()[0]).to_json())


# -- stopping on the way -------------------------------------------------------------------------


def show(asked: OneSeed, who: tuple[str, ...]) -> int:
    """Run up to ``until_s`` and print these actors; 1 if a judge spoke before that."""
    run = begin(asked.plan)
    broken = ""
    try:
        run.advance(asked.until_s)
    except BROKEN as error:
        broken = f"{type(error).__name__}: {error}"
        print(f"seed {asked.seed} broke at {run.world.time / 1e9:.6f} s: {broken}\n")
    for name in who:
        print("\n".join(seen(run, name)))
    return 1 if broken else 0


def seen(run: AnyRun, who: str) -> list[str]:
    """What ``look`` shows; Failure for a name that is not there."""
    try:
        return look(run.world, who)
    except LookupError as error:
        raise Failure(f"{error.args[0][:1].upper()}{error.args[0][1:]}.") from None


# -- the story -----------------------------------------------------------------------------------


def explain(asked: OneSeed) -> int:
    """Print what the seed drew, which faults struck, who led, what a judge said and what clients did around that."""
    report, records = recorded(asked, messages=False)
    print("\n".join(story(report, records, shutil.get_terminal_size((100, 24)).columns)))
    return 0 if report.ok else 1


def story(report: Report, records: list[TimelineRecord], width: int) -> Iterator[str]:
    """The lines of ``explain``."""
    yield f"Seed {report.seed}: {'every promise was kept' if report.ok else 'a promise was broken'}."
    yield f"Drawn: {report.plan}."
    yield ""
    yield f"{len(report.struck)} faults{':' if report.struck else '.'}"
    yield from (f"  {struck}" for struck in report.struck)
    yield ""
    yield "What happened:"
    yield from draw_lines(choose(records, STORY), records, width, painter())
    if report.ok:
        return
    yield ""
    yield f"The verdict, at {report.broken_at_s:.6f} s:"
    for failure in report.failures:
        yield from (f"  {line}" for line in failure.splitlines())
    around = _around(report.failures[0], report.broken_at_s, records)
    if around:
        yield ""
        yield "What clients did around that:"
        yield from draw_lines(around, records, width, painter())


def _around(failure: str, at_s: float, records: list[TimelineRecord]) -> list[TimelineRecord]:
    """Operations at the times that the verdict names, on the keys that it names."""
    moments = [float(moment) for moment in _MOMENT.findall(failure)] or [at_s]
    keys = [f"key={key} " for key in dict.fromkeys(_KEY.findall(failure))]
    near = choose(records, ("operation", "leader", "fault"), min(moments) - AROUND_S, max(moments) + AROUND_S)
    found = [r for r in near if r.kind != "operation" or not keys or any(key in f"{r.what} " for key in keys)]
    return found[-OPERATIONS_MOST:]
