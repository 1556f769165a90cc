"""The judges' bench: every judge that watches a world while it runs, and what they ask of it at the end."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from random import Random

from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world import World
from lictor_actors.journal.journal import Journal
from lictor_actors.judges.catalog import differences, disagreements
from lictor_actors.judges.events import EventJudge
from lictor_actors.judges.floods import FloodJudge
from lictor_actors.judges.lag import LagJudge
from lictor_actors.judges.leaves import LeaveJudge
from lictor_actors.judges.membership import MemberChange, MembershipJudge
from lictor_actors.judges.queries import QueryJudge
from lictor_actors.judges.raft import RaftJudge
from lictor_actors.judges.suspicions import SuspicionJudge
from lictor_actors.judges.swim import SwimJudge, incomplete, unlike
from lictor_actors.raft.stable import Stable
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.server.leader.reconcile import serf_health
from lictor_actors.roles.server.server import Server
from lictor_actors.store.families.catalog.tables import CatalogTables
from lictor_actors.swim.member_table import MemberState, MemberTable
from lictor_actors.swim.profile import LOCAL, WAN
from lictor_messages.catalog import SERF_HEALTH
from lictor_messages.envelope import at

SEEN_AS = {
    MemberState.ALIVE: "alive",
    MemberState.SUSPECT: "suspect",
    MemberState.DEAD: "failed",
    MemberState.LEFT: "left",
}
"""Consul's words for what a member is held for."""


