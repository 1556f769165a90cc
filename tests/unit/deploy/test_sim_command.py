"""What ``lictor sim`` prints and how it exits."""

from __future__ import annotations

import pytest

from lictor_actors.swarm import Report
from lictor_deploy import sim


def broken(seed: int, until_s: float = 20.0, trace: object = None) -> Report:
    report = real(seed, until_s)
    if seed == 3:
        report.failures.append("entry 4 was lost")
    return report


real = sim.run_seed


def test_one_seed_prints_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert sim.run(17, until_s=4.0) == 0
    out = capsys.readouterr().out
    assert out.startswith("seed 17: ok\n")
    assert "operations" in out


def test_a_trace_has_stdout_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert sim.run(17, until_s=3.0, trace=True) == 0
    said = capsys.readouterr()
    assert all(line[0].isdigit() for line in said.out.splitlines())
    assert "raft.append_entries" in said.out or "raft.request_vote" in said.out or "swim." in said.out
    assert said.err.startswith("seed 17: ok")


def test_a_range_ends_with_a_table_and_the_way_to_run_a_broken_seed_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim, "run_seed", broken)
    assert sim.run(2, until_s=2.5, seeds=3, jobs=1) == 1
    said = capsys.readouterr()
    assert "seeds      3, 1 broken" in said.out
    assert "seeds a minute" in said.out
    assert "lictor sim -seed 3 -until 2.5s -trace" in said.out
    assert said.err == "seed 3 is broken: entry 4 was lost\n"


def test_a_range_runs_in_several_processes() -> None:
    assert sim.run(20, until_s=2.5, seeds=2, jobs=2) == 0
