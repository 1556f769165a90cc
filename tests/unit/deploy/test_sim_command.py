"""What ``lictor sim`` prints and how it exits."""

from __future__ import annotations

from pathlib import Path

import pynng
import pytest
from live_stage import opens_a_socket

from lictor_actors.swarm import Report
from lictor_actors.swarm.plan import Plan
from lictor_deploy.cli.main import run
from lictor_deploy.sim import one as sim_one
from lictor_deploy.sim import seeds as sim
from lictor_deploy.sim.digests import sources
from lictor_deploy.sim.one import OneSeed, numbers
from lictor_deploy.words.sentence import Failure


def broken(seed: int, until_s: float = 20.0, plan: Plan | None = None) -> Report:
    report = real(seed, until_s, plan=plan)
    if seed == 3:
        report.failures.append("entry 4 was lost")
    return report


real = sim.run_seed


def test_one_seed_prints_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert sim_one.one(OneSeed(17, until_s=4.0)) == 0
    out = capsys.readouterr().out
    assert out.startswith("seed 17: ok\n")
    assert "operations" in out


@pytest.mark.slow
def test_a_trace_has_stdout_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert sim_one.one(OneSeed(17, until_s=3.0), trace=True) == 0
    said = capsys.readouterr()
    assert all(line[0].isdigit() for line in said.out.splitlines())
    assert "raft.append_entries" in said.out or "raft.request_vote" in said.out or "swim." in said.out
    assert said.err.startswith("seed 17: ok")


@pytest.mark.slow
def test_a_range_ends_with_a_table_and_the_way_to_run_a_broken_seed_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sim, "run_seed", broken)
    kept = tmp_path / "kept.jsonl"
    assert sim.run(range(2, 5), until_s=2.5, jobs=1, keep=kept) == 1
    said = capsys.readouterr()
    assert "seeds      3, 1 broken" in said.out
    assert "seeds a minute" in said.out
    assert "again     lictor sim -seed 3 -until 2.5s" in said.out
    assert "story     lictor explain 3 -until 2.5s" in said.out
    assert said.err == "seed 3 is broken: entry 4 was lost\n"
    assert run(["sim", "-again", str(kept), "-jobs", "1"]) == 1
    assert "again     lictor sim -seed 3 -until 2.5s" in capsys.readouterr().out
    monkeypatch.setattr(sim, "run_seed", real)
    assert run(["sim", "-again", str(kept), "-jobs", "1"]) == 0
    assert "seeds      1, 0 broken" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "Cannot read {}: No such file"), ("3 -until 2s", "{}: line 1 is no kept run"), ("", "{} holds no run")],
)
def test_a_file_that_keeps_no_run(text: str | None, says: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    if text is not None:
        kept.write_text(text)
    with pytest.raises(Failure, match=says.format(kept)):
        sim.again(kept)


@pytest.mark.slow
def test_digests_are_equal_whatever_the_number_of_processes(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["sim", "-seed", "20", "-seeds", "2", "-until", "2.5s", "-digests"]
    assert run([*flags, "-jobs", "2"]) == 0
    both = capsys.readouterr().out
    assert both.startswith(f"# sources {sources()}, until 2.5s\n20 ")
    assert run([*flags, "-jobs", "1"]) == 0
    assert capsys.readouterr().out == both


def test_a_range_runs_in_several_processes() -> None:
    assert sim.run(range(20, 22), until_s=2.5, jobs=2) == 0


def test_the_processes_of_a_range_owe_nothing_to_the_sockets_of_this_one() -> None:
    with pynng.Push0():
        assert list(sim.in_processes(opens_a_socket, range(2), 2)) == [True, True]


@pytest.mark.slow
def test_a_stop_on_the_way_shows_an_actor(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "-seed", "4", "-until", "5s", "-show", "server@server-1", "-show", "agent-1"]) == 0
    out = capsys.readouterr().out
    assert "server@server-1.dc1 at 5.000000 s, life " in out
    assert "  raft       " in out
    assert "  committed  " in out
    assert "agent-1.dc1: up, boot 1" in out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["-until", "1s", "-show", "server@nobody"], "There is no node 'nobody'"),
        (["-until", "1s", "-show", "cook@server-1"], "has no actor 'cook'"),
        (["-seeds", "2", "-trace"], "-trace is for one run: leave -seeds out."),
        (["-planted", "-without", "1"], "-without is for one run: leave -planted out."),
        (["-without", "two"], "-without takes numbers of faults like 1,3,5-7"),
        (["-servers", "0"], "-servers 0 makes no cluster"),
        (["-servers", "400"], "-servers is 9 at most"),
        (["-until", "0s"], "-until must be positive"),
        (["-seeds", "2", "-jobs", "-3"], "-jobs must be 1 or more"),
        (["-digests", "-keys", "2"], "-keys is for one run: leave -digests out."),
        (["-until", "1s", "-timeline", "/nowhere/run.jsonl"], "Cannot write /nowhere/run.jsonl: No such file"),
        (["-seeds", "2", "-keep", "/nowhere/kept.txt"], "Cannot write /nowhere/kept.txt: No such file"),
    ],
)
def test_a_refusal_is_a_sentence(flags: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", *flags]) == 1
    assert says in capsys.readouterr().err


def test_numbers_of_faults() -> None:
    assert numbers("") == ()
    assert numbers("3,1,5-7") == (1, 3, 5, 6, 7)
    with pytest.raises(Failure):
        numbers("1-")


def test_what_is_asked_for_changes_what_was_drawn() -> None:
    plan = OneSeed(4, servers=5, agents=0, without=(2,)).plan
    assert (plan.servers, plan.agents, plan.without) == (5, 0, (2,))
    assert plan.faults == OneSeed(4).plan.faults
