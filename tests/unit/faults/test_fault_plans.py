"""Plans: steps strike and heal at their times, quiet periods are quiet, handles and durations heal by themselves."""

from __future__ import annotations

from typing import Any

import pytest
from told_ground import ToldGround

from lictor_actors.faults import Fault, FaultBook, Faults, NodeView, UnsupportedFault
from lictor_actors.faults.presets import PRESETS, preset
from lictor_actors.faults.steps import Problem, read_steps

NODES = [NodeView("server-1.dc1", True, True), *(NodeView(f"server-{n}.dc1", True) for n in (2, 3))]
NODES.append(NodeView("agent-1.dc1"))


@pytest.fixture
def ground() -> ToldGround:
    return ToldGround()


@pytest.fixture
def faults(ground: ToldGround) -> Faults:
    return Faults(FaultBook(lambda: NODES), ground, ground.wait)


def play(faults: Faults, ground: ToldGround, *steps: dict[str, Any], for_s: float = 30.0) -> list[float]:
    """When something was injected, when something healed."""
    with faults.play(read_steps(steps)):
        ground.wait(for_s)
    return [at for at, event in ground.told]


def test_a_step_strikes_at_its_time_and_heals_after_for(faults: Faults, ground: ToldGround) -> None:
    told = play(faults, ground, {"at": "2s", "for": "3s", "isolate": "leader"})
    assert told == [2.0, 5.0]
    assert ground.told[0][1] == "f1 isolate server-1.dc1 duration=3s"
    assert ground.told[1][1].startswith("healed f1")


def test_a_step_repeats_until_its_end(faults: Faults, ground: ToldGround) -> None:
    told = play(faults, ground, {"every": "4s", "until": "13s", "for": "1s", "pause": "agent-1"})
    assert told == [4.0, 5.0, 8.0, 9.0, 12.0, 13.0]


def test_several_faults_of_a_step_strike_together_and_each_may_last_its_own_time(
    faults: Faults, ground: ToldGround
) -> None:
    kill = {"nodes": "agent-1", "restart_after": "2s"}
    delay = [{"latency": "1ms"}, {"latency": "2ms"}]
    play(faults, ground, {"at": "1s", "for": "5s", "kill": kill, "delay": delay})
    assert [at for at, _ in ground.told] == [1.0, 1.0, 1.0, 3.0, 6.0, 6.0]
    assert ground.done == [(1.0, "kill agent-1.dc1"), (3.0, "restart agent-1.dc1")]


def test_quiet_heals_everything_and_no_step_strikes_meanwhile(faults: Faults, ground: ToldGround) -> None:
    play(faults, ground, {"every": "1s", "pause": "agent-1"}, {"at": "2500ms", "quiet": "3s"}, for_s=7.2)
    assert [at for at, event in ground.told if event.startswith("f")] == [1.0, 2.0, 6.0, 7.0]
    assert [at for at, event in ground.told if event.startswith("healed")] == [2.5, 2.5, 7.2, 7.2]


def test_the_end_of_a_plan_heals_and_nothing_strikes_any_more(faults: Faults, ground: ToldGround) -> None:
    play(faults, ground, {"every": "1s", "pause": "agent-1"}, for_s=3.5)
    before = len(ground.told)
    ground.wait(10)
    assert len(ground.told) == before
    assert faults.ls() == ()


def test_a_plan_goes_on_when_a_selector_names_nobody(faults: Faults, ground: ToldGround) -> None:
    play(faults, ground, {"at": "1s", "pause": "3 of agents"}, {"at": "2s", "pause": "agent-1"})
    assert "finds nobody" in ground.told[0][1]
    assert ground.done[0] == (2.0, "pause agent-1.dc1")


def test_a_duration_heals_by_itself_and_only_once(faults: Faults, ground: ToldGround) -> None:
    fault = faults.crash("agent-1", duration="2s")
    ground.wait(1)
    fault.heal()
    faults.crash("agent-1")
    ground.wait(5)
    assert ground.done == [(0.0, "crash agent-1.dc1"), (1.0, "restart agent-1.dc1"), (1.0, "crash agent-1.dc1")]


def test_a_stall_lets_its_actors_breathe_between(faults: Faults, ground: ToldGround) -> None:
    faults.stall("agent-1", busy="500ms")
    ground.wait(1)
    again = faults.stall("agent-1", "1s", every="3s")
    ground.wait(5)
    again.heal()
    ground.wait(9)
    told = [(at, what.split(" ")[0]) for at, what in ground.done]
    assert told[:2] == [(0.0, "pause"), (0.5, "resume")]
    assert told[2:] == [(1.0, "pause"), (2.0, "resume"), (4.0, "pause"), (5.0, "resume"), (6.0, "resume")]


