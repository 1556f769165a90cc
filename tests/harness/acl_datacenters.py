"""A world of two datacenters with access control: dc1 is the primary, dc2 replicates from it."""

from __future__ import annotations

from typing import Any

from acl_cluster import ROOT, uuid

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.store.store import Store
from lictor_messages import acl
from lictor_messages.acl_replication import AclReplication, GetAclReplication
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAsked

SECONDARY = ("server-1.dc2", "server-2.dc2", "server-3.dc2")


class Datacenters:
    """One server in dc1, three and an agent in dc2; settings are ``role__option``, of dc2's nodes."""

    def __init__(self, seed: int = 3, *, tokens: bool = True, replication: str = ROOT, **settings: Any) -> None:
        self.world = World(seed=seed)
        roles = ("server", "agent", "gateway")
        given: dict[str, Any] = {f"{role}.acl": True for role in roles}
        given |= {f"{role}.acl_default_policy": "deny" for role in roles}
        given |= {"server.primary_dc": "dc1", "gateway.primary_dc": "dc1"}
        first = {**given, "server.acl_initial_management": ROOT}
        second = {**given, "server.acl_replicates_tokens": tokens, "agent.acl_replication_token": replication}
        second |= {key.replace("__", "."): value for key, value in settings.items()}
        for spec in cluster_specs(seed, 3, 1, datacenters=2):
            if spec.dc == "dc2":
                add_node(self.world, spec.having(second))
            elif spec.name == "server-1":
                add_node(self.world, spec.having(first).model_copy(update={"bootstrap_expect": 1}))

    def ask(self, node: str, message: Message, token: str = ROOT, within_s: float = 10.0) -> Message:
        return self.world.ask(node, "agent", message, token=token, within_s=within_s)

    def done(self, node: str, message: Message, token: str = ROOT) -> Message:
        answer = self.ask(node, message, token)
        assert not isinstance(answer, Refused), answer
        return answer

    def http(self, node: str, method: str, target: str, body: bytes = b"", token: str = ROOT) -> Any:
        headers = (("x-consul-token", token),)
        asked = HttpAsked(method=method, target=target, headers=headers, body=body)
        return self.world.ask(node, "gateway", asked, within_s=60.0)

    def store(self, node: str) -> Store:
        return self.world.actor(f"server@{node}").store

    def leader(self) -> Any:
        """The server that leads dc2, None if there is none."""
        servers = (self.world.actor(f"server@{node}") for node in SECONDARY)
        return next((server for server in servers if server is not None and server.leading is not None), None)

    def status(self) -> AclReplication:
        """Of the leader of dc2."""
        leader = self.leader()
        return AclReplication() if leader is None else leader.leading.replication.status(1)

    def asked_status(self, node: str = "agent-1.dc2") -> Message:
        return self.ask(node, GetAclReplication())

    def policy(self, number: int, rules: str, name: str = "") -> acl.PutAclPolicy:
        policy = acl.AclPolicy(id=uuid(number), name=name or f"p{number}", rules=rules)
        return acl.PutAclPolicy(policy=policy, new=True)

    def token(self, number: int, *policies: int, local: bool = False) -> acl.PutAclToken:
        """With the secret ``uuid(1000 + number)``."""
        links = tuple(acl.AclLink(id=uuid(policy)) for policy in policies)
        token = acl.AclToken(accessor_id=uuid(number), secret_id=uuid(1000 + number), policies=links, local=local)
        return acl.PutAclToken(token=token, new=True)

    def run_until(self, true: Any, within_s: float = 60.0) -> bool:
        return self.world.run_until(true, within_s)


def bare(rows: Any, *, local: bool = True) -> dict[str, Any]:
    """Rows by their ids, without the indexes, which are each datacenter's own; ``local``: with local tokens."""
    plain = {key: row.model_copy(update={"create_index": 0, "modify_index": 0}) for key, row in rows.items()}
    return {key: row for key, row in plain.items() if local or not getattr(row, "local", False)}


def alike(one: Store, other: Store) -> bool:
    """Whether both hold the same policies, roles and global tokens."""
    return all(
        bare(getattr(one.acl, table), local=False) == bare(getattr(other.acl, table), local=False)
        for table in ("policies", "roles", "tokens")
    )
