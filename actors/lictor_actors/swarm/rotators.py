"""An operator who changes the gossip key again and again, in the three steps of docs/gossip-encryption.md.

Each step is repeated until every node has taken it. Then no frame may ever come by a key that its hearer does not have,
however much is cut, killed or lost meanwhile, so that no member is suspected because of a rotation.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random

from lictor_actors.hosts.world import World
from lictor_messages.base import Message
from lictor_messages.keyring import KeyringReport, KeyringVerb, RunKeyring

PAUSE_S = 2.0
"""From one step to the next: frames by the key that was used before are all heard or lost by then."""
AGAIN_S = 0.5
PATIENCE_S = 20.0
UNKNOWN_KEY = "frame_sealed_unknown_key"


class Rotators:
    """One, until ``stop``."""

    def __init__(self, world: World, nodes: list[str], first: str, rng: Random, broken: Callable[[str], None]) -> None:
        """``first``: the key that all begin with, in base64."""
        self._world = world
        self._nodes = nodes
        self._doors = {node: world.door(node, "rotator") for node in nodes}
        self._rng = rng
        self._broken = broken
        self._old, self._new = first, self._drawn()
        self._steps: list[KeyringVerb] = []
        self._going = True
        world.at(PAUSE_S, self._step)

    def stop(self) -> None:
        """The keys stay as they are; the step under way may come to its end."""
        self._going = False

    def look(self) -> None:
        """No frame was lost to a rotation."""
        lost = self._world.counters.get(UNKNOWN_KEY, 0)
        if lost:
            self._broken(f"a rotation lost frames: {lost} came by a key that their hearer does not have")

    def _drawn(self) -> str:
        return base64.b64encode(self._rng.randbytes(32)).decode()

    def _step(self) -> None:
        if not self._going:
            return
        self._steps = self._steps or ["install", "use", "remove"]
        verb = self._steps[0]
        order = RunKeyring(verb=verb, key=self._old if verb == "remove" else self._new)
        self._doors[self._rng.choice(self._nodes)].ask("agent", order, self._told, PATIENCE_S)

    def _told(self, answer: Message) -> None:
        self.look()
        if not isinstance(answer, KeyringReport) or answer.error or answer.nodes < len(self._nodes):
            self._world.count("rotation_step_again")
            self._world.at(AGAIN_S, self._step)
            return
        if self._steps.pop(0) == "remove":
            self._world.count("rotations")
            self._old, self._new = self._new, self._drawn()
        self._world.at(PAUSE_S, self._step)
