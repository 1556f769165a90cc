"""A world with access control, in which anything may be asked with any token."""

from __future__ import annotations

from typing import Any

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_messages import acl
from lictor_messages.agent import RegisterService
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAsked

ROOT = "11111111-2222-4333-8444-555555555555"
AGENT = "agent-1.dc1"


def uuid(number: int) -> str:
    return f"aaaaaaaa-2222-4333-8444-{number:012}"


class Cluster:
    """A world with ACLs, in which anything may be asked with any token."""

    def __init__(
        self,
        default: str = "deny",
        servers: int = 1,
        initial: str = ROOT,
        services: tuple[RegisterService, ...] = (),
        dns_port: int = -1,
        **settings: Any,
    ) -> None:
        """``initial``: the secret of the first token, or none. ``services``: what the agent's configuration defines.
        ``dns_port``: of the agent, -1 for none.

        Settings are ``role__option``.
        """
        self.world = World(seed=7)
        roles = ("server", "agent", "gateway")
        given = {f"{role}.acl": True for role in roles} | {f"{role}.acl_default_policy": default for role in roles}
        given |= {"server.acl_initial_management": initial, **{k.replace("__", "."): v for k, v in settings.items()}}
        for spec in cluster_specs(7, servers, 1):
            mine = {} if spec.server else {"services": services, "dns_port": dns_port}
            add_node(self.world, spec.having(given).model_copy(update=mine))
        assert self.world.run_until(self._stands, 20)
        self.made = self.watchers = 0
        """How many tokens; ``uuid(made)`` is the last one's and its policy's, whose name is ``pMADE``."""

    def _stands(self) -> bool:
        answer = self.ask(acl.ListAclTokens(), ROOT)
        return isinstance(answer, acl.AclTokens) or (isinstance(answer, Refused) and "bootstrapped" in answer.words)

    def ask(self, message: Message, token: str = "") -> Message:
        return self.world.ask(AGENT, "agent", message, token=token)

    def http(self, method: str, target: str, token: str = "", body: bytes = b"") -> Any:
        headers = (("x-consul-token", token),) if token else ()
        return self.world.ask(AGENT, "gateway", HttpAsked(method=method, target=target, headers=headers, body=body))

    def done(self, message: Message, token: str = ROOT) -> Message:
        answer = self.ask(message, token)
        assert not isinstance(answer, Refused), answer
        return answer

    def token(self, rules: str, ttl_ns: int = 0) -> str:
        """The secret of a new token with these rules."""
        self.made += 1
        ids, secret = uuid(self.made), uuid(1000 + self.made)
        policy = acl.AclPolicy(id=ids, name=f"p{self.made}", rules=rules)
        self.done(acl.PutAclPolicy(policy=policy, new=True))
        token = acl.AclToken(accessor_id=ids, secret_id=secret, policies=(acl.AclLink(id=ids),))
        self.done(acl.PutAclToken(token=token, ttl_ns=ttl_ns, new=True))
        return secret
