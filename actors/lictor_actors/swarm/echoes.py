"""Old leaves are said again, invented ones come as a flood, and an operator forces agents out, alive or not."""

from __future__ import annotations

from collections import deque
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.judges.floods import FloodJudge
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swim.claims import claim_of
from lictor_actors.swim.handoff import DEPTH
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.envelope import Envelope, at
from lictor_messages.members import ForceLeave
from lictor_messages.swim import Dead, Gossip, LeaveIntent

EVERY_S = 0.6
ASK_S = 3.0
REMEMBERED = 16
FLOOD = DEPTH + 200
"""More than one queue holds; as a claim for each of so many members, in one message."""
WEIGHED_AFTER_S = 0.5
DROPPED = ("gossip_handoff_dropped_verdict", "gossip_intents_dropped")


class Echoes:
    """Until ``stop``. All floods come to one node, so that what they leave behind adds up there."""

    def __init__(self, world: World, judge: FloodJudge, nodes: list[str], agents: list[str], rng: Random) -> None:
        self._world = world
        self._judge = judge
        self._nodes = nodes
        self._agents = agents
        self._rng = rng
        self._flooded = rng.choice(nodes)
        self._doors = [world.door(node, "operator of agents") for node in nodes]
        self._leaves: deque[bytes] = deque(maxlen=REMEMBERED)
        self._invented = 0
        self._going = True
        world.listeners.append(self._heard)
        self._again()

    def stop(self) -> None:
        """Nothing of this happens any more."""
        self._going = False

    def _heard(self, envelope: Envelope) -> None:
        body = envelope.body
        if self._going and isinstance(body, Gossip) and len(body.updates) < FLOOD:
            self._leaves += (data for data in body.updates if _leaves(data) and data not in self._leaves)

    def _again(self) -> None:
        self._world.at(self._rng.expovariate(1 / EVERY_S), self._act)

    def _act(self) -> None:
        if self._going:
            self._rng.choice((self._repeat, self._repeat, self._force_out, self._flood))()
            self._again()

    def _repeat(self) -> None:
        if self._leaves:
            self._world.count("leave_repeated")
            self._say(self._rng.choice(self._nodes), (self._rng.choice(self._leaves),))

    def _force_out(self) -> None:
        if self._agents:
            order = ForceLeave(node=self._rng.choice(self._agents), prune=self._rng.random() < 0.5)
            self._rng.choice(self._doors).ask("agent", order, self._forced_out, ASK_S)

    def _forced_out(self, answer: Message) -> None:
        self._world.count(f"force_leave_{answer.kind}")

    def _flood(self) -> None:
        names = [f"ghost-{number}.dc1" for number in range(self._invented, self._invented + FLOOD)]
        self._invented += FLOOD
        prober = self._world.actor(at("prober", self._flooded))
        if isinstance(prober, Prober):
            self._world.count("gossip_flooded")
            self._world.at(WEIGHED_AFTER_S, partial(self._weighed, prober, names, self._dropped))
            self._say(self._flooded, tuple(pack_body(LeaveIntent(node=name, incarnation=1)) for name in names))

    def _weighed(self, prober: Prober, names: list[str], dropped: int) -> None:
        """A flood of which nothing is kept was lost on its way, or waits before a prober that stands still."""
        kept = sum(name in prober.pool.intents for name in names)
        if kept and not prober.pool.handoff.waiting:
            self._judge.ended(self._flooded, len(names), kept, self._dropped - dropped)

    def _say(self, node: str, updates: tuple[bytes, ...]) -> None:
        """As a member that passes it on."""
        source = self._rng.choice([other for other in self._nodes if other != node])
        self._world.ground.post(Envelope(at("prober", source), at("prober", node), Gossip(updates=updates)))

    @property
    def _dropped(self) -> int:
        return sum(self._world.counters.get(name, 0) for name in DROPPED)


def _leaves(data: bytes) -> bool:
    claim = claim_of(data).update
    return isinstance(claim, LeaveIntent) or (isinstance(claim, Dead) and claim.accuser == claim.node)
