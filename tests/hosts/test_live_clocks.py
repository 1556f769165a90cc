"""Wrong clocks on live nodes: what an actor sees in its turns, and when its timers ring."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from live_stage import LiveStage

from lictor_actors.hosts.live import clocks as live_clocks
from lictor_actors.hosts.live.clocks import LiveClocks
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_messages.base import WIRE, Message
from lictor_messages.faults import ClockRule, SetRules
from lictor_messages.host import ActorSpec

SECOND = 1_000_000_000
FAST = ClockRule(id="f1", node="n1.dc1", drift_ppm=1_000_000)
"""Runs at twice the true rate."""
AHEAD = ClockRule(id="f2", node="n1.dc1", skew_ns=5 * SECOND)


class Machine:
    """Stands in for the module ``time``."""

    def __init__(self) -> None:
        self.now, self.offset = 100 * SECOND, 1_000 * SECOND

    def time_ns(self) -> int:
        return self.now + self.offset


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(live_clocks, "time", made)
    monkeypatch.setattr(live_clocks, "machine_ns", lambda: made.now)
    return made


def test_clocks_are_the_machines_until_a_rule_says_otherwise(machine: Machine) -> None:
    clocks = LiveClocks()
    assert (clocks.now("n1.dc1"), clocks.wall("n1.dc1")) == (100 * SECOND, 1_100 * SECOND)
    clocks.set_rules([AHEAD])
    assert (clocks.now("n1.dc1"), clocks.wall("n1.dc1")) == (100 * SECOND, 1_105 * SECOND)
    assert (clocks.now("n2.dc1"), clocks.wall("n2.dc1")) == (100 * SECOND, 1_100 * SECOND)
    clocks.set_rules([])
    assert clocks.wall("n1.dc1") == 1_100 * SECOND


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="macOS's monotonic clock goes on in sleep anyway")
def test_a_machine_that_sleeps_loses_no_time() -> None:
    """Nothing here can send this machine to sleep; that this clock goes on meanwhile is Linux's promise."""
    assert live_clocks.SLEEPLESS == time.CLOCK_BOOTTIME


def test_skews_add_up(machine: Machine) -> None:
    clocks = LiveClocks()
    clocks.set_rules([AHEAD, ClockRule(id="f3", node="n1.dc1", skew_ns=-2 * SECOND)])
    assert clocks.wall("n1.dc1") == 1_103 * SECOND


def test_what_drift_has_gained_stays_when_it_heals_and_nothing_goes_back(machine: Machine) -> None:
    clocks = LiveClocks()
    clocks.set_rules([FAST])
    machine.now += 10 * SECOND
    assert (clocks.now("n1.dc1"), clocks.wall("n1.dc1")) == (120 * SECOND, 1_120 * SECOND)
    clocks.set_rules([AHEAD, FAST])  # another fault changes nothing about this one
    assert clocks.now("n1.dc1") == 120 * SECOND
    clocks.set_rules([])
    assert clocks.now("n1.dc1") == 120 * SECOND
    machine.now += SECOND
    assert (clocks.now("n1.dc1"), clocks.wall("n1.dc1")) == (121 * SECOND, 1_121 * SECOND)


def test_a_slow_clock_still_goes_forward(machine: Machine) -> None:
    clocks = LiveClocks()
    clocks.set_rules([ClockRule(id="f1", node="n1.dc1", drift_ppm=-900_000)])
    machine.now += 10 * SECOND
    assert clocks.now("n1.dc1") == 101 * SECOND
    assert clocks.true_delay("n1.dc1", SECOND) == 10 * SECOND
    assert clocks.true_delay("n2.dc1", SECOND) == SECOND


def test_the_wall_clock_follows_what_is_done_to_the_machines(machine: Machine) -> None:
    clocks = LiveClocks()
    clocks.set_rules([AHEAD])
    machine.offset += 30 * SECOND
    assert clocks.wall("n1.dc1") == 1_135 * SECOND


# -- on real nodes ---------------------------------------------------------------------------


class Look(Message, kind="test_live_clocks.look", on=WIRE):
    """Asks for the time."""


class Clock(Message, kind="test_live_clocks.clock", on=WIRE):
    """What an actor's clocks say."""

    now: int
    wall: int


class Rang(Message):
    """A timer."""


class Watchmaker(Actor):
    hears = Vocabulary().on(Message, by=By.ANYONE)

    def __init__(self) -> None:
        self.rang_after = 0

    def start(self, turn: Turn) -> None:
        self.began = turn.now

    def handle(self, message: Message, turn: Turn) -> None:
        match message:
            case Look():
                turn.reply(Clock(now=turn.now, wall=turn.wall))
                self.began = turn.now
                turn.set_timer("alarm", 10 * SECOND, Rang())
            case Rang():
                self.rang_after = turn.now - self.began


@pytest.fixture
def stage() -> Iterator[LiveStage]:
    made = LiveStage(asyncio.new_event_loop())
    yield made
    made.close()


def test_an_actor_sees_its_own_nodes_clocks_and_its_timers_ring_by_them(stage: LiveStage) -> None:
    made: dict[str, Watchmaker] = {}
    for name in ("n1.dc1", "n2.dc1"):
        stage.add(name, [ActorSpec(role="watchmaker")], lambda _, name=name: made.setdefault(name, Watchmaker()))
    stage.set_rules(SetRules(rules=(), clocks=(AHEAD, FAST.model_copy(update={"drift_ppm": 999_000_000}))))
    wrong, right = stage.ask("n1.dc1", "watchmaker", Look()), stage.ask("n2.dc1", "watchmaker", Look())
    assert isinstance(wrong, Clock)
    assert isinstance(right, Clock)
    assert wrong.wall - right.wall > 4 * SECOND
    # Ten of its seconds are ten true milliseconds at a thousand times the rate.
    while not made["n1.dc1"].rang_after:
        stage.run(0.01)
    assert made["n1.dc1"].rang_after >= 10 * SECOND
    assert made["n2.dc1"].rang_after == 0
