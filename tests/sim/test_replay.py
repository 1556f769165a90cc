"""What a seed lets one do besides running it: leave a fault out, shrink it, tell its story."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lictor_actors.swarm import run_seed
from lictor_actors.swarm.hunt import Planted
from lictor_actors.swarm.kept import NotKept, read
from lictor_actors.swarm.patch import planted
from lictor_actors.swarm.plan import Plan, draw
from lictor_actors.swarm.planted import PLANTED
from lictor_actors.swarm.report import Report, Struck
from lictor_actors.swarm.run import Run
from lictor_actors.swarm.shrink import kind_of, options_of, shrink
from lictor_actors.timeline.recorder import Recorder
from lictor_deploy.sim.one import after, story

pytestmark = pytest.mark.timeout(600)
SEED = 4


def named(name: str) -> Planted:
    return next(bug for bug in PLANTED if bug.bug.__name__ == name)


def test_leaving_a_fault_out_leaves_the_others_as_they_were() -> None:
    everything = run_seed(SEED)
    assert len(everything.struck) > 3
    left = run_seed(SEED, plan=replace(draw(SEED), without=(2,)))
    assert [s.number for s in left.struck] == [s.number for s in everything.struck if s.number != 2]
    assert [(s.name, s.at_s) for s in left.struck] == [(s.name, s.at_s) for s in everything.struck if s.number != 2]


def test_stopping_on_the_way_changes_nothing() -> None:
    whole, pieces = Run(draw(SEED)), Run(draw(SEED))
    whole.advance(9.0)
    for stop in (1.3, 4.4, 6.51, 9.0):
        pieces.advance(stop)
    assert pieces.world.trace.digest == whole.world.trace.digest


def test_a_recorder_changes_nothing() -> None:
    plain = run_seed(SEED, 8.0)
    recorders: list[Recorder] = []
    watched = run_seed(SEED, 8.0, watch=lambda run: recorders.append(Recorder(run.world)))
    assert watched.digest == plain.digest
    assert recorders[0].records()


def test_shrinking_finds_the_faults_that_matter_and_the_time_that_is_needed() -> None:
    """A bug that needs the third and the seventh fault, and ten seconds."""
    runs: list[tuple[int, ...]] = []

    def again(plan: Plan, until_s: float) -> Report:
        struck = tuple(Struck(n, "kill", float(n), "") for n in range(1, 20) if n not in plan.without and n < until_s)
        runs.append(tuple(s.number for s in struck))
        fails = {3, 7} <= set(runs[-1]) and until_s >= 10
        return Report(plan.seed, plan, ["lost: entry 4"] if fails else [], broken_at_s=10.0, struck=struck)

    shrunk = shrink(again(draw(1), 20.0), 20.0, again=again)
    assert [s.number for s in shrunk.report.struck] == [3, 7]
    assert shrunk.until_s == pytest.approx(10.001)
    assert shrunk.runs == len(runs) - 1 < 40
    options = options_of(shrunk.report.plan, shrunk.until_s)
    assert options.startswith("-seed 1 -until 10.001s -without 1,2,4,5,6,8,9")


def test_another_failure_is_not_the_same_failure() -> None:
    plan = draw(1)
    first = Report(1, plan, ["lost: entry 4"], broken_at_s=5.0, struck=(Struck(1, "kill", 1.0, ""),))
    other = Report(1, plan, ["not healed after 120 s: no server leads"])
    assert shrink(first, 20.0, again=lambda plan, until_s: other).report is first
    assert kind_of("not healed after 120 s: x") == kind_of("not healed after 60 s: y")


def test_the_options_name_only_what_differs_from_the_draw() -> None:
    drawn = draw(9)
    assert options_of(drawn, 20.0) == "-seed 9 -until 20s"
    assert options_of(replace(drawn, agents=7, without=(1, 2)), 5.5) == "-seed 9 -until 5.5s -without 1,2 -agents 7"


@pytest.mark.sim
def test_a_kept_failure_replays_exactly_as_it_was_shrunk(tmp_path: Path) -> None:
    """Also what no option says: the bent mix of faults, the weather, the disks."""
    bug, kept = named("answers_before_the_disk"), tmp_path / "kept.jsonl"
    with planted(bug.bug):
        report = run_seed(bug.known, bug.until_s, plan=bug.plan_of(bug.known))
        after(report, bug.until_s, shrunk=True, keep=kept)
        shrunk = shrink(report, bug.until_s)
        (line,) = read(kept.read_text().splitlines())
        again = run_seed(line.plan.seed, line.until_s, plan=line.plan)
    assert (line.plan, line.until_s) == (shrunk.report.plan, shrunk.until_s)
    assert line.plan != draw(bug.known)
    assert again.failures[0].splitlines()[0] == line.said
    assert (again.digest, again.struck) == (shrunk.report.digest, shrunk.report.struck)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("7 -until 4s", "line 2 is no kept run: the line: "),
        ('{"until_s": 4, "said": ""}', "line 2 is no kept run: plan: Field required"),
    ],
)
def test_a_line_that_is_no_kept_run(line: str, says: str) -> None:
    with pytest.raises(NotKept, match=says):
        list(read(["# runs", line]))


@pytest.mark.sim
def test_a_planted_bug_is_shrunk_and_its_story_told() -> None:
    bug = named("forgets_its_vote")
    with planted(bug.bug):
        seed = next(s for s in range(1, 30) if not run_seed(s, bug.until_s, plan=bug.plan_of(s)).ok)
        report = run_seed(seed, bug.until_s, plan=bug.plan_of(seed))
        shrunk = shrink(report, bug.until_s)
        recorders: list[Recorder] = []
        last = shrunk.report.plan
        told = run_seed(seed, shrunk.until_s, plan=last, watch=lambda run: recorders.append(Recorder(run.world)))
    assert not told.ok
    assert len(shrunk.report.struck) <= len(report.struck)
    assert shrunk.until_s <= bug.until_s
    text = "\n".join(story(told, recorders[0].records(), 100))
    assert f"Seed {seed}: a promise was broken." in text
    assert "raft: leads term" in text
    assert told.failures[0].splitlines()[0] in text
