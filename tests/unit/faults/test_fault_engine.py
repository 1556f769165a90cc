"""The engine: what undoes a fault ends it, and reports tell how long faults have been and what they have hit."""

from __future__ import annotations

import pytest
from told_ground import ToldGround

from lictor_actors.faults import Engine, Fault, FaultBook, NodeView, make
from lictor_actors.faults.desk import FaultDesk
from lictor_actors.faults.director import Plans
from lictor_actors.faults.steps import read_steps

NODES = [NodeView("server-1.dc1", True, True), NodeView("server-2.dc1", True), NodeView("agent-1.dc1")]


@pytest.fixture
def ground() -> ToldGround:
    return ToldGround()


@pytest.fixture
def engine(ground: ToldGround) -> Engine:
    return Engine(FaultBook(lambda: NODES), ground)


def told(engine: Engine) -> list[str]:
    return [report.what for report in engine.reports()]


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        ("pause", "resume"),
        ("stall", "resume"),
        ("crash", "restart"),
        ("kill", "restart"),
        ("stop", "restart"),
        ("lose_unsynced", "restart"),
        ("torn_write", "restart"),
    ],
)
def test_a_fault_ends_when_what_it_did_is_undone(engine: Engine, ground: ToldGround, done: str, undone: str) -> None:
    engine.inject(make(done, nodes="server-2"))
    engine.inject(make(undone, nodes="server-2"))
    assert engine.book.faults == {}
    assert ground.lines[-1].startswith("healed f1 ")
    before = list(ground.deeds)
    engine.calm()
    ground.wait(10)
    assert ground.deeds == before


def test_a_fault_that_is_undone_for_one_node_holds_for_the_others(engine: Engine, ground: ToldGround) -> None:
    engine.inject(make("pause", nodes=["server-1", "server-2"]))
    engine.inject(make("resume", nodes="server-1"))
    engine.heal(["f1"])
    assert [(deed.verb, deed.node) for deed in ground.deeds[-2:]] == [
        ("resume", "server-1.dc1"),
        ("resume", "server-2.dc1"),
    ]


@pytest.mark.parametrize(
    ("verb", "said", "undone"),
    [
        ("pause", {"nodes": "server-1"}, {"nodes": "server-2"}),
        ("pause", {"nodes": "server-1"}, {"nodes": "server@server-1"}),
        ("pause", {"nodes": "prober@server-1"}, {"nodes": "server@server-1"}),
        ("kill", {"nodes": "server-1"}, {"nodes": "server-1"}),
        ("stall", {"nodes": "server-1", "every": "2s"}, {"nodes": "server-1"}),
    ],
)
def test_a_fault_stays_when_something_else_is_resumed(engine: Engine, verb: str, said: dict, undone: dict) -> None:
    engine.inject(make(verb, **said))
    engine.inject(make("resume", **undone))
    assert list(engine.book.faults) == ["f1"]


def test_a_whole_node_that_is_resumed_takes_its_actors_along(engine: Engine) -> None:
    engine.inject(make("pause", nodes="prober@server-1"))
    engine.inject(make("resume", nodes="server-1"))
    assert told(engine) == []


def test_a_report_has_age_time_left_and_hits(engine: Engine, ground: ToldGround) -> None:
    engine.inject(make("isolate", nodes="leader", duration="10s"))
    ground.wait(4)
    engine.inject(make("pause", nodes="agent-1"))
    ground.hit = {"f1": 17}
    first, second = engine.reports()
    assert (first.age_s, first.left_s, first.hits) == (4.0, 6.0, 17)
    assert (second.age_s, second.left_s, second.hits) == (0.0, None, None)


def test_what_a_ground_refuses_is_neither_done_nor_logged(ground: ToldGround) -> None:
    class Picky(ToldGround):
        def refuse(self, fault: Fault) -> None:
            raise ValueError("not here")

    picky = Picky()
    engine = Engine(FaultBook(lambda: NODES), picky)
    with pytest.raises(ValueError, match="not here"):
        engine.inject(make("isolate", nodes="leader"))
    assert (engine.book.faults, picky.lines, picky.deeds) == ({}, [], [])


def test_a_plan_is_over_when_nothing_strikes_any_more_and_its_faults_have_healed(
    engine: Engine, ground: ToldGround
) -> None:
    plans = Plans(engine)
    plans.play(read_steps([{"at": "1s", "for": "2s", "isolate": "leader"}]))
    assert list(plans.playing()) == ["p1"]
    ground.wait(2)
    assert list(plans.playing()) == ["p1"]
    ground.wait(2)
    assert plans.playing() == {}


def test_plans_are_listed_and_healed_by_name_with_what_they_have_injected(engine: Engine, ground: ToldGround) -> None:
    desk, replies = FaultDesk(engine), []
    desk.ask({"ask": "isolate", "with": {"nodes": "agent-1"}}, replies.append)
    desk.ask({"ask": "play", "with": {"steps": [{"preset": "wan"}]}}, replies.append)
    assert [one["id"] for one in desk.list()] == ["f1", "f2", "f3", "p1"]
    assert desk.list()[-1]["what"] == "preset wan (struck 2 times)"
    desk.ask({"ask": "heal", "fault": "p1"}, replies.append)
    assert replies[-1] == {"healed": ["f2", "f3", "p1"]}
    assert [one["id"] for one in desk.list()] == ["f1"]


def test_a_plan_with_an_unknown_field_is_refused(engine: Engine) -> None:
    replies: list[dict] = []
    FaultDesk(engine).ask({"ask": "play", "with": {"steps": [{"hold": {}}], "stpes": 1}}, replies.append)
    assert "there is no 'stpes' in a plan: did you mean 'steps'" in replies[0]["error"]
