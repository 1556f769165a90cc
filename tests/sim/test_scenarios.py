"""Scenarios in the world: the examples keep their promises, and one that expects too much says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from lictor_actors.faults.presets import PRESETS
from lictor_actors.scenario import load, parse
from lictor_actors.timeline import read
from lictor_deploy.scenario.in_world import run_seed
from lictor_deploy.scenario.run import Where, run

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.toml"))
LOST_QUORUM = """
duration = "6s"
[workload]
kv = { rate = 40 }
[[step]]
at = "1s"
kill = { nodes = "2 of servers" }
[expect]
linearizable = ["kv"]
eventually = { one_leader = "10s", catalog_matches = "30s" }
"""
AMNESIA = """
duration = "12s"
[cluster]
agents = 2
[workload]
kv = { rate = 60, keys = 1 }
[[step]]
at = "0s"
lying_fsync = "servers"
[[step]]
at = "4s"
lose_unsynced = { nodes = "servers", restart_after = "500ms" }
[expect]
linearizable = ["kv"]
always = []
"""


def test_there_is_an_example_for_every_preset() -> None:
    assert {file.stem for file in EXAMPLES} == {*PRESETS, "leader-isolated"}


@pytest.mark.sim
@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", EXAMPLES, ids=[file.stem for file in EXAMPLES])
@pytest.mark.parametrize("seed", [1, 2])
def test_an_example_keeps_its_promises(file: Path, seed: int) -> None:
    report = run_seed(load(file), seed)
    assert report.ok, str(report)
    assert report.faults > 0
    assert report.operations > 100
    assert report.digest


def test_a_seed_replays() -> None:
    made = parse(LOST_QUORUM)
    first, again = run_seed(made, 5), run_seed(made, 5)
    assert first.ok, str(first)
    assert first.unknown + first.operations > 20
    assert (first.digest, first.operations, first.healed) == (again.digest, again.operations, again.healed)
    assert run_seed(made, 6).digest != first.digest


def test_a_trace_names_the_faults_with_whom_they_hit() -> None:
    lines: list[str] = []
    run_seed(parse(LOST_QUORUM), 5, trace=lines.append)
    faults = [line for line in lines if " ! " in f" {line.partition(' ')[2]}" and "f1 kill" in line]
    assert faults[0].endswith("server-1.dc1 server-2.dc1") or "server-3.dc1" in faults[0]
    assert "healed f1" in faults[-1]


def test_promises_that_a_disk_broke_are_found() -> None:
    reports = [run_seed(parse(AMNESIA), seed) for seed in range(3)]
    assert [report.seed for report in reports if report.ok] == []
    # Raft's judge is not asked here: clients notice by themselves.
    assert all("not linearizable" in report.failures[0] for report in reports)


def test_rafts_judge_speaks_unless_it_is_left_out() -> None:
    report = run_seed(parse(AMNESIA.replace("always = []", "")), 1)
    assert report.failures[0].startswith("PromiseBroken")


def test_an_expectation_that_does_not_come_about_in_time_is_named() -> None:
    hopeless = parse(LOST_QUORUM.replace('one_leader = "10s"', 'one_leader = "0s"'))
    report = run_seed(hopeless, 1)
    assert not report.ok
    assert report.failures[0].startswith("one_leader not within 0 s")


def test_many_seeds_run_in_processes_and_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    made = parse(LOST_QUORUM, default_name="quorum")
    assert run(made, 1, 3, 2, where=Where("sim"), trace=False) == 0
    told = capsys.readouterr().out
    assert told.startswith("quorum, sim: 3 seeds, 0 failed\n")
    assert "one_leader: median" in told


def test_a_seed_that_fails_is_told_once_with_how_to_run_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    made = parse(AMNESIA, default_name="amnesia")
    assert run(made, 1, 1, 1, where=Where("sim"), trace=False, named="my files/amnesia.toml") == 1
    told = capsys.readouterr()
    assert told.out.count("amnesia, sim, seed 1: FAILED") == 1
    assert "again   lictor chaos run 'my files/amnesia.toml' -seed 1 -trace" in told.out
    assert told.err == ""


def test_seeds_that_fail_are_told_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(parse(AMNESIA), 1, 2, 1, where=Where("sim"), trace=False, named="amnesia.toml") == 1
    told = capsys.readouterr()
    assert "lictor chaos run amnesia.toml -seed 2 -trace" in told.err
    assert "FAILED  seeds 1 2" in told.out


def test_what_a_judge_has_ended_still_says_how_much_had_happened() -> None:
    report = run_seed(parse(AMNESIA), 1)
    assert not report.ok
    assert report.faults > 0
    assert report.operations > 0


def test_a_seed_of_a_scenario_becomes_a_timeline_with_its_verdict(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    assert run(parse(AMNESIA), 1, 1, 1, where=Where("sim"), trace=False, timeline=file) == 1
    records = list(read(file.read_text().splitlines()))
    assert {"fault", "verdict", "message", "operation"} <= {record.kind for record in records}
