"""Access control at an agent: how it is set up, and what it is asked."""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import Message, Record
from lictor_messages.secret import Secret

DownPolicy = Literal["extend-cache", "async-cache", "deny", "allow"]


class AgentAcl(Record):
    """The part of an agent's options that is about tokens."""

    acl: bool = False
    """Whether tokens are asked for; the options below say how."""
    acl_default_policy: Literal["allow", "deny"] = "allow"
    """What holds where no rule speaks."""
    acl_down_policy: DownPolicy = "extend-cache"
    """What a token may do here that no server can be asked about: what was known of it last, nothing, or everything.

    With ``async-cache`` no request waits for a server that is asked again: what was known last holds until it answers.
    """
    acl_token_ttl_ns: int = 30_000_000_000
    """How long a server's word of a token is believed: the least of this and the two below, as it is of all three."""
    acl_policy_ttl_ns: int = 30_000_000_000
    """The same of its policies."""
    acl_role_ttl_ns: int = 30_000_000_000
    """The same of its roles."""
    acl_keeps_tokens: bool = False
    """Whether tokens that are set over HTTP are there after a restart."""
    acl_agent_token: Secret = ""
    """By which the agent writes what it has to the catalog."""
    acl_default_token: Secret = ""
    """Of requests that show none, and of the agent where it has none of its own."""
    acl_recovery_token: Secret = ""
    """Which may do everything with this agent, also while no server can be reached."""
    acl_dns_token: Secret = ""
    """By which DNS is answered."""
    acl_registration_token: Secret = ""
    """By which services and checks of the configuration are written that name none of their own."""
    acl_replication_token: Secret = ""
    """By which a server of another datacenter than the primary reads what it replicates."""


class SetAgentToken(Message):
    """/v1/agent/token/:kind: what this agent shows from now on; answered by Accepted, or Refused."""

    name: str
    token: Secret = ""


class MayUseAgent(Message):
    """From the gateway: may the asker of this envelope do that with this node's agent? Answered by Accepted or Refused.

    It is asked before what no server and no agent answers, such as the log, and before an archive is unpacked.
    """

    resource: Literal["acl", "agent", "operator"]
    level: Literal["read", "write"]
