"""Fault verbs: who is hit, what it is written down as, and that everything heals."""

from __future__ import annotations

import pytest
from told_ground import ToldGround

from lictor_actors.faults import FaultBook, Faults, NodeView, resolve

NODES = [
    NodeView("server-1.dc1", server=True),
    NodeView("server-2.dc1", server=True, leader=True),
    NodeView("server-3.dc1", server=True),
    NodeView("agent-1.dc1"),
    NodeView("agent-2.dc1"),
]


@pytest.fixture
def ground() -> ToldGround:
    return ToldGround()


@pytest.fixture
def faults(ground: ToldGround) -> Faults:
    return Faults(FaultBook(lambda: NODES), ground, ground.wait)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("leader", "server-2.dc1"),
        ("followers", "server-1.dc1 server-3.dc1"),
        ("servers", "server-1.dc1 server-2.dc1 server-3.dc1"),
        ("agents", "agent-1.dc1 agent-2.dc1"),
        ("minority", "server-2.dc1"),
        ("majority", "server-1.dc1 server-3.dc1"),
        ("agent-1", "agent-1.dc1"),
        ("agent-1.dc1", "agent-1.dc1"),
        ("*-1", "server-1.dc1 agent-1.dc1"),
        ("prober@leader", "prober@server-2.dc1"),
        (["agent-2", "leader", "agents"], "agent-2.dc1 server-2.dc1 agent-1.dc1"),
    ],
)
def test_selectors(selector: str | list[str], names: str) -> None:
    assert " ".join(resolve(selector, NODES)) == names


@pytest.mark.parametrize("selector", ["nobody", "server", "prober@nobody", ""])
def test_a_selector_that_names_nobody_is_refused(selector: str) -> None:
    with pytest.raises(LookupError, match="names no node"):
        resolve(selector, NODES)


def test_a_cluster_without_a_leader_says_so() -> None:
    with pytest.raises(LookupError, match="no server leads, wait for an election"):
        resolve("leader", [NODES[0], NODES[2]])


def test_one_group_is_parted_from_everyone_else(faults: Faults, ground: ToldGround) -> None:
    faults.partition("minority")
    (rule,) = ground.rules.rules
    assert rule.groups == (("server-2.dc1",), ("server-1.dc1", "server-3.dc1", "agent-1.dc1", "agent-2.dc1"))


def test_isolated_nodes_do_not_hear_each_other_either(faults: Faults, ground: ToldGround) -> None:
    faults.isolate("agents")
    assert ground.rules.rules[0].groups[:2] == (("agent-1.dc1",), ("agent-2.dc1",))
    assert len(ground.rules.rules[0].groups) == 3


def test_an_isolated_actor_is_cut_both_ways(faults: Faults, ground: ToldGround) -> None:
    faults.isolate("prober@agent-1")
    assert [(r.sources, r.targets) for r in ground.rules.rules] == [
        (("prober@agent-1.dc1",), ()),
        ((), ("prober@agent-1.dc1",)),
    ]


def test_a_cut_is_one_way_and_everyone_needs_no_list(faults: Faults, ground: ToldGround) -> None:
    faults.cut("leader", "all")
    (rule,) = ground.rules.rules
    assert (rule.sources, rule.targets, rule.effect, rule.probability) == (("server-2.dc1",), (), "drop", 1.0)


def test_faults_compose_and_each_heals_by_its_handle(faults: Faults, ground: ToldGround) -> None:
    slow = faults.delay("servers", "all", 0.08, 0.02)
    faults.duplicate("all", "all", 0.5, match=["raft.vote"])
    assert [rule.effect for rule in ground.rules.rules] == ["delay", "duplicate"]
    assert (ground.rules.rules[0].delay_ns, ground.rules.rules[0].jitter_ns) == (80_000_000, 20_000_000)
    slow.heal()
    slow.heal()
    assert [rule.effect for rule in ground.rules.rules] == ["duplicate"]
    assert ground.rules.rules[0].kinds == ("raft.vote",)


def test_the_end_of_a_block_heals(faults: Faults, ground: ToldGround) -> None:
    with faults.pause(["prober@agent-1", "agent-2"]):
        assert [(w.verb, w.node, w.role) for w in ground.deeds] == [
            ("pause", "agent-1.dc1", "prober"),
            ("pause", "agent-2.dc1", ""),
        ]
    assert [w.verb for w in ground.deeds[2:]] == ["resume", "resume"]


def test_heal_all_undoes_everything(faults: Faults, ground: ToldGround) -> None:
    faults.isolate("leader")
    faults.crash("agent-1")
    faults.restart("agent-2")
    faults.heal_all()
    assert ground.rules.rules == ()
    assert [(w.verb, w.node) for w in ground.deeds] == [
        ("crash", "agent-1.dc1"),
        ("restart", "agent-2.dc1"),
        ("restart", "agent-1.dc1"),
    ]
    assert faults.book.faults == {}


def test_the_log_says_whom_a_selector_named(faults: Faults, ground: ToldGround) -> None:
    faults.loss("leader", "agents", 0.25).heal()
    told = "f1 loss server-2.dc1 > agent-1.dc1 agent-2.dc1 probability=0.25"
    assert ground.lines == [told, f"healed {told}"]


def test_numbers_that_make_no_sense_are_refused_and_change_nothing(faults: Faults, ground: ToldGround) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        faults.loss("all", "all", 1.5)
    with pytest.raises(ValueError, match="negative"):
        faults.delay("all", "all", -1)
    assert ground.lines == []
