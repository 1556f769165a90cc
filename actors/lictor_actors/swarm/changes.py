"""An operator who changes which servers there are, while everything else goes wrong.

Nothing here reaches into Raft: servers are started and stopped, and everything else is asked of some agent, as
`lictor` does it. What becomes of it is the actors' business: gossip finds who came and went, the leader lets newcomers
in without a vote, autopilot promotes them and clears away who is dead.

- ``add_server``: a new server joins.
- ``leave``: a server leaves in good order; it comes back after a while, or never.
- ``remove_peer``: a server is taken out of the configuration, dead or alive.
- ``wipe``: a server dies with its disk, and starts again under another id with an empty one.
- ``abandon``: a server is dead for so long that autopilot clears it away.
- ``transfer``: leadership is handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from uuid import UUID

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.hosts.world.streams import stream
from lictor_actors.hosts.world.trace import Tap
from lictor_actors.judges.membership import MemberChange
from lictor_actors.node.in_world import add_node
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import tree
from lictor_actors.swarm.bench import Bench
from lictor_actors.swarm.plan import ChangeName
from lictor_actors.swarm.sparing import Sparing
from lictor_messages.agent import LeaveCluster
from lictor_messages.answers import Written
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    RemovePeer,
    SetAutopilotConfiguration,
    TransferLeadership,
)
from lictor_messages.base import Message
from lictor_messages.envelope import node_of
from lictor_messages.members import ForceLeave

SERVERS_MOST = 7
STABLE_NS = 2_000_000_000
"""What the operator sets for autopilot: a newcomer votes, and a dead server is cleared away, while the run lasts."""
ASK_S = 5.0
AWAY_S = (5.0, 12.0)
DEAD_S = (12.0, 20.0)
"""Gossip needs some five to ten seconds to be sure, autopilot two, and it looks every two."""
WITHOUT_DISK_S = (0.0, 4.0)
FORCE_EVERY_S = 3.0
GONE_FOR_GOOD = 0.4


class Done:
    """A change that was begun, and what ends it; ending it twice does no harm."""

    def __init__(self, what: str, lasts_s: float = 0.0, end: Callable[[], None] = lambda: None) -> None:
        self.what = what
        self.lasts_s = lasts_s
        self._end: Callable[[], None] | None = end

    def heal(self) -> None:
        """Whoever is to come back comes back."""
        end, self._end = self._end, None
        if end is not None:
            end()


class Changes(Tap):
    """Changes on a world's servers. ``specs`` are those that it began with."""

    def __init__(self, world: World, bench: Bench, specs: Sequence[NodeSpec]) -> None:
        self._world = world
        self._bench = bench
        self._specs = {spec.node: spec for spec in specs if spec.server}
        self._joined_through = specs[0].join
        self._sparing = Sparing(world, bench)
        self._doors: dict[str, Door] = {}
        self._blank: dict[str, None] = {}
        """Servers that began, or began again, with an empty disk."""
        self._left: dict[str, None] = {}
        self._away: dict[str, None] = {}
        """They left and are not back: nobody tries to reach them."""
        self._retired: dict[str, None] = {}
        """They left for good, unless somebody starts them all the same."""
        self._abandoned: dict[str, None] = {}
        self._started = 0
        bench.on_change(self._changed)
        world.trace.taps.append(self)

    def begin(self, rng: Random) -> None:
        """The operator has no patience: set autopilot's, until that is done."""
        wanted = AutopilotConfiguration(server_stabilization_time_ns=STABLE_NS)
        self._ask(rng, SetAutopilotConfiguration(configuration=wanted), lambda a: self._begun(a, rng))

    def _begun(self, answer: Message, rng: Random) -> None:
        if not isinstance(answer, Written):
            self._world.at(0.5, partial(self.begin, rng))

    def end(self) -> None:
        """Whoever has left for good and is down stays away; what others still think of them is put right."""
        self._bench.gone.update((n, None) for n in self._retired if not self._world.machines[n].running)
        if self._bench.gone:
            self._force_out(stream(self._world.seed, "undertaker"))

    # -- what can be done --------------------------------------------------------------------------------------------

    def make(self, name: ChangeName, rng: Random) -> Done | None:
        """Begin such a change; None if there is nobody for it."""
        match name:
            case "add_server":
                return self._add(rng)
            case "leave":
                return self._leave(rng)
            case "remove_peer":
                return self._remove(rng)
            case "wipe":
                return self._wipe(rng)
            case "abandon":
                return self._abandon(rng)
            case "transfer":
                return self._transfer(rng)

    def _add(self, rng: Random) -> Done | None:
        if sum(name not in self._retired for name in self._specs) >= SERVERS_MOST:
            return None
        number = len(self._specs) + 1
        model = next(iter(self._specs.values()))
        fresh = {"name": f"server-{number}", "id": self._new_id(), "address": f"10.0.1.{number}", "bootstrap_expect": 0}
        spec = model.model_copy(update=fresh)
        self._specs[spec.node] = spec
        self._blank[spec.node] = None
        self._say(f"add {spec.node}")
        add_node(self._world, spec)
        return Done(f"add {spec.node}")

    def _leave(self, rng: Random) -> Done | None:
        victim = self._victim(rng)
        for_good = rng.random() < GONE_FOR_GOOD and not self._others_join_through(victim)
        lasts_s = rng.uniform(*AWAY_S)
        if not victim or not self._others_can_join_without(victim) or not self._sparing.member(victim):
            return None
        self._sparing.member_goes()
        self._left[victim] = self._away[victim] = None
        if for_good:
            self._retired[victim] = None
        what = f"leave {victim}{' for good' if for_good else ''}"
        self._say(what)
        self._door(victim).ask("agent", LeaveCluster(), lambda a: self._world.count(f"leave_{a.kind}"), ASK_S)
        return Done(what, lasts_s, partial(self._left_since, victim, self._world.machines[victim].boots, for_good))

    def _left_since(self, victim: str, boots: int, for_good: bool) -> None:
        """A node that could not leave in time is stopped all the same."""
        if self._world.machines[victim].boots != boots:
            self._away.pop(victim, None)  # somebody has started it again
            return
        self._world.stop(victim)
        if not for_good:
            self._away.pop(victim, None)  # it may have left twice, and come back in between
            self._world.restart(victim)

    def _remove(self, rng: Random) -> Done | None:
        victim = self._victim(rng)
        if not victim or not self._sparing.member(victim):
            return None
        self._sparing.member_goes()
        self._ask(rng, RemovePeer(id=self._specs[victim].id), lambda a: self._world.count(f"remove_peer_{a.kind}"))
        return Done(f"remove peer {victim}")

    def _wipe(self, rng: Random) -> Done | None:
        victim, lasts_s = self._victim(rng), rng.uniform(*WITHOUT_DISK_S)
        if not victim or not self._sparing.disk(victim):
            return None
        world, machine = self._world, self._world.machines[victim]
        spec = self._specs[victim] = self._specs[victim].model_copy(update={"id": self._new_id()})
        self._blank[victim] = None
        self._say(f"wipe {victim}, whose id will be {spec.id}")
        world.kill(victim)
        machine.wipe()
        machine.become(tree(spec))
        self._bench.raft.wiped(victim)
        return Done(f"wipe {victim}", lasts_s, partial(self._start, victim))

    def _abandon(self, rng: Random) -> Done | None:
        victim, lasts_s = self._victim(rng), rng.uniform(*DEAD_S)
        if not victim:
            return None
        self._abandoned[victim] = None
        self._world.kill(victim)
        return Done(f"abandon {victim}", lasts_s, partial(self._start, victim))

    def _transfer(self, rng: Random) -> Done:
        target = rng.choice(["", *(spec.id for spec in self._specs.values())])
        self._ask(rng, TransferLeadership(id=target), self._transferred)
        return Done(f"transfer leadership to {target or 'whoever is fittest'}")

    def _transferred(self, answer: Message) -> None:
        self._world.count("leadership_transferred" if isinstance(answer, Written) else "leadership_not_transferred")

    # -- what came of it ---------------------------------------------------------------------------------------------

    def note(self, time: int, who: str, event: str) -> None:
        """A server said something."""
        node = node_of(who)
        if event.startswith("raft: takes over the snapshot") and node in self._blank:
            del self._blank[node]
            self._world.count("snapshot_at_newcomer")

    def _changed(self, change: MemberChange) -> None:
        for kind in change.kinds:
            self._world.count(kind)
        for name in change.removed:
            if name in self._left:
                self._world.count("left_server_removed")
            elif name in self._abandoned and not self._world.machines[name].running:
                self._world.count("dead_server_cleared_away")

    # -- whom and how ------------------------------------------------------------------------------------------------

    def _victim(self, rng: Random) -> str:
        """Any server that runs, the leader more often than others."""
        running = [name for name in self._specs if self._world.machines[name].running]
        chosen, lead = rng.choice(running or [""]), rng.random() < 0.4
        return (self._bench.leader() if lead else "") or chosen

    def _others_join_through(self, node: str) -> bool:
        return node in self._specs and self._specs[node].gossip_url in self._joined_through

    def _others_can_join_without(self, node: str) -> bool:
        """Servers through which all others join and which were away together would find only each other again."""
        gates = [name for name in self._specs if self._others_join_through(name)]
        return any(name != node and name not in self._away for name in gates)

    def _start(self, node: str) -> None:
        if not self._world.machines[node].running:
            self._world.restart(node)

    def _ask(self, rng: Random, message: Message, then: Callable[[Message], None]) -> None:
        node = rng.choice(self._world.running() or list(self._specs))
        self._door(node).ask("agent", message, then, ASK_S)

    def _door(self, node: str) -> Door:
        # One for each node: a door that begins anew asks under names that were asked before.
        return self._doors.get(node) or self._doors.setdefault(node, self._world.door(node, "operator"))

    def _new_id(self) -> str:
        self._started += 1
        return str(UUID(int=stream(self._world.seed, "new server", str(self._started)).getrandbits(128)))

    def _force_out(self, rng: Random) -> None:
        """Who failed before it had left is still thought to come back."""
        for name in self._bench.gone:
            self._ask(rng, ForceLeave(node=name), lambda _: None)
        self._world.at(FORCE_EVERY_S, partial(self._force_out, rng))

    def _say(self, what: str) -> None:
        self._world.trace.fault(self._world.time, what)
