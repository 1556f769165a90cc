"""Anti-entropy after silence: a catalog write that was lost on its way is written again long before the next full sync.

A healed cluster hides what a full sync repairs. So at its end a run loses the catalog writes of one node for a moment,
registers a service there, and looks whether the agent makes up for it by itself.
"""

from __future__ import annotations

from random import Random

from lictor_actors.faults import Faults
from lictor_actors.hosts.world import World
from lictor_actors.swarm.bench import Bench
from lictor_messages.agent import RegisterService
from lictor_messages.catalog import ServiceRecord

LOST_S = 2.0
"""Shorter than an agent waits for answers: what it writes once more gets through."""
REPEATED_WITHIN_S = 38.0
"""An agent waits 3 s for answers and 30 s at most until it tries again; full syncs are 60 to 120 s apart."""
LOOK_EVERY_S = 0.5
WRITES = ("catalog.register", "catalog.deregister")


def lose_a_write(world: World, bench: Bench, faults: Faults, rng: Random) -> list[str]:
    """What is still missing in a catalog after an agent has had time to write it again."""
    leader = bench.leader()
    nodes = [node for node in world.running() if node != leader]
    if not nodes:
        return []  # nothing lies between the agent and the leader
    node = rng.choice(nodes)
    lost = faults.loss(node, "all", 1.0, match=WRITES)
    service = ServiceRecord(node=node.partition(".")[0], id="lost", service="lost", port=rng.randrange(9) + 80)
    world.door(node, "owner-at-last").ask("agent", RegisterService(service=service), lambda _: None)
    world.run(LOST_S)
    lost.heal()
    if bench.services_wrong():
        world.count("catalog_write_lost")
    until = world.time + REPEATED_WITHIN_S * 1e9
    while (wrong := bench.services_wrong()) and world.time < until:
        world.run(LOOK_EVERY_S)
    return wrong
