"""A machine of the world: what outlives a node's crash (clock, disk, addresses) and what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from lictor_actors.bus.intake import Intake, MailDesk
from lictor_actors.bus.sealing import Sealing
from lictor_actors.hosts.clock import NodeClock
from lictor_actors.hosts.disks.faulty import Trouble
from lictor_actors.hosts.keyrings import Keyrings
from lictor_actors.hosts.lanes import GivenLanes, Lanes, Places
from lictor_actors.hosts.node import Birth, Node, Takes, Waits
from lictor_actors.hosts.world.ledger import WorldLedger
from lictor_actors.hosts.world.network import CLUSTER
from lictor_actors.hosts.world.sealed import KeptKeyrings, SealedMachine
from lictor_actors.hosts.world.streams import stream
from lictor_actors.journal.memory_disk import MemoryDisk
from lictor_messages.envelope import Envelope, at, node_of, role_of
from lictor_messages.host import ActorSpec, PoolLane
from lictor_messages.keyring import GossipEncryption

if TYPE_CHECKING:
    from lictor_actors.hosts.world.world import World


LINE_MOST = 64
"""Pipes whose last message is remembered before those are forgotten whose message has arrived."""


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """What a machine's node is made from."""

    name: str
    """``name.dc``."""
    tree: tuple[ActorSpec, ...]
    birth: Birth
    urls: tuple[str, ...]
    """Gossip and rest, and gossip of all datacenters where it takes part in that."""
    encryption: GossipEncryption | None = None
    knows: Mapping[str, Lanes] = field(default_factory=dict)
    """Where its first boot reaches other nodes from the start."""


class Machine:
    """Carries one node, boot after boot."""

    def __init__(self, spec: MachineSpec, world: World, clock: NodeClock) -> None:
        self.name = spec.name
        self.urls = spec.urls
        self.clock = clock
        self.disk = MemoryDisk()
        self.trouble = Trouble(stream(world.seed, spec.name, "trouble"))
        """What is wrong with the disk: it stays over reboots and with another disk."""
        self.boots = 0
        """How often the node was started; what was sent to an earlier boot never arrives."""
        self.running = False
        self.refuses = False
        """True while the machine is up and no process listens: senders are told. Without power: silence."""
        self.directory = Places(GivenLanes(spec.knows))
        self._doors: dict[str, tuple[Takes, Waits]] = {}
        """Doorways from outside: they are there again after a reboot."""
        self.ledger: WorldLedger
        self.node = Node(spec.name, world.ground, spec.birth, spec.tree)
        self.intake = Intake(self._place, self._desk, world.count)
        self._spec = spec
        self._world = world
        self._kept = KeptKeyrings()
        self._encrypt()
        self._line: dict[str, int] = {}

    @property
    def roles(self) -> tuple[str, ...]:
        """The actors that start with the node."""
        return tuple(actor.role for actor in self._spec.tree)

    def boot(self, ledger: WorldLedger) -> None:
        """Start the node with what its disk holds."""
        self.boots += 1
        self.running, self.refuses = True, False
        self.ledger = ledger
        self.directory = Places(GivenLanes(self._spec.knows if self.boots == 1 else {}))
        self._line.clear()
        self._encrypt()
        self.node = Node(self.name, self._world.ground, self._spec.birth, self._spec.tree)
        for role, (take, waits) in self._doors.items():
            self.node.open_door(role, take, waits)
        self.node.start()

    def cut(self, torn: bool = True) -> None:
        """Power cut: no actor says goodbye, what the disk had not synced is at its mercy, or gone if not ``torn``."""
        self.running = self.refuses = False
        self.ledger.crash(torn)
        self.node.stop("power cut")

    def kill(self) -> None:
        """The process dies at once: what it wrote is with the operating system, what it held back is gone."""
        self.running, self.refuses = False, True
        self.ledger.abandon()
        self.node.stop("killed")

    def stop(self) -> None:
        """The process ends in good order: its actors stop, and what they wrote is synced."""
        self.node.stop("stopped")
        self.ledger.finish()
        self.ended()

    def ended(self) -> None:
        """The node's actors have stopped; no process listens any more."""
        self.running, self.refuses = False, True

    def wipe(self) -> None:
        """Lose the disk."""
        self.disk = MemoryDisk()
        self._kept = KeptKeyrings()

    def become(self, tree: Sequence[ActorSpec]) -> None:
        """From its next boot on the node is made of this."""
        self._spec = replace(self._spec, tree=tuple(tree))

    def open_door(self, role: str, take: Takes, waits: Waits) -> None:
        """A door into its node, now and after each reboot."""
        self._doors[role] = take, waits
        self.node.open_door(role, take, waits)

    def receive(self, envelope: Envelope) -> None:
        """Something came over the wire and may come in; an inbox refuses a target that it does not host."""
        if node_of(envelope.target) == self.name:
            self.node.deliver(envelope)
        else:
            self.node.refuse(envelope, "not_hosted_here")

    def _encrypt(self) -> None:
        """A process that begins: it remembers no frames, and has the keys that were kept."""
        world = self._world
        around = SealedMachine(self.name, self.urls, lambda: self.directory, world.network.lanes, self._clocks)
        self.sealing = Sealing(CLUSTER, around, world.count)
        self.keyrings = Keyrings(self.sealing, lambda *_: None)  # no operator reads a log here
        lanes: tuple[PoolLane, ...] = ("gossip", "wan") if len(self.urls) > 2 else ("gossip",)
        draw = partial(world.ground.secret, self.name)
        self.keyrings.begin(self.name, lanes, self._spec.encryption, self._kept, draw)

    def _clocks(self) -> tuple[int, int]:
        time = self._world.time
        return self.clock.wall(time), self.clock.now(time)

    def _place(self, envelope: Envelope) -> None:
        envelope.target = at(role_of(envelope.target), self.name)

    def _desk(self, node: str, role: str) -> MailDesk | None:
        return self.node.desk(role) if node == self.name else None

    def in_line(self, other: str, latency: int) -> int:
        """The latency that keeps the pipe to ``other`` first in, first out."""
        now, line = self._world.time, self._line
        arrival = max(now + latency, line.get(other, 0))
        if len(line) >= LINE_MOST:
            self._line = line = {node: last for node, last in line.items() if last > now}
        line[other] = arrival
        return arrival - now
