"""The world: machines, a network and time, and the verbs that a test moves them with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from lictor_actors.hosts.clock import NodeClock
from lictor_actors.hosts.lanes import Lanes
from lictor_actors.hosts.node import Birth
from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world.clock import Agenda, Timer
from lictor_actors.hosts.world.door import Door
from lictor_actors.hosts.world.ground import WorldGround
from lictor_actors.hosts.world.jobs import Jobs
from lictor_actors.hosts.world.ledger import DiskSpeed, WorldLedger
from lictor_actors.hosts.world.machine import Machine, MachineSpec
from lictor_actors.hosts.world.network import Network, Weather
from lictor_actors.hosts.world.streams import stream
from lictor_actors.hosts.world.trace import Listener, Trace
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.faults import ActorVerb
from lictor_messages.host import ActorSpec
from lictor_messages.keyring import GossipEncryption

SECOND = 1_000_000_000
EPOCH_NS = 1_700_000_000 * SECOND
"""The wall clock when a world begins."""
TURNS_AT_ONCE = 100_000
"""So many turns without time passing mean that actors answer each other for ever."""

NOTHING: Mapping[str, Lanes] = MappingProxyType({})
Watcher = Callable[[Seat], None]


class Livelock(RuntimeError):
    """Actors of the world keep each other busy while time stands still."""


class CheckFailed(AssertionError):
    """An actor's own ``check`` found it in a state that must never be."""


