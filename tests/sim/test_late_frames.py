"""Frames that a cut held back for seconds arrive after it has healed: nobody may believe what they say any more."""

from __future__ import annotations

from lictor_actors.bus.rules import Rules
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_messages.faults import FaultRule

SECOND = 1_000_000_000
HELD_S = 14.6
"""The oldest frame that was seen to arrive on a real network after a heal."""


def views(world: World, names: list[str]) -> list[int]:
    return [world.actor(f"prober@{name}").alive_count for name in names]


def test_a_node_whose_frames_arrive_seconds_late_ends_alive_everywhere_and_nobody_is_resurrected():
    world = World(seed=11)
    names = [spec.node for spec in add_cluster(world, 3, 4)]
    assert world.run_until(lambda: views(world, names) == [7] * 7, 30)
    late, gone = names[3], names[6]
    world.network.rules = Rules(
        [
            FaultRule(id="out", sources=(late,), effect="delay", delay_ns=round(HELD_S * SECOND)),
            FaultRule(id="in", targets=(late,), effect="delay", delay_ns=round(HELD_S * SECOND)),
        ]
    )
    world.run(5)
    world.crash(gone)
    world.run(60)
    seen = world.actor(f"prober@{names[0]}").alive_count
    assert seen < 7, "a node that answers 14 s late must be suspected, and the crashed one found"
    world.network.rules = Rules()
    alive = [name for name in names if name != gone]
    assert world.run_until(lambda: views(world, alive) == [6] * 6, 60)
    world.run(2 * HELD_S)
    assert views(world, alive) == [6] * 6, "a late frame changed what everyone knows"
    assert world.crashes == []
