"""An attacker on the network without keys: records sealed frames that were heard, and sends them again, to any node.

What was heard in the last moment before a restart is left out: as long a moment as clocks differ it may be heard again.
A join bears the place and not the name of the node that it is for: it goes to that place alone, because a node that
does not know who lives there has to take the place for a name of its own (see docs/gossip-encryption.md).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.streams import stream
from lictor_actors.judges.replays import HeardAgain, ReplayJudge
from lictor_actors.swarm.plan import Plan
from lictor_messages.codec import FrameRefused, is_sealed, target_of
from lictor_messages.envelope import node_of

KEPT = 512
CLOCKS_DIFFER_NS = 1_500_000_000
"""Those of the world, if no fault bends them."""
BENT_NS = 60_000_000_000
EVERY_S = 0.05


class Recorded(NamedTuple):
    """A frame, and who has heard it."""

    data: bytes
    node: str
    at: int
    placed: bool
    """It is a join."""


class Replayer:
    """Works from the beginning of a world to ``stop``."""

    def __init__(self, world: World, rng: Random, bent: bool, broken: Callable[[str], None]) -> None:
        """``bent``: faults bend clocks."""
        self._differ = BENT_NS if bent else CLOCKS_DIFFER_NS
        self._boots: dict[str, tuple[int, int]] = {}
        """How often each node has been started, and when that was seen."""
        self._world = world
        self._rng = rng
        self._broken = broken
        self._recorded: list[Recorded] = []
        self._going = True
        self.judge = ReplayJudge()
        world.network.heard = self._heard
        world.at(EVERY_S, self._send_again)

    def stop(self) -> None:
        """No more of it."""
        self._going = False
        self._world.network.heard = None

    def _heard(self, data: bytes, node: str, envelopes: list[bytes]) -> None:
        if not is_sealed(data) or not envelopes:
            return
        one = Recorded(data, node, self._world.time, "://" in node_of(target_of(envelopes[0])))
        if len(self._recorded) < KEPT:
            self._recorded.append(one)
        else:  # old ones stay as well: a memory may have rolled over
            self._recorded[self._rng.randrange(KEPT)] = one

    def _send_again(self) -> None:
        if not self._going:
            return
        self._world.at(EVERY_S, self._send_again)
        running = self._world.running()
        for node in running:
            self._started(node)
        if not self._recorded or not running:
            return
        one = self._rng.choice(self._recorded)
        node = one.node if one.placed or self._rng.random() < 0.5 else self._rng.choice(running)
        if node in running and not one.at <= self._started(node) <= one.at + self._differ:
            try:
                self.judge.saw(node, one.node, self._opened(node, one.data))
            except HeardAgain as heard:
                self._broken(f"HeardAgain: {heard}")

    def _started(self, node: str) -> int:
        """When the node was started last; 0 for the first time."""
        boots, at = self._boots.get(node, (1, 0))
        if boots != self._world.machines[node].boots:
            boots, at = self._boots[node] = self._world.machines[node].boots, self._world.time
        return at

    def _opened(self, node: str, data: bytes) -> list[bytes]:
        try:
            return list(self._world.machines[node].sealing.opened(data))
        except FrameRefused as refused:
            self._world.count(f"replay_{refused.reason}")
            return []


def replayer(world: World, plan: Plan, broken: Callable[[str], None]) -> Replayer | None:
    """The one that the plan wants."""
    if not plan.sealed:
        return None
    return Replayer(world, stream(plan.seed, "replayer"), bool({"clock", "set_back"} & {*plan.faults}), broken)