class World:
    """Any number of nodes in virtual time, from one seed.

    After every turn, or every so many (``check_every``), the actor that took it checks its own invariants.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        weather: Weather | None = None,
        disk: DiskSpeed | None = None,
        buggify: bool = False,
        check_every: int = 1,
        trace: Listener | None = None,
    ) -> None:
        self.seed = seed
        self.trace = Trace(trace)
        self.counters: dict[str, int] = {}
        self.crashes: list[tuple[str, Exception]] = []
        """Actors that raised without being told to: a test demands that there are none."""
        self.ended: dict[str, str] = {}
        """Nodes that went down by themselves, and why."""
        self.stopped: dict[str, str] = {}
        """Actors that stopped for good while their node went on: address → why."""
        self.machines: dict[str, Machine] = {}
        self.watchers: dict[str, list[Watcher]] = {}
        """By role: called after each turn of such an actor."""
        self.listeners: list[Callable[[Envelope], None]] = []
        """Called with everything that actors post."""
        self.agenda = Agenda()
        self._ready: deque[tuple[Seat, int, Message, Envelope | None] | Callable[[], None]] = deque()
        self._disk = disk or DiskSpeed()
        self.buggify = buggify
        self._check_every = check_every
        self._turns = 0
        self._turns_at_once = 0
        self._asked = 0
        after, now = self.agenda.after, lambda: self.time
        self.network = Network(seed, weather or Weather(), self.machines, after, self.count, self._arrived, now)
        self.jobs = Jobs(stream(seed, "jobs"), self.agenda.after)
        self.ground = WorldGround(self)

    # -- nodes ---------------------------------------------------------------

    def add(
        self,
        name: str,
        tree: Sequence[ActorSpec],
        birth: Birth,
        *,
        urls: tuple[str, ...] | None = None,
        knows: Mapping[str, Lanes] = NOTHING,
        encryption: GossipEncryption | None = None,
        start: bool = True,
    ) -> Machine:
        """A new machine for the node ``name.dc``, started at once unless ``start`` is False.

        ``knows``: where it reaches others until it is started again; shared, not copied.
        """
        rng = stream(self.seed, name, "clock")
        clock = NodeClock(rng.randrange(1000 * SECOND), EPOCH_NS + rng.randrange(SECOND))
        spec = MachineSpec(
            name, tuple(tree), birth, urls or (f"tcp://{name}:8301", f"tcp://{name}:8300"), encryption, knows
        )
        machine = self.machines[name] = Machine(spec, self, clock)
        self.network.listen(machine)
        if start:
            self._boot(machine)
        return machine

    def introduce(self) -> None:
        """Tell every running node where every other is, as their probers would."""
        for machine in self.machines.values():
            for other in self.machines.values():
                if other is not machine:
                    machine.directory.learn(other.name, "gossip", (other.urls[0], other.urls[1]))

    def crash(self, name: str, *, torn: bool = True) -> None:
        """Power cut: the node is gone at once; its disk loses, or tears (``torn``), what was not synced."""
        machine = self.machines[name]
        if machine.running:
            self.trace.fault(self.time, f"power cut {name}")
            self.count("node_crashed")
            machine.cut(torn)

    def stop(self, name: str) -> None:
        """The node's process ends in good order; its machine stays and refuses connections."""
        machine = self.machines[name]
        if machine.running:
            self.trace.fault(self.time, f"stop {name}")
            self.count("node_stopped")
            machine.stop()

    def kill(self, name: str) -> None:
        """The node's process dies (``kill -9``): its machine stays and refuses connections, its disk loses nothing."""
        machine = self.machines[name]
        if machine.running:
            self.trace.fault(self.time, f"kill {name}")
            self.count("node_killed")
            machine.kill()

    def restart(self, name: str, *, keep_disk: bool = True) -> None:
        """Start a node that is down, with what its disk still holds, or with an empty one."""
        machine = self.machines[name]
        if machine.running:
            self.crash(name)
        self.trace.fault(self.time, f"restart {name}{'' if keep_disk else ' with an empty disk'}")
        self.count("node_restarted")
        self.ended.pop(name, None)
        if not keep_disk:
            machine.wipe()
        machine.clock.reboot(stream(self.seed, name, "boot", str(machine.boots)).randrange(1000 * SECOND), self.time)
        self._boot(machine)

    def handle_actor(self, verb: ActorVerb, node: str, role: str = "") -> int:
        """Pause, resume, crash or restart one actor, or all of a node; returns how many there were."""
        machine = self.machines[node]
        self.trace.fault(self.time, f"{verb} {role or 'all'} on {node}")
        self.count(f"actor_{verb}")
        return machine.node.handle_actor(verb, role) if machine.running else 0

    def seat(self, address: str) -> Seat:
        """Where this actor sits; KeyError if the node has no such actor."""
        return self.machines[node_of(address)].node.seats[role_of(address)]

    def actor(self, address: str) -> object | None:
        """The actor object itself, None while it is down."""
        machine = self.machines.get(node_of(address))
        if machine is None or not machine.running:
            return None
        seat = machine.node.seats.get(role_of(address))
        return seat.life.actor if seat is not None and seat.life is not None else None

    def running(self) -> list[str]:
        """Names of the nodes that are up."""
        return [name for name, machine in self.machines.items() if machine.running]

    def _boot(self, machine: Machine) -> None:
        rng = stream(self.seed, machine.name, "disk", str(machine.boots))
        failed = partial(self._disk_failed, machine)
        full = partial(self._disk_full, machine)
        machine.boot(WorldLedger(machine.disk, self._disk, rng, self.agenda.after, failed, machine.trouble, full))

    def _disk_full(self, machine: Machine, error: OSError | None) -> None:
        self.count("disk_full" if error else "disk_freed")
        machine.node.disk_full(error)

    def _disk_failed(self, machine: Machine, error: OSError) -> None:
        self.count("journal_failed")
        self.soon(partial(machine.node.journal_failed, error))

    # -- time ----------------------------------------------------------------

    @property
    def time(self) -> int:
        """Nanoseconds since the world began."""
        return self.agenda.now

    def run(self, for_s: float) -> None:
        """Let this much time pass."""
        end = self.time + round(for_s * SECOND)
        self._drain()
        while self.agenda.step(end):
            self._drain()
        self.agenda.now = end

    def run_until(self, true: Callable[[], bool], within_s: float) -> bool:
        """Let time pass until ``true`` (looked at after every event); False if ``within_s`` was not enough."""
        end = self.time + round(within_s * SECOND)
        self._drain()
        while not true():
            if not self.agenda.step(end):
                self.agenda.now = end
                return true()
            self._drain()
        return True

    def soon(self, call: Callable[[], None]) -> None:
        """Call from the run queue, after what is already on it."""
        self._ready.append(call)

    def at(self, after_s: float, call: Callable[[], None]) -> Timer:
        """Call when this much time has passed: for scripts and workloads."""
        return self.agenda.after(round(after_s * SECOND), call)

    def _drain(self) -> None:
        ready, self._turns_at_once = self._ready, 0
        while ready:
            self._turns_at_once += 1
            if self._turns_at_once > TURNS_AT_ONCE:
                raise Livelock(f"seed {self.seed} at {self.time / SECOND:.6f} s: next is {ready[0]!r}")
            item = ready.popleft()
            if callable(item):
                item()
            else:
                self._take(*item)

    def _take(self, seat: Seat, life: int, message: Message, envelope: Envelope | None) -> None:
        if envelope is None:
            self.trace.due(self.time, seat.address, message)
        seat.take(life, message, envelope)
        self._turns += 1
        if self._turns % self._check_every == 0:
            self._check(seat)
        for watch in self.watchers.get(seat.role, ()):
            watch(seat)

    def _check(self, seat: Seat) -> None:
        if seat.life is not None:
            try:
                seat.life.actor.check()
            except AssertionError as broken:
                raise CheckFailed(f"{seat.address} at {self.time / SECOND:.6f} s: {broken}") from broken

    # -- a doorway for tests and workloads -------------------------------------

    def door(self, node: str, name: str = "door") -> Door:
        """A doorway on ``node`` that asks on behalf of a client outside the cluster."""
        return Door(self, node, name)

    def ask(self, node: str, target: str, message: Message, within_s: float = 10.0, token: str = "") -> Message:
        """Ask through a doorway of ``node`` and run until the answer is there; Refused TimedOut if none comes."""
        answers: list[Message] = []
        self._asked += 1
        self.door(node, f"asker{self._asked}").ask(target, message, answers.append, within_s, token=token)
        self.run_until(lambda: bool(answers), within_s + 1)
        return answers[0]

    # -- what the ground needs -------------------------------------------------

    def enqueue(self, seat: Seat, life: int, message: Message, envelope: Envelope | None) -> None:
        """One more for the run queue."""
        self._ready.append((seat, life, message, envelope))

    def _arrived(self, e: Envelope, kind: type[Message], number: int, target: str) -> None:
        self.trace.delivered(self.time, e, kind, number, target)

    def count(self, what: str) -> None:
        """One more of these."""
        self.counters[what] = self.counters.get(what, 0) + 1