class Bench:
    """Watches a world from the moment it is made; without ``raft`` its promises may be broken unseen."""

    def __init__(self, world: World, *, raft: bool = True) -> None:
        self.world = world
        self.raft = RaftJudge(self._on_disk)
        self.membership = MembershipJudge(self._changed)
        self.gone: dict[str, None] = {}
        """Nodes that have left for good."""
        self._listeners: list[Callable[[MemberChange], None]] = []
        self.swim = SwimJudge()
        self.events = EventJudge()
        self.queries = QueryJudge()
        self.leaves = LeaveJudge(self._members)
        self.floods = FloodJudge()
        self.suspicions = SuspicionJudge(self._members, LOCAL.suspicion_min(1))
        self.lag = LagJudge(self._members, WAN.lag_tolerance)
        if raft:
            world.watchers.setdefault("server", []).append(self._saw_server)
            world.listeners.append(self.raft.heard)
        world.watchers.setdefault("prober", []).append(self._saw_prober)
        world.listeners += [self.swim.heard, self.events.heard, self.queries.heard, self.leaves.heard]
        world.trace.taps += [self.suspicions, self.lag]

    def on_change(self, listener: Callable[[MemberChange], None]) -> None:
        """Call this with each change of Raft's configuration that is committed."""
        self._listeners.append(listener)

    def leader(self) -> str:
        """The node that leads the highest term and is able to serve, "" if there is none."""
        ready = {name: server.raft.term for name, server in self.servers().items() if server.raft.ready}
        return max(ready, key=lambda name: ready[name], default="")

    def standing(self) -> list[dict[str, object]]:
        """Of each node, in the order of the world: whether it runs, and what its server's Raft is about."""
        servers, running = self.servers(), set(self.world.running())
        return [
            {"node": name, "runs": "yes" if name in running else "no", **_raft(servers.get(name))}
            for name in self.world.machines
        ]

    def views(self) -> dict[str, dict[str, str]]:
        """For each node that runs, the state in which it holds each other member: alive, suspect, failed, left."""
        tables = {name: self._members(name) for name in self.world.running()}
        return {
            name: {peer.node: SEEN_AS[peer.state] for peer in table.sorted() if peer.node != name}
            for name, table in tables.items()
            if table is not None
        }

    def members_wrong(self) -> list[str]:
        """How the views of the probers differ from what runs."""
        records = {
            name: {peer.node: peer.alive.incarnation for peer in table.sorted() if peer.present}
            for name in self.world.running()
            if (table := self._members(name)) is not None
        }
        return incomplete(records) or unlike(records)

    def catalog_wrong(self) -> list[str]:
        """How each server's catalog differs from what runs."""
        wrong = []
        up = [name.partition(".")[0] for name in self.world.running()]
        known = [name.partition(".")[0] for name in self.world.machines if name not in self.gone]
        for name, server in self.servers().items():
            health = {check.node: check.status for check in serf_health(server.store.catalog)}
            wrong += [f"{name}: {text}" for text in disagreements(health, up, known)]
        return wrong

    def voters_wrong(self) -> list[str]:
        """Servers that run and have no vote: autopilot takes it from who is gone, and gives it back. And who left."""
        servers = self.servers()
        leader = servers.get(self.leader())
        voters, members = (leader.raft.configuration, leader.raft.members.names) if leader is not None else ((), ())
        wrong = [f"{name} has no vote" for name in servers if name not in voters]
        return wrong + [f"{name} has left for good and is still a member" for name in members if name in self.gone]

    def services_wrong(self) -> list[str]:
        """How each server's catalog differs from what the agents own."""
        wrong = []
        for name in self.world.running():
            agent = self.world.actor(at("agent", name))
            if isinstance(agent, Agent):
                owned = _owned(agent)
                for server in self.servers().values():
                    wrong += differences(owned, _held(server.store.catalog, name.partition(".")[0]))
        return wrong

    def stores_wrong(self) -> list[str]:
        """Servers that have applied the same entries and hold something else."""
        digests: dict[int, tuple[str, str]] = {}
        wrong = []
        for name, server in self.servers().items():
            first, digest = digests.setdefault(server.applied, (name, server.store.digest()))
            if digest != server.store.digest():
                wrong.append(f"{first} and {name} differ after entry {server.applied}")
        return wrong

    def servers(self) -> dict[str, Server]:
        """The server actors that live."""
        found = {name: self.world.actor(at("server", name)) for name in self.world.running()}
        return {name: server for name, server in found.items() if isinstance(server, Server)}

    def _saw_server(self, seat: Seat) -> None:
        if seat.life is not None and isinstance(seat.life.actor, Server):
            server = seat.life.actor
            self.raft.saw(seat.node.name, server.raft, server.applied)
            self.membership.saw(seat.node.name, server.raft)

    def _changed(self, change: MemberChange) -> None:
        for tell in self._listeners:
            tell(change)

    def _saw_prober(self, seat: Seat) -> None:
        self.suspicions.saw(seat.node.name)
        if not seat.paused:
            self.lag.saw(seat.node.name)
        if seat.life is not None and isinstance(seat.life.actor, Prober):
            self.floods.saw(seat.node.name, seat.life.actor.pool)

    def _members(self, node: str) -> MemberTable | None:
        prober = self.world.actor(at("prober", node))
        return prober.members if isinstance(prober, Prober) else None

    def _on_disk(self, node: str, index: int) -> int | None:
        """What a power cut at this moment would leave at ``index`` of the node's log: its term."""
        disk = deepcopy(self.world.machines[node].disk)
        disk.crash(Random(0), torn=False)
        stable = Stable()
        for record in Journal.open(disk).recovered("server"):
            stable.recover(record)
        if index < stable.log.offset:
            return self.raft.committed_term(index)  # a snapshot stands for it
        return stable.log.term_at(index)


def _owned(agent: Agent) -> dict[str, str]:
    services = {f"service {i}": f"on port {s.record.port}" for i, s in agent.local.services.items()}
    return services | {f"check {i}": c.record.status for i, c in agent.local.checks.items()}


def _held(catalog: CatalogTables, node: str) -> dict[str, str]:
    """All that the catalog has of a node but what the leader itself writes there."""
    services = {f"service {i}": f"on port {s.port}" for i, s in catalog.services.get(node, {}).items() if i != "consul"}
    checks = catalog.checks.get(node, {})
    return services | {f"check {i}": c.status for i, c in checks.items() if c.check_id != SERF_HEALTH}


def _raft(server: Server | None) -> dict[str, object]:
    if server is None:
        return {}
    raft = server.raft
    votes = "yes" if raft.me in raft.configuration else "no"
    return {"role": raft.role.value, "term": raft.term, "committed": raft.commit_index, "votes": votes}
