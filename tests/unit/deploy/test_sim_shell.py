"""Walking through a seed with commands."""

from __future__ import annotations

import pytest

from lictor_actors.raft.leader_state import LeaderState
from lictor_deploy.sim.one import OneSeed
from lictor_deploy.sim.shell import shell


def walk(capsys: pytest.CaptureFixture[str], *lines: str, seed: int = 4) -> tuple[int, str]:
    status = shell(OneSeed(seed), lines)
    return status, capsys.readouterr().out


@pytest.mark.slow
def test_time_passes_as_told_and_actors_can_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = walk(capsys, "run 1.5s", "to 6s", "show server@server-1", "who", "quit", "run 1s")
    assert status == 0
    assert out.startswith("at 1.500000 s\nat 6.000000 s\nserver@server-1.dc1 at 6.000000 s")
    assert "prober@agent-4.dc1" in out
    assert "at 7" not in out


def test_single_steps_show_the_events_that_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    _, out = walk(capsys, "to 3s", "step", "trace 1")
    lines = out.splitlines()
    assert lines[1].startswith("3.")
    assert lines[-1] == lines[-3]


@pytest.mark.slow
def test_faults_that_hold_and_have_struck(capsys: pytest.CaptureFixture[str]) -> None:
    _, out = walk(capsys, "faults", "to 6.52s", "faults", "heal", "faults")
    assert out.startswith("no fault has struck yet")
    assert "holds  f1 crash server@server-1.dc1" in out
    assert "  1    6.498 s  crash server@server-1.dc1" in out
    assert out.count("holds") == 1


def test_mistakes_are_sentences_and_the_walk_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = walk(capsys, "jump", "show nobody", "run far", "step far", "", "# a comment", "run 1s")
    assert status == 0
    assert "There is no command 'jump': try help." in out
    assert "There is no node 'nobody'" in out
    assert "'far' is not a number." in out
    assert out.endswith("at 1.000000 s\n")


def test_a_verdict_ends_the_run_and_leaves_it_open_to_inspection(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lictor_actors.raft.leader_state.reached_by_majority", max)
    status, out = walk(capsys, "to 20s", "run 1s", "show server-1")
    assert LeaderState  # the patch is of the module that it lives in
    assert status == 1
    assert "broken at " in out
    assert "this run is over: PromiseBroken" in out
    assert "server-1.dc1: up" in out
