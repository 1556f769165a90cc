"""Programs that find a service by DNS again and again, and in the end by every node."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world import World
from lictor_actors.judges.resolution import ResolutionJudge
from lictor_actors.node.spec import NodeSpec
from lictor_actors.roles.dns.recursion import addresses_in, plain_question
from lictor_actors.roles.dns.wire.names import from_text
from lictor_actors.roles.dns.wire.question import NOERROR, NXDOMAIN, A
from lictor_actors.roles.dns.wire.records import packed
from lictor_actors.roles.server.server import Server
from lictor_actors.store.families.catalog.tables import CHECKS, NODES, SERVICES, CatalogTables, fold
from lictor_actors.swarm.bench import Bench
from lictor_messages.base import Message
from lictor_messages.dns import DnsAnswered, DnsAsked

SERVICE = "web"
"""What owners register."""
QUESTION = plain_question(from_text(f"{SERVICE}.service.consul"), A)
PORT = 8600
EVERY_S = (0.02, 0.5)
PATIENCE_S = 9.0
LATE_NS = 12_000_000_000
"""Of an answer under faults: a first read may be held for seven seconds, and what came of it stands for three."""


def with_dns(spec: NodeSpec) -> NodeSpec:
    """The same node, answering DNS."""
    return spec.model_copy(update={"dns_port": PORT})


class Resolvers:
    """One at each node."""

    def __init__(self, world: World, nodes: list[str], rng: Random) -> None:
        self.judge = ResolutionJudge(LATE_NS)
        self._world = world
        self._rng = rng
        self._doors = {node: world.door(node, "resolver") for node in nodes}
        self._versions: dict[str, tuple[int, int]] = {}
        """Server → its life, and the index of the service there."""
        self._going = True
        world.watchers["server"].append(self._saw)
        for node in nodes:
            self._again(node)

    def ask_all(self, bench: Bench, broken: Callable[[str], None]) -> None:
        """The end: each node is asked once more, and has to say what the catalog holds."""
        self._going = False
        said: dict[str, frozenset[bytes]] = {}
        for node in self._doors:
            if self._world.machines[node].running:
                said[node] = frozenset()
                self._ask(node, partial(said.__setitem__, node))
        self._world.run(PATIENCE_S)
        expected = healthy(bench.servers()[bench.leader()].store.catalog)
        for node, found in said.items():
            if found != expected:
                broken(f"DNS is wrong: {node} answers {found}, not {expected}")

    def _again(self, node: str) -> None:
        self._world.at(self._rng.uniform(*EVERY_S), partial(self._ask_and_go_on, node))

    def _ask_and_go_on(self, node: str) -> None:
        if self._going:
            self._ask(node, lambda _: None)
            self._again(node)

    def _ask(self, node: str, then: Callable[[frozenset[bytes]], None]) -> None:
        packet = self._rng.randbytes(2) + QUESTION[2:]
        asked = DnsAsked(packets=((packet, "127.0.0.1"),), tcp=True)  # by TCP all instances are named
        self._doors[node].ask("dns", asked, partial(self._told, node, then), PATIENCE_S)

    def _told(self, node: str, then: Callable[[frozenset[bytes]], None], answer: Message) -> None:
        packet = answer.answers[0][1] if isinstance(answer, DnsAnswered) else b""
        if not packet or packet[3] & 0xF not in (NOERROR, NXDOMAIN):
            self._world.count("resolver_failed")
            return
        found = frozenset(record.data for record in addresses_in(packet))
        self._world.count("resolver_told" if found else "resolver_told_nothing")
        self.judge.answered(f"the resolver of {node}", found, self._world.time)
        then(found)

    # -- what the servers hold -------------------------------------------------------------------

    def _saw(self, seat: Seat) -> None:
        if seat.life is not None and isinstance(seat.life.actor, Server):
            catalog, now = seat.life.actor.store.catalog, self._world.time
            version = (seat.life.number, catalog.indexes.service(SERVICE, NODES, SERVICES, CHECKS))
            if self._versions.get(seat.node.name) != version:
                self._versions[seat.node.name] = version
                self.judge.saw(seat.node.name, healthy(catalog), now)
        for node, machine in self._world.machines.items():
            if not machine.running:
                self._versions.pop(node, None)
                self.judge.gone(node, self._world.time)


def healthy(catalog: CatalogTables) -> frozenset[bytes]:
    """Addresses of the instances without a critical check."""
    return frozenset(
        packed(instance.address or catalog.nodes[fold(instance.node)].address)
        for instance in catalog.instances_of(SERVICE)
        if all(check.status != "critical" for check in catalog.checks_of(fold(instance.node), fold(instance.id)))
    )
