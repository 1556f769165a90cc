"""A cluster of real nodes in the world, with few log entries between snapshots, and what tests of servers ask of it."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.bus.rules import Rules
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.node.spec import NodeSpec
from lictor_actors.raft import Role
from lictor_actors.roles.server.server import Server
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.faults import FaultRule
from lictor_messages.kv import PutKey
from lictor_messages.refusals import Refused


class Servers:
    """Servers ``server-1.dc1`` … and an agent, settled; a snapshot every 100 entries, 20 of them kept."""

    def __init__(
        self, servers: int = 3, agents: int = 1, seed: int = 7, check_every: int = 1, **options: object
    ) -> None:
        self.world = World(seed=seed, check_every=check_every)
        self.options = {"snapshot_threshold": 100, "trailing_logs": 20, **options}
        self.specs = [self._with_options(spec) for spec in cluster_specs(seed, servers, agents)]
        for spec in self.specs:
            add_node(self.world, spec)
        assert self.world.run_until(self.settled, 30), "the cluster did not settle"

    def _with_options(self, spec: NodeSpec) -> NodeSpec:
        return spec.having({f"server.{name}": value for name, value in self.options.items()})

    # -- what there is ----------------------------------------------------------------------------------------------

    @property
    def nodes(self) -> list[str]:
        """Server nodes, running or not."""
        return [spec.node for spec in self.specs if spec.server]

    def up(self) -> list[str]:
        return [node for node in self.nodes if isinstance(self.world.actor(at("server", node)), Server)]

    def server(self, node: str) -> Server:
        actor = self.world.actor(at("server", node))
        assert isinstance(actor, Server), f"{node} has no server"
        return actor

    def leader(self) -> str:
        leading = [node for node in self.up() if self.server(node).raft.role is Role.LEADER]
        return max(leading, key=lambda node: self.server(node).raft.term, default="")

    def followers(self) -> list[str]:
        return [node for node in self.up() if node != self.leader()]

    def voters(self) -> list[str]:
        return sorted(self.server(self.leader()).raft.configuration) if self.leader() else []

    def settled(self) -> bool:
        return bool(self.leader()) and all(self.server(n).passing_nodes == len(self.specs) for n in self.up())

    def same(self) -> bool:
        """Every server that is up has the same state."""
        return len({self.server(node).store.digest() for node in self.up()}) == 1

    # -- what is done -----------------------------------------------------------------------------------------------

    def until(self, true: Callable[[], object], within_s: float = 60) -> None:
        assert self.world.run_until(lambda: bool(true()), within_s), "it did not happen in time"

    def ask(self, node: str, message: Message, within_s: float = 10) -> Message:
        return self.world.ask(node, at("server", node), message, within_s)

    def put(self, key: str, value: str, within_s: float = 30) -> None:
        """Write through the leader, however often it takes."""
        end = self.world.time + round(within_s * 1e9)
        while self.world.time < end:
            leader = self.leader()
            if leader and not isinstance(self.ask(leader, PutKey(key=key, value=value.encode())), Refused):
                return
            self.world.run(0.05)
        raise AssertionError(f"{key} was not written")

    def write(self, count: int, prefix: str = "k", keys: int = 1_000_000) -> None:
        """So many writes, ten at a time, to so many keys."""
        for first in range(0, count, 10):
            leader, answers = self.leader(), list[Message]()
            for number in range(first, min(first + 10, count)):
                door = self.world.door(leader, f"writer{number}")
                door.ask(
                    at("server", leader),
                    PutKey(key=f"{prefix}{number % keys:05}", value=b"%d" % number),
                    answers.append,
                    10,
                )
            self.until(lambda answers=answers: len(answers) == 10)

    def add(self, name: str, address: str, **options: object) -> str:
        """One more server, which nobody waits for."""
        spec = self.specs[0].model_copy(
            update={
                "name": name,
                "id": f"00000000-0000-0000-0000-{address.replace('.', ''):0>12}",
                "address": address,
                "bootstrap_expect": 0,
                **options,
            }
        )
        self.specs.append(spec)
        add_node(self.world, spec)
        return spec.node

    def isolate(self, *nodes: str) -> None:
        others = tuple(spec.node for spec in self.specs if spec.node not in nodes)
        self.world.network.rules = Rules((FaultRule(id="1", groups=(nodes, others), effect="drop"),))

    def heal(self) -> None:
        self.world.network.rules = Rules(())