def test_a_stall_does_not_wake_whom_another_fault_pauses(faults: Faults, ground: ToldGround) -> None:
    faults.stall("agent-1", "1s", every="2s")
    faults.pause("agent-1")
    ground.wait(5)
    assert not [what for _, what in ground.done if what.startswith("resume")]


def test_quiet_is_a_pause_of_everything(faults: Faults, ground: ToldGround) -> None:
    faults.isolate("leader")
    faults.play(preset("gc-pause"))
    faults.quiet("10s")
    assert (ground.time, faults.ls(), ground.done) == (10.0, (), [])


def test_release_lets_go_what_hold_keeps_and_nothing_else(faults: Faults) -> None:
    faults.hold()
    faults.isolate("leader")
    faults.release()
    assert [fault.id for fault in faults.ls()] == ["f2"]


async def test_a_handle_heals_at_the_end_of_an_async_block(faults: Faults) -> None:
    async with faults.partition("minority", "majority"):
        assert len(faults.ls()) == 1
    assert faults.ls() == ()
    async with faults.play(preset("wan")):
        assert len(faults.ls()) == 2
    assert faults.ls() == ()


def test_what_a_plan_can_never_do_is_refused_at_once(faults: Faults, ground: ToldGround) -> None:
    with pytest.raises(ValueError, match="a bridge is one node"):
        faults.play(read_steps([{"at": "9s", "bridge": {"node": "servers"}}]))
    with pytest.raises(ValueError, match="no message is called"):
        faults.play(read_steps([{"at": "9s", "hold": {"match": "swim.pong"}}]))
    ground.wait(10)
    assert ground.told == []


def test_a_plan_goes_on_when_the_nodes_that_it_drew_cannot_be_broken_like_that() -> None:
    class Picky(ToldGround):
        def refuse(self, fault: Fault) -> None:
            if fault.verb == "kill":
                raise ValueError("kill is for the node itself")

    ground = Picky()
    picky = Faults(FaultBook(lambda: NODES), ground, ground.wait)
    with picky.play(read_steps([{"at": "1s", "kill": "agent-1", "pause": "agent-1"}])) as it:
        ground.wait(2)
    assert it.director.refused == ["kill is for the node itself"]
    assert ground.done[0] == (1.0, "pause agent-1.dc1")


# -- presets and steps as data ---------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_strikes_and_leaves_nothing(faults: Faults, ground: ToldGround, name: str) -> None:
    with faults.play(preset(name)) as playing:
        ground.wait(30)
    assert playing.director.struck > 0
    assert faults.ls() == ()


def test_a_preset_in_a_step_begins_and_ends_with_it(faults: Faults, ground: ToldGround) -> None:
    play(
        faults, ground, {"at": "10s", "for": "6s", "preset": "split-brain"}, {"at": "3s", "for": "2s", "preset": "wan"}
    )
    times = [at for at, _ in ground.told]
    assert times == [3.0, 3.0, 5.0, 5.0, 12.0, 16.0]


def test_an_unknown_preset_names_the_others() -> None:
    with pytest.raises(LookupError, match=r"no fault preset 'wam': there are .*wan"):
        preset("wam")


def test_a_plan_that_the_level_cannot_do_is_refused_before_anything_strikes(ground: ToldGround) -> None:
    alone = Faults(FaultBook(lambda: NODES, "agent"), ground, ground.wait)
    with pytest.raises(UnsupportedFault, match="stop cannot be done on an agent of its own"):
        alone.play(preset("rolling-restart"))
    assert ground.told == []


def test_steps_survive_their_way_over_the_control_socket() -> None:
    for one in PRESETS.values():
        assert tuple(read_steps([step.table() for step in one.steps])) == one.steps


@pytest.mark.parametrize(
    ("step", "where", "words"),
    [
        ({"at": "1s"}, (0,), "the step does nothing"),
        ({"isolat": "leader"}, (0, "isolat"), "did you mean 'isolate'"),
        ({"isolate": 3}, (0, "isolate"), "takes a table"),
        ({"isolate": {"nodes": "x", "probabilty": 1}}, (0, "isolate", "probabilty"), "did you mean 'probability'"),
        ({"every": "0s", "isolate": "x"}, (0, "every"), "greater than 0"),
        ({"until": "9s", "isolate": "x"}, (0, "until"), "add every"),
        ({"preset": "wam"}, (0, "preset"), "did you mean 'wan'"),
    ],
)
def test_a_step_that_makes_no_sense_says_where(step: dict[str, Any], where: tuple[str | int, ...], words: str) -> None:
    with pytest.raises(Problem, match=words) as caught:
        read_steps([step])
    assert caught.value.where == where
