"""Replication of access control from the primary datacenter, which a secondary's leader pulls (Consul's page on it).

leader > agent > … > leader of the primary     ReadGlobalAcls, by the agent's replication token
leader > log                                   ReplicateAcls
"""

from __future__ import annotations

from lictor_messages.acl import AclPolicy, AclRole, AclToken
from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message


class ReadGlobalAcls(Query, kind="acl_replication.read_global", on=WIRE):
    """All that holds in every datacenter, as it is at one moment; answered by GlobalAcls."""

    tokens: bool = False
    """Whether tokens are asked for, too."""


class GlobalAcls(Answer, kind="acl_replication.global", on=WIRE):
    """Policies, roles and tokens that are not local; what they bear is named by ids. Builtin ones are among them."""

    policies: tuple[AclPolicy, ...] = ()
    roles: tuple[AclRole, ...] = ()
    tokens: tuple[AclToken, ...] = ()


class ReplicateAcls(Command, kind="acl_replication.take", on=STORED):
    """The leader's own: keep these as the primary has them, and forget those that it has no more. Outcome: Written."""

    policies: tuple[AclPolicy, ...] = ()
    roles: tuple[AclRole, ...] = ()
    tokens: tuple[AclToken, ...] = ()
    gone_policies: tuple[str, ...] = ()
    """By id, as roles; tokens by accessor."""
    gone_roles: tuple[str, ...] = ()
    gone_tokens: tuple[str, ...] = ()


class GetAclReplication(Query, kind="acl_replication.get_status", on=WIRE):
    """How far this is; answered by AclReplication, by the leader only."""


class AclReplication(Answer, kind="acl_replication.status", on=WIRE):
    """Times are nanoseconds since 1970, 0 for never; all is empty where nothing is replicated."""

    enabled: bool = False
    source: str = ""
    """The primary datacenter."""
    tokens: bool = False
    """Whether tokens are replicated beside policies and roles."""
    replicated: int = 0
    """Index of the primary up to which all of it is here."""
    success_ns: int = 0
    error_ns: int = 0
    error: str = ""
    """Why the last round that failed did so."""


class ReplicateDue(Message):
    """The leader's timer: the next round is due, or the answer to the last is."""
