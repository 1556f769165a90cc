"""The world as what nodes stand on: clocks, timers, a bus, disks and jobs in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING

from lictor_actors.hosts.lanes import Lanes
from lictor_actors.hosts.world.clock import Timer
from lictor_actors.hosts.world.ledger import WorldLedger
from lictor_actors.hosts.world.streams import Buggify, stream
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import NOT_SAMPLED, Samples
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, node_of
from lictor_messages.host import PoolLane
from lictor_messages.keyring import ChangeKeyring, KeyringChanged

if TYPE_CHECKING:
    from lictor_actors.hosts.world.world import World


class WorldGround:
    """Implements ``Ground`` for every node of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._agenda = world.agenda
        self._machines = world.machines
        self._secrets: dict[str, Random] = {}
        self._lanes: dict[Lanes, Lanes] = {}
        """One copy of each, for the directories of all machines."""
        self.enqueue = world.enqueue

    def now(self, node: str) -> int:
        """The node's monotonic clock."""
        return self._machines[node].clock.now(self._agenda.now)

    def wall(self, node: str) -> int:
        """The node's wall clock."""
        return self._machines[node].clock.wall(self._agenda.now)

    def stream(self, node: str, role: str) -> Random:
        """One stream per actor and boot."""
        return stream(self._world.seed, node, role, "actor", str(self._machines[node].boots))

    def secret(self, node: str, size: int) -> bytes:
        """Bytes that only the seed knows."""
        rng = self._secrets.get(node)
        if rng is None:
            rng = self._secrets[node] = stream(self._world.seed, node, "secret")
        return rng.randbytes(size)

    def buggify(self, node: str) -> Callable[[str], bool] | None:
        """The rare-event switch, if this world has one."""
        return Buggify(self._world.seed, node) if self._world.buggify else None

    def samples(self, node: str) -> Samples:
        """Nothing is read of metrics in the world."""
        return NOT_SAMPLED

    def count(self, what: str, node: str = "") -> None:
        """One more of these in this world."""
        self._world.count(what)

    def later(self, node: str, after: int, call: Callable[[], None]) -> Timer:
        """Call when the node's own clock has advanced by ``after``."""
        return self._agenda.after(self._machines[node].clock.true_delay(after), call)

    def seated(self, role: str, actor: Actor) -> None:
        """A life is about to begin."""
        self._world.network.lanes.seated(role, actor)

    def post(self, envelope: Envelope) -> None:
        """To an actor of the same node as it is, to another node through the codec."""
        machine = self._machines[node_of(envelope.source)]
        if not machine.running:
            self.count("posted_by_a_dead_node")
            return
        world = self._world
        if node_of(envelope.target) == machine.name:
            world.network.local(envelope, machine)
            world.trace.sent(world.time, envelope)
        else:
            world.trace.sent(world.time, envelope, *world.network.carry(envelope, machine))
        for listen in world.listeners:
            listen(envelope)

    def locate(self, node: str, other: str, pool: PoolLane, lanes: Lanes | None) -> None:
        """The directory of ``node``."""
        directory = self._machines[node].directory
        if lanes is None:
            directory.forget(other, pool)
        else:
            directory.learn(other, pool, self._lanes.setdefault(lanes, lanes))

    def locate_all(self, node: str, lanes: Mapping[str, Lanes]) -> None:
        """See ``Ground``."""
        self._machines[node].directory.learn_all(lanes)

    def change_keyring(self, node: str, asked: ChangeKeyring) -> KeyringChanged:
        """Of the machine."""
        return self._machines[node].keyrings.change(node, asked)

    def redial(self, node: str, other: str) -> None:
        """Pipes of the world need no redialling; it is counted."""
        self.count("redialled")

    def run(self, node: str, job: Message, done: Callable[[Message], None]) -> None:
        """Outside work."""
        self._world.jobs.run(node, job, done)

    def ledger(self, node: str) -> WorldLedger:
        """The machine's journal."""
        return self._machines[node].ledger

    def note(self, who: str, event: str, cause: str = "") -> None:
        """A line on the timeline."""
        self._world.trace.note(self._world.time, who, event)

    def crashed(self, who: str, error: Exception, cause: str = "") -> None:
        """An actor raised."""
        self._world.crashes.append((who, error))

    def actor_stopped(self, who: str, why: str) -> None:
        """An actor is down for good."""
        self._world.stopped[who] = why
        self.note(who, f"stopped: {why}")

    def node_ended(self, node: str, why: str) -> None:
        """The node has no actors any more."""
        self._machines[node].ended()
        self._world.ended[node] = why
        self.count("node_ended")
