"""Which node the parent starts where on Ray, with hosts that only say what the test has them say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fake_hosts import RayOnPaper

from lictor_deploy.local.run_dir import run_dir
from lictor_deploy.ray import cluster as decisions
from lictor_deploy.ray.orders import OrdersInTurn
from lictor_deploy.words.sentence import Failure


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(decisions, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr("lictor_deploy.ray.machines.listens", lambda ip, port: True)
    # The path of a socket is short: pytest's own directories are too long.
    with TemporaryDirectory(prefix="paper-") as base:
        monkeypatch.setenv("XDG_RUNTIME_DIR", base)
        with run_dir() as made:
            yield made


@pytest.fixture
def paper(run: Path) -> Iterator[RayOnPaper]:
    """Three servers and six agents on four machines: ray-4 has no server. Not yet open."""
    made = RayOnPaper(run, servers=3, agents=6, machines=4)
    yield made
    made.close()


@pytest.fixture
def whole(paper: RayOnPaper) -> RayOnPaper:
    """The same after its start."""
    for number in range(1, 5):
        paper.open(f"ray-{number}")
    paper.parent._whole = True
    return paper


def test_nodes_are_given_out_when_every_host_is_open(paper: RayOnPaper) -> None:
    for number in (1, 2, 3):
        paper.open(f"ray-{number}")
    assert paper.names("ray-1") == []
    paper.open("ray-4")
    assert [len(paper.names(f"ray-{number}")) for number in (1, 2, 3, 4)] == [3, 2, 2, 2]
    assert [paper.names(f"ray-{number}")[0] for number in (1, 2, 3)] == ["server-1", "server-2", "server-3"]
    assert {spec["bootstrap_expect"] for spec in paper.taken("ray-2")} == {3, 0}


def test_a_server_starts_where_a_data_directory_has_its_journal(paper: RayOnPaper) -> None:
    for number, servers in enumerate(((), ("server-1",), ("server-3",), ("server-2", "server-9")), 1):
        paper.open(f"ray-{number}", *servers)
    pinned = [[name for name in paper.names(f"ray-{n}") if name.startswith("server-")] for n in (1, 2, 3, 4)]
    assert pinned == [[], ["server-1"], ["server-3"], ["server-2"]]


def test_a_machine_for_which_there_is_no_node_has_a_host_all_the_same(run: Path) -> None:
    paper = RayOnPaper(run, servers=1, agents=1, machines=3)
    for number in (1, 2, 3):
        paper.open(f"ray-{number}")
    assert [paper.names(f"ray-{number}") for number in (1, 2, 3)] == [["server-1"], ["agent-1"], []]
    paper.close()


def test_a_host_that_is_lost_before_the_start_ends_the_start(paper: RayOnPaper) -> None:
    paper.hosts.unheard.add("ray-4")
    with pytest.raises(Failure, match=r"at 10\.0\.0\.4 does not answer"):
        paper.until(lambda: False)


def test_a_host_that_dies_on_a_machine_that_lives_gets_its_own_nodes_again(whole: RayOnPaper) -> None:
    had, life = whole.names("ray-2"), whole.hosts.channels["ray-2"]
    whole.hosts.dead.add("ray-2")
    whole.until(lambda: whole.hosts.channels["ray-2"] is not life)
    whole.open("ray-2", "server-2")
    assert whole.names("ray-2") == had
    assert not any(spec["fresh"] for spec in whole.taken("ray-2"))


def test_agents_of_a_silent_host_move_when_its_lease_has_ended(whole: RayOnPaper) -> None:
    agents = [name for name in whole.names("ray-2") if name.startswith("agent-")]
    whole.hosts.lease_s = 0.1
    whole.hosts.unheard.add("ray-2")
    whole.until(lambda: not whole.parent._supervisor.processes["ray-2"].pid)
    assert not any(set(agents) & set(whole.names(f"ray-{number}")) for number in (1, 3, 4))
    whole.until(lambda: all(any(name in whole.names(f"ray-{n}") for n in (1, 3, 4)) for name in agents))
    moved = [spec for number in (1, 3, 4) for spec in whole.taken(f"ray-{number}") if spec["name"] in agents]
    assert len(moved) == len(agents)
    assert all(spec["fresh"] for spec in moved)


def test_a_server_waits_for_its_machine_and_starts_with_its_journal_where_that_is(whole: RayOnPaper) -> None:
    whole.hosts.unheard.add("ray-2")
    whole.until(lambda: not whole.parent._supervisor.processes["ray-2"].pid)
    whole.add_node("10.0.0.2")
    whole.until(lambda: "ray-5" in whole.hosts.channels)
    whole.open("ray-5", "server-2", "server-7")
    assert whole.names("ray-5") == ["server-2"]
    assert not whole.taken("ray-5")[0]["fresh"]


def test_a_server_whose_machine_stays_away_is_replaced_and_never_returns(
    whole: RayOnPaper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "REPLACE_AFTER_S", 0.05)
    monkeypatch.setattr(decisions, "NEXT_REPLACED_AFTER_S", 0.05)
    whole.hosts.unheard.add("ray-2")
    whole.until(lambda: "server-4" in whole.names("ray-4"))
    new = next(spec for spec in whole.taken("ray-4") if spec["name"] == "server-4")
    assert new["bootstrap_expect"] == 0
    assert new["join"] == ["tcp://ray-1:1", "tcp://ray-3:1", "tcp://ray-4:1"]
    assert new["id"] not in {spec["id"] for spec in whole.taken("ray-2")}
    whole.hosts.unheard.add("ray-4")
    whole.until(lambda: "server-5" in whole.names("ray-1") + whole.names("ray-3"))
    whole.add_node("10.0.0.2")
    whole.until(lambda: "ray-5" in whole.hosts.channels)
    whole.open("ray-5", "server-2", "server-4")
    assert whole.names("ray-5") == []


def test_no_server_is_replaced_while_the_majority_is_gone_and_only_one_at_a_time(
    whole: RayOnPaper, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(decisions, "REPLACE_AFTER_S", 0.0)
    whole.hosts.unheard |= {"ray-1", "ray-2"}
    whole.until(lambda: len(whole.parent._lost_since) == 2)
    for _ in range(3):
        whole.parent._watch()
    assert "joins in its place" not in capsys.readouterr().err
    whole.hosts.unheard.remove("ray-1")
    whole.until(lambda: bool(whole.parent._supervisor.processes["ray-1"].pid))
    whole.open("ray-1", "server-1")
    assert whole.names("ray-1")[0] == "server-1"
    whole.until(lambda: any("server-4" in whole.names(f"ray-{n}") for n in (1, 3, 4)))
    whole.hosts.unheard.add("ray-3")
    whole.until(lambda: "server-3" in whole.parent._lost_since)
    for _ in range(3):
        whole.parent._watch()
    assert "server-3" in whole.parent._lost_since


def test_agents_that_a_host_has_fenced_start_again_somewhere(whole: RayOnPaper) -> None:
    agents = [name for name in whole.names("ray-4") if name.startswith("agent-")]
    whole.say("ray-4", {"fenced": agents})
    again = [spec for n in (1, 2, 3, 4) for spec in whole.taken(f"ray-{n}") if spec["fresh"]]
    assert sorted(spec["name"] for spec in again) == sorted(agents)


def test_a_host_that_crashes_again_and_again_stays_down_and_its_agents_go_on_elsewhere(
    whole: RayOnPaper, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lictor_deploy.local.parent.supervisor.BACKOFF_MAX_S", 0.01)
    agents = [name for name in whole.names("ray-4") if name.startswith("agent-")]
    whole.hosts.crashing.add("ray-4")
    whole.until(lambda: all(any(name in whole.names(f"ray-{n}") for n in (1, 2, 3)) for name in agents))
    assert "ray-4 died too often" in capsys.readouterr().err
    assert "ray-4" in whole.hosts.dead
    whole.hosts.crashing.clear()
    whole.hosts.dead.clear()
    whole.parent._watch()
    whole.parent._step(0.0)
    assert not whole.parent._supervisor.processes["ray-4"].pid


def test_all_hosts_lost_at_once_get_their_nodes_back_when_they_answer(whole: RayOnPaper) -> None:
    had = {f"ray-{number}": whole.names(f"ray-{number}") for number in (1, 2, 3, 4)}
    whole.hosts.unheard |= set(had)
    whole.until(lambda: not whole.parent._supervisor.alive)
    whole.hosts.unheard.clear()
    whole.until(lambda: len(whole.parent._supervisor.alive) == 4)
    for process in had:
        whole.open(process)
    assert {process: whole.names(process) for process in had} == had


def test_orders_are_obeyed_in_turn_from_the_opening_on_and_those_of_an_earlier_life_never() -> None:
    orders = OrdersInTurn()
    orders.came(1, 2, {"b": 2})
    orders.came(1, 1, {"a": 1})
    orders.begin(1)
    assert list(orders.due()) == [{"a": 1}, {"b": 2}]
    orders.came(1, 4, {"d": 4})
    assert list(orders.due()) == []
    orders.came(2, 1, {"new": 1})
    orders.begin(2)
    orders.came(1, 3, {"c": 3})
    orders.came(1, 2, {"late": 2})
    assert list(orders.due()) == [{"new": 1}]
    assert list(orders.due()) == []
