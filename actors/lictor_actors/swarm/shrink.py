"""From a failing seed to a short story: fewer faults, less time, fewer people, as long as it fails in the same way.

Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002) over the numbers of
the strikes: each draws from a stream of its own, so that leaving some out changes nothing about the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lictor_actors.swarm.plan import Plan, draw
from lictor_actors.swarm.report import Report
from lictor_actors.swarm.seeds import run_seed

RUNS_MOST = 150
MARGIN_S = 0.001
NUMBERS = ("servers", "agents", "clients", "keys")
"""What of a plan may be said on the command line."""
FEWER = (("agents", 0), ("clients", 1), ("clients", 2), ("keys", 1))
"""What to try, the greatest relief first."""

Again = Callable[[Plan, float], Report]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The shortest run that was found, and how many runs that took."""

    report: Report
    until_s: float
    runs: int


def options_of(plan: Plan, until_s: float) -> str:
    """A command line's options for this run."""
    words, drawn = [f"-seed {plan.seed}", f"-until {until_s:g}s"], draw(plan.seed)
    if plan.without:
        words.append(f"-without {','.join(map(str, plan.without))}")
    words += [f"-{name} {getattr(plan, name)}" for name in NUMBERS if getattr(plan, name) != getattr(drawn, name)]
    return " ".join(words)


def kind_of(failure: str) -> str:
    """What sort of failure this is: what comes before the details."""
    return re.sub(r"\d+", "#", failure.partition(":")[0])


def shrink(report: Report, until_s: float, runs_most: int = RUNS_MOST, again: Again | None = None) -> Shrunk:
    """Shrink the failing run of this report. ``again`` runs a plan; ``run_seed`` if left out."""
    return _Shrinking(report, until_s, runs_most, again or _again).run()


def _again(plan: Plan, until_s: float) -> Report:
    return run_seed(plan.seed, until_s, plan=plan)


class _Shrinking:
    def __init__(self, report: Report, until_s: float, runs_most: int, again: Again) -> None:
        self._best = report
        self._until_s = until_s
        self._kind = kind_of(report.failures[0])
        self._left = runs_most
        self._runs_most = runs_most
        self._again = again

    def run(self) -> Shrunk:
        self._less_time()
        self._fewer_faults()
        for name, value in FEWER:
            if getattr(self._best.plan, name) > value:
                self._fails(replace(self._best.plan, **{name: value}), self._until_s)  # type: ignore[arg-type]
        self._less_time()
        self._fewer_faults()
        return Shrunk(self._best, self._until_s, self._runs_most - self._left)

    def _fails(self, plan: Plan, until_s: float) -> bool:
        """Does it still fail like that? Then it is the best so far."""
        if not self._left:
            return False
        self._left -= 1
        report = self._again(plan, until_s)
        if not any(kind_of(failure) == self._kind for failure in report.failures):
            return False
        self._best, self._until_s = report, until_s
        return True

    def _less_time(self) -> None:
        """No chaos after the failure; one that shows only after the healing may need less chaos before it."""
        broken_at_s = self._best.broken_at_s + MARGIN_S
        if broken_at_s < self._until_s:
            self._fails(self._best.plan, round(broken_at_s, 3))
            return
        for share in (0.25, 0.5, 0.75):
            if self._fails(self._best.plan, round(self._until_s * share, 3)):
                return

    def _fewer_faults(self) -> None:
        """Leave out ever smaller parts of the strikes, until no single one can be missed."""
        parts = 2
        while len(numbers := self._numbers()) >= 1 and self._left:
            for part in _split(numbers, parts):
                if self._fails(self._leave_out(part), self._until_s):
                    parts = max(parts - 1, 2)
                    break
            else:
                if parts >= len(numbers):
                    return
                parts = min(2 * parts, len(numbers))

    def _numbers(self) -> list[int]:
        return [struck.number for struck in self._best.struck]

    def _leave_out(self, part: Sequence[int]) -> Plan:
        plan = self._best.plan
        return replace(plan, without=tuple(sorted({*plan.without, *part})))


def _split(numbers: Sequence[int], parts: int) -> list[Sequence[int]]:
    size = -(-len(numbers) // parts)
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]
