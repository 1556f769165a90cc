"""Fault verbs: who is hit, what it is written down as, and that everything heals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lictor_actors.faults import FaultBook, Faults, NodeView, resolve
from lictor_messages.faults import ClockRule, DiskRule, FaultRule, HandleActor, SpoilOnce

NODES = [
    NodeView("server-1.dc1", server=True),
    NodeView("server-2.dc1", server=True, leader=True),
    NodeView("server-3.dc1", server=True),
    NodeView("agent-1.dc1"),
    NodeView("agent-2.dc1"),
]


class Backend:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.rules: tuple[FaultRule, ...] = ()
        self.wishes: list[HandleActor] = []
        self.lines: list[str] = []
        self.disks: tuple[DiskRule, ...] = ()
        self.clocks: tuple[ClockRule, ...] = ()
        self.spoilt: list[SpoilOnce] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.now = 0.0

    def set_rules(self, rules: tuple[FaultRule, ...]) -> None:
        self.rules = rules

    def handle_actor(self, wish: HandleActor) -> None:
        self.wishes.append(wish)

    def set_disks(self, rules: tuple[DiskRule, ...]) -> None:
        self.disks = rules

    def set_clocks(self, rules: tuple[ClockRule, ...]) -> None:
        self.clocks = rules

    def spoil(self, wish: SpoilOnce) -> None:
        self.spoilt.append(wish)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.timers.append((self.now + seconds, call))

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((one for one in self.timers if one[0] <= end), key=lambda one: one[0]):
            self.timers.remove(due[0])
            self.now = due[0][0]
            due[0][1]()
        self.now = end

    def log(self, event: str) -> None:
        self.lines.append(event)


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def faults(backend: Backend) -> Faults:
    return Faults(FaultBook(lambda: NODES), backend)


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


def test_one_group_is_parted_from_everyone_else(faults: Faults, backend: Backend) -> None:
    faults.partition("minority")
    (rule,) = backend.rules
    assert rule.groups == (("server-2.dc1",), ("server-1.dc1", "server-3.dc1", "agent-1.dc1", "agent-2.dc1"))


def test_isolated_nodes_do_not_hear_each_other_either(faults: Faults, backend: Backend) -> None:
    faults.isolate("agents")
    assert backend.rules[0].groups[:2] == (("agent-1.dc1",), ("agent-2.dc1",))
    assert len(backend.rules[0].groups) == 3


def test_an_isolated_actor_is_cut_both_ways(faults: Faults, backend: Backend) -> None:
    faults.isolate("prober@agent-1")
    assert [(r.sources, r.targets) for r in backend.rules] == [
        (("prober@agent-1.dc1",), ()),
        ((), ("prober@agent-1.dc1",)),
    ]


def test_a_cut_is_one_way_and_everyone_needs_no_list(faults: Faults, backend: Backend) -> None:
    faults.cut("leader", "all")
    (rule,) = backend.rules
    assert (rule.sources, rule.targets, rule.effect, rule.probability) == (("server-2.dc1",), (), "drop", 1.0)


def test_faults_compose_and_each_heals_by_its_handle(faults: Faults, backend: Backend) -> None:
    slow = faults.delay("servers", "all", 0.08, 0.02)
    faults.duplicate("all", "all", 0.5, match=["raft.vote"])
    assert [rule.effect for rule in backend.rules] == ["delay", "duplicate"]
    assert (backend.rules[0].delay_ns, backend.rules[0].jitter_ns) == (80_000_000, 20_000_000)
    slow.heal()
    slow.heal()
    assert [rule.effect for rule in backend.rules] == ["duplicate"]
    assert backend.rules[0].kinds == ("raft.vote",)


def test_the_end_of_a_block_heals(faults: Faults, backend: Backend) -> None:
    with faults.pause(["prober@agent-1", "agent-2"]):
        assert [(w.verb, w.node, w.role) for w in backend.wishes] == [
            ("pause", "agent-1.dc1", "prober"),
            ("pause", "agent-2.dc1", ""),
        ]
    assert [w.verb for w in backend.wishes[2:]] == ["resume", "resume"]


def test_heal_all_undoes_everything(faults: Faults, backend: Backend) -> None:
    faults.isolate("leader")
    faults.crash("agent-1")
    faults.restart("agent-2")
    faults.heal_all()
    assert backend.rules == ()
    assert [(w.verb, w.node) for w in backend.wishes] == [
        ("crash", "agent-1.dc1"),
        ("restart", "agent-2.dc1"),
        ("restart", "agent-1.dc1"),
    ]
    assert faults.book.faults == {}


def test_the_log_says_whom_a_selector_named(faults: Faults, backend: Backend) -> None:
    faults.loss("leader", "agents", 0.25).heal()
    told = "f1 loss server-2.dc1 > agent-1.dc1 agent-2.dc1 probability=0.25"
    assert backend.lines == [told, f"healed {told}"]


def test_numbers_that_make_no_sense_are_refused_and_change_nothing(faults: Faults, backend: Backend) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        faults.loss("all", "all", 1.5)
    with pytest.raises(ValueError, match="negative"):
        faults.delay("all", "all", -1)
    assert backend.lines == []
