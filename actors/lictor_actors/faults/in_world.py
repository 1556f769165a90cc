"""Faults in the world: applied at once, down to the disk's sectors and the clock's rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lictor_actors.faults.book import Deed, FaultBook
from lictor_actors.faults.ground import Confirmed, FaultGround
from lictor_actors.faults.in_force import Faults
from lictor_actors.faults.selectors import NodeView
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.streams import stream
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_messages.faults import HandleActor, SetRules, SpoilOnce


class WorldFaultGround(FaultGround):
    """Carries faults out in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = stream(world.seed, "faults", "disk")
        self._in_force = SetRules(rules=())
        self.flipped: dict[str, None] = {}
        """Nodes whose disk holds a flipped bit: they may refuse to start."""

    def carry_out(self, rules: SetRules | None, deeds: Sequence[Deed], confirmed: Confirmed) -> None:
        """See ``FaultGround``: done when this returns."""
        if rules is not None:
            self._set(rules)
        for deed in deeds:
            if isinstance(deed, HandleActor):
                self._handle_actor(deed)
            else:
                self._spoil(deed)
        confirmed(len(deeds))

    def hits(self) -> Mapping[str, int]:
        """See ``FaultGround``."""
        return self._world.network.rules.hits()

    def now(self) -> float:
        """See ``FaultGround``: virtual time."""
        return self._world.time / 1e9

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """See ``FaultGround``."""
        self._world.at(seconds, call)

    def log(self, event: str) -> None:
        """See ``FaultGround``."""
        self._world.trace.fault(self._world.time, event)

    def _set(self, rules: SetRules) -> None:
        """What stays as it is is not set again: a clock would round anew."""
        before, self._in_force = self._in_force, rules
        if rules.rules != before.rules:
            self._world.network.set_rules(rules.rules)
        for name, machine in self._world.machines.items():
            if rules.disks != before.disks:
                machine.trouble.set_rules(rule for rule in rules.disks if rule.node == name)
            if rules.clocks != before.clocks:
                machine.clock.obey((rule for rule in rules.clocks if rule.node == name), self._world.time)

    def _handle_actor(self, deed: HandleActor) -> None:
        world, node = self._world, deed.node
        if deed.role:
            world.handle_actor(deed.verb, node, deed.role)
            return
        match deed.verb:
            case "crash" | "kill":
                world.kill(node)
            case "stop":
                world.stop(node)
            case "cut_power":
                world.crash(node, torn=deed.torn)
            case "restart":
                self.restart(node, wipe=deed.wipe)
            case "mend":
                if not world.machines[node].running or world.machines[node].ledger.dead:
                    world.kill(node)
                    self.restart(node)
            case _:
                world.handle_actor(deed.verb, node)

    def restart(self, node: str, *, wipe: bool = False) -> None:
        """Start the node; one that injected damage keeps from starting stays down, and says so."""
        world = self._world
        if world.machines[node].running and not wipe:
            world.handle_actor("restart", node)
            return
        try:
            world.restart(node, keep_disk=not wipe)
        except (JournalCorrupt, OSError) as error:
            trouble = world.machines[node].trouble
            if node not in self.flipped and not trouble.fails and not trouble.lied:
                raise
            self.log(f"{node} cannot start: {error}")
            world.count("node_refused_to_start")
        if wipe:
            self.flipped.pop(node, None)
            world.machines[node].trouble.lied = False

    def _spoil(self, deed: SpoilOnce) -> None:
        machine = self._world.machines[deed.node]
        if deed.what == "jump":
            machine.clock.jump(deed.by_ns)
            return
        files = {name: len(machine.disk.read(name, 0).rstrip(b"\0")) for name in machine.disk.list()}
        written = [name for name, size in files.items() if size]
        if written:
            name = self._rng.choice(written)
            offset = self._rng.randrange(files[name])
            machine.disk.flip(name, offset, 1 << self._rng.randrange(8))
            self.flipped[deed.node] = None
            self.log(f"bit flipped at {offset} of {name} on {deed.node}")


class WorldFaults(Faults):
    """The verbs in one world."""

    def __init__(self, world: World) -> None:
        rng = stream(world.seed, "faults", "selectors")
        self._world = world
        self._ground = WorldFaultGround(world)
        super().__init__(FaultBook(lambda: world_nodes(world), "world", rng), self._ground, world.run)

    def revive(self) -> None:
        """Start every node that is down; one with a damaged disk gets an empty one, as an operator would do."""
        for name, machine in self._world.machines.items():
            if not machine.running:
                self._ground.restart(name)
            if not machine.running:
                self._ground.restart(name, wipe=True)


def world_faults(world: World) -> WorldFaults:
    """The fault verbs for this world; selectors draw from its seed."""
    return WorldFaults(world)


def world_nodes(world: World) -> list[NodeView]:
    """The world's nodes as selectors see them; the leader is the node that leads the highest term."""
    led = {name: term for name in world.machines if (term := _leads(world, name))}
    leader = max(led, key=lambda name: led[name], default="")
    return [NodeView(name, _is_server(world, name), name == leader, _roles(world, name)) for name in world.machines]


def _roles(world: World, name: str) -> tuple[str, ...]:
    """Those that start with the node, and those that they have spawned."""
    machine = world.machines[name]
    return tuple(dict.fromkeys((*machine.roles, *machine.node.seats)))


def _leads(world: World, name: str) -> int:
    raft = getattr(world.actor(f"server@{name}"), "raft", None)
    return raft.term if raft is not None and raft.role.value == "leader" else 0


def _is_server(world: World, name: str) -> bool:
    return "server" in world.machines[name].roles
