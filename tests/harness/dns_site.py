"""A cluster in the world whose nodes have DNS actors, and a client that speaks dnspython's DNS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dns.message

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.roles.dns.dns import Dns
from lictor_actors.swarm.bench import Bench
from lictor_messages.answers import Written
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import CheckRecord, NodeRecord, Register, ServiceRecord
from lictor_messages.dns import DnsAnswered, DnsAsked
from lictor_messages.envelope import at

AGENT = "agent-1.dc1"


class DnsSite:
    def __init__(self, seed: int, servers: int = 3, settings: Mapping[str, Any] = FrozenMap()) -> None:
        self.world = World(seed)
        self.bench = Bench(self.world)
        for spec in cluster_specs(seed, servers, 1):
            add_node(self.world, spec.model_copy(update={"dns_port": 8600}).having(settings))
        assert self.world.run_until(lambda: bool(self.bench.leader()) and not self.bench.catalog_wrong(), 20)
        self.world.run(3)
        self.door = self.world.door(AGENT, "dig")
        self.reads: list[str] = []
        """Kinds of what the actor has asked."""
        self.world.listeners.append(self._heard)

    def _heard(self, envelope) -> None:
        if envelope.source == at("dns", AGENT) and envelope.reply_to:
            self.reads.append(envelope.body.kind)

    @property
    def actor(self) -> Dns:
        life = self.world.seat(at("dns", AGENT)).life
        assert life is not None
        assert isinstance(life.actor, Dns)
        return life.actor

    # -- the catalog -------------------------------------------------------------

    def write(self, command, then_s: float = 0.3) -> None:
        """``then_s``: a server that does not lead hears only with the next round what is committed."""

        def written() -> bool:
            return isinstance(self.world.ask(AGENT, "agent", command, 20), Written)

        assert self.world.run_until(written, 20)
        self.world.run(then_s)

    def register(self, name: str, number: int, **of_service: Any) -> None:
        for n in range(1, number + 1):
            self.write(instance(name, n, **of_service))

    def set_check(self, node: str, service: str, status: str, then_s: float = 0.3) -> None:
        check = CheckRecord(node=node, check_id=f"c-{service}", name="c", status=status, service_id=service)
        record = NodeRecord(node=node, address="")
        self.write(Register(node=record, skip_node_update=True, checks=(check,)), then_s)

    # -- questions ---------------------------------------------------------------

    def send(self, packet: bytes, *, tcp: bool = False, source: str = "10.9.9.9", within_s: float = 20.0):
        """The answer as bytes, or what came in its place."""
        answers: list[Any] = []
        self.door.ask("dns", DnsAsked(packets=((packet, source),), tcp=tcp), answers.append, within_s)
        assert self.world.run_until(lambda: bool(answers), within_s + 1)
        answer = answers[0]
        return answer.answers[0][1] if isinstance(answer, DnsAnswered) else answer

    def ask(self, name: str, type_: str = "A", *, tcp: bool = False, **how: Any) -> dns.message.Message:
        """The answer, parsed and checked by dnspython."""
        query = dns.message.make_query(name, type_, **how)
        answer = dns.message.from_wire(self.send(query.to_wire(), tcp=tcp))
        assert query.is_response(answer)
        return answer


def instance(name: str, number: int, **of_service: Any) -> Register:
    """``name-1`` on node ``n1`` at 10.1.0.1, and so on."""
    node = NodeRecord(node=f"n{number}", address=f"10.1.0.{number}")
    service = ServiceRecord(node=node.node, id=f"{name}-{number}", service=name, **{"port": 80, **of_service})
    return Register(node=node, service=service)
