"""Operators who write policies, roles and tokens in every datacenter, and a judge of what replication makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.door import Door
from lictor_actors.judges.replicas import ReplicasJudge, Row
from lictor_actors.node.spec import NodeSpec
from lictor_actors.store.store import Store
from lictor_messages import acl
from lictor_messages.answers import Written
from lictor_messages.base import Message

ROOT = "11111111-2222-4333-8444-555555555555"
"""Secret of the token that may do everything."""
EVERY_S = 0.2
PATIENCE_S = 10.0
NUMBERS = range(1, 4)
TABLES = ("acl-tokens", "acl-policies", "acl-roles")


def with_acl(spec: NodeSpec, primary: str) -> NodeSpec:
    """The node with access control that comes from the ``primary`` datacenter; where no rule speaks all may do all."""
    given: dict[str, object] = {f"{role}.acl": True for role in ("server", "agent", "gateway")}
    given |= {"server.primary_dc": primary, "gateway.primary_dc": primary}
    if spec.dc == primary:
        given["server.acl_initial_management"] = ROOT
    else:
        given |= {"server.acl_replicates_tokens": True, "agent.acl_replication_token": ROOT}
    return spec.having(given)


def row_id(number: int) -> str:
    """Of policies, roles and tokens alike."""
    return f"aaaaaaaa-2222-4333-8444-{number:012}"


def rows_of(store: Store) -> list[Row]:
    """All that is replicated, and local tokens."""
    return [*store.acl.policies.values(), *store.acl.roles.values(), *store.acl.tokens.values()]


class AclWriters:
    """Until ``stop``. Each datacenter has a local token of its own, the first one, which is the primary, too."""

    def __init__(self, world: World, specs: Sequence[NodeSpec], rng: Random, broken: Callable[[str], None]) -> None:
        self.judge = ReplicasJudge()
        self._world = world
        self._nodes = [spec.node for spec in specs]
        self._primary = specs[0].dc
        self._rng = rng
        self._broken = broken
        self._doors: dict[str, Door] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        """Server → its life, and the index of its tables."""
        self._newest = 0
        """Index of the primary's state that is its latest."""
        dcs = dict.fromkeys(spec.dc for spec in specs)
        self._local = {dc: row_id(900 + number) for number, dc in enumerate(dcs)}
        self._kept: set[str] = set()
        """Datacenters whose local token is there."""
        self._going = True

    def begin(self) -> None:
        """Make the local tokens, and set out."""
        for dc in self._local:
            self._insist(dc)
        self._again()

    def stop(self) -> None:
        """Nothing is written any more."""
        self._going = False

    # -- what is written ----------------------------------------------------------

    def _again(self) -> None:
        if self._going:
            node = self._rng.choice(self._nodes)
            self._ask(node, self._drawn(), lambda answer: self._world.count(f"acl_writer_{answer.kind}"))
            self._world.at(self._rng.expovariate(1 / EVERY_S), self._again)

    def _drawn(self) -> Message:
        rng = self._rng
        number, name, new = rng.choice(NUMBERS), rng.choice("uvwxyz"), rng.random() < 0.5
        links = (acl.AclLink(id=row_id(rng.choice(NUMBERS))),)
        match rng.randrange(6):
            case 0 | 1:
                rules = f'key "{rng.choice("ab")}" {{ policy = "read" }}'
                return acl.PutAclPolicy(policy=acl.AclPolicy(id=row_id(number), name=name, rules=rules), new=new)
            case 2:
                role = acl.AclRole(id=row_id(100 + number), name=name, policies=links, description=name)
                return acl.PutAclRole(role=role, new=new)
            case 3:
                secret = row_id(1200 + number) if new else ""
                token = acl.AclToken(
                    accessor_id=row_id(200 + number), secret_id=secret, policies=links, description=name
                )
                return acl.PutAclToken(token=token, new=new)
            case 4:
                return acl.DeleteAclPolicy(id=row_id(number))
            case _:
                return acl.DeleteAclToken(accessor_id=row_id(200 + number))

    def _insist(self, dc: str) -> None:
        """Until the local token of this datacenter is there."""
        accessor = self._local[dc]
        token = acl.AclToken(accessor_id=accessor, secret_id=accessor.replace("a", "b"), local=True)
        node = self._rng.choice([node for node in self._nodes if node.endswith(f".{dc}")])
        self._ask(node, acl.PutAclToken(token=token, new=True), partial(self._made, dc))

    def _made(self, dc: str, answer: Message) -> None:
        if isinstance(answer, Written):
            self._kept.add(dc)
        elif self._going:
            self._world.at(1.0, partial(self._insist, dc))

    def _ask(self, node: str, message: Message, then: Callable[[Message], None]) -> None:
        door = self._doors.get(node) or self._doors.setdefault(node, self._world.door(node, "acl writer"))
        door.ask("agent", message, then, PATIENCE_S, token=ROOT)

    # -- what is there --------------------------------------------------------------

    def saw(self, node: str, life: int, store: Store) -> None:
        """A server's store after a turn."""
        index = store.acl.indexes.table(*TABLES)
        if self._seen.get(node) == (life, index):
            return
        self._seen[node] = (life, index)
        dc = node.rpartition(".")[2]
        if dc != self._primary:
            self.judge.replica_has(node, rows_of(store), [self._local[dc]])
        elif index >= self._newest:
            self._newest = index
            self.judge.primary_has(rows_of(store))
        for fault in self.judge.faults[:1]:
            self._broken(f"not as in the primary: {fault}")
        self.judge.faults.clear()

    def behind(self, stores: Mapping[str, Store]) -> list[str]:
        """The end: what servers of other datacenters have that is not as in the primary."""
        for node, store in stores.items():
            dc = node.rpartition(".")[2]
            if dc != self._primary:
                self.judge.settled(node, rows_of(store), [self._local[dc]] if dc in self._kept else [])
        faults = list(self.judge.faults)
        self.judge.faults.clear()
        return faults
