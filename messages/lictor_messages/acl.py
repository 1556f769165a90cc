"""Access control: tokens, the policies and roles that they bear, and what each of them may do (Consul's /v1/acl).

A client's token travels in the envelope, never in a query or a command; only the commands that make tokens hold one.
"""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message, Record
from lictor_messages.json_names import Json
from lictor_messages.secret import Secret


class AclLink(Record):
    """A policy or a role that is borne: named by its id, or in what a client sends by its name."""

    id: Annotated[str, Json("ID")] = ""
    name: Annotated[str, Json("Name")] = ""


class ServiceIdentity(Record):
    """The rights of one service and its sidecar; without datacenters in all of them."""

    service: Annotated[str, Json("ServiceName")]
    datacenters: Annotated[tuple[str, ...], Json("Datacenters", empty="omitted")] = ()


class NodeIdentity(Record):
    """The rights of one node, in its datacenter."""

    node: Annotated[str, Json("NodeName")]
    datacenter: Annotated[str, Json("Datacenter")]


class TemplateVariables(Record):
    """What is filled into a template."""

    name: Annotated[str, Json("name", empty="omitted")] = ""


class TemplatedPolicy(Record):
    """A policy that is made of one of Consul's templates; without datacenters in all of them."""

    template: Annotated[str, Json("TemplateName")]
    variables: Annotated[TemplateVariables, Json("TemplateVariables", empty="omitted")] = TemplateVariables()
    datacenters: Annotated[tuple[str, ...], Json("Datacenters", empty="omitted")] = ()


class AclBearer(Record):
    """What tokens and roles have in common: what their rights come from."""

    description: Annotated[str, Json("Description")] = ""
    policies: Annotated[tuple[AclLink, ...], Json("Policies", empty="omitted")] = ()
    service_identities: Annotated[tuple[ServiceIdentity, ...], Json("ServiceIdentities", empty="omitted")] = ()
    node_identities: Annotated[tuple[NodeIdentity, ...], Json("NodeIdentities", empty="omitted")] = ()
    templated_policies: Annotated[tuple[TemplatedPolicy, ...], Json("TemplatedPolicies", empty="omitted")] = ()


class AclToken(AclBearer):
    """What a client shows to be let in. Times are nanoseconds since 1970."""

    accessor_id: Annotated[str, Json("AccessorID")] = ""
    """Its name, which is no secret."""
    secret_id: Annotated[Secret, Json("SecretID")] = ""
    roles: Annotated[tuple[AclLink, ...], Json("Roles", empty="omitted")] = ()
    local: Annotated[bool, Json("Local")] = False
    """Good in its own datacenter alone."""
    auth_method: Annotated[str, Json("AuthMethod", empty="omitted")] = ""
    """The one that it came of by a login."""
    expiration_ns: Annotated[int, Json("ExpirationTime", "time", empty="omitted")] = 0
    """0: never."""
    create_ns: Annotated[int, Json("CreateTime", "time")] = 0
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class AclPolicy(Record):
    """Rules under a name, as they were written; without datacenters in all of them."""

    id: Annotated[str, Json("ID")] = ""
    name: Annotated[str, Json("Name")] = ""
    description: Annotated[str, Json("Description")] = ""
    rules: Annotated[str, Json("Rules")] = ""
    datacenters: Annotated[tuple[str, ...], Json("Datacenters", empty="omitted")] = ()
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class AclRole(AclBearer):
    """Policies and identities under a name."""

    id: Annotated[str, Json("ID")] = ""
    name: Annotated[str, Json("Name")] = ""
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


# -- writes ---------------------------------------------------------------------


class BootstrapAcls(Command, kind="acl.bootstrap", on=WIRE | STORED):
    """Make the first token, which may do everything. Outcome: Written, or Refused PermissionDenied after the first."""

    token: AclToken


class BootstrapAclsAgain(Command, kind="acl.bootstrap_again", on=STORED):
    """The leader's own, for an operator's file: another first token. Outcome: Written, or Refused."""

    token: AclToken
    index: int
    """Of the bootstrap that it takes the place of."""


class PutAclToken(Command, kind="acl.put_token", on=WIRE | STORED):
    """Make a token, or replace all of an old one but its secret. Outcome: Written, or Refused."""

    token: AclToken
    ttl_ns: int = 0
    """If set, it expires so long after it is made."""
    new: bool = False
    """Whether it must not exist yet; otherwise it must."""


class DeleteAclToken(Command, kind="acl.delete_token", on=WIRE | STORED):
    """Revoke a token. Outcome: Written, or Refused."""

    accessor_id: str


class PutAclPolicy(Command, kind="acl.put_policy", on=WIRE | STORED):
    """Make a policy, or replace one. Outcome: Written, or Refused."""

    policy: AclPolicy
    new: bool = False
    """Whether it must not exist yet; otherwise it must."""


class DeleteAclPolicy(Command, kind="acl.delete_policy", on=WIRE | STORED):
    """Forget a policy: tokens and roles bear it no more. Outcome: Written, or Refused."""

    id: str


class PutAclRole(Command, kind="acl.put_role", on=WIRE | STORED):
    """Make a role, or replace one. Outcome: Written, or Refused."""

    role: AclRole
    new: bool = False
    """Whether it must not exist yet; otherwise it must."""


class DeleteAclRole(Command, kind="acl.delete_role", on=WIRE | STORED):
    """Forget a role: tokens bear it no more. Outcome: Written, or Refused."""

    id: str


class ReapAclTokens(Command, kind="acl.reap_tokens", on=STORED):
    """The leader's own: forget the tokens that have expired by the log's clock. Outcome: Written."""


# -- reads ----------------------------------------------------------------------


class GetAclToken(Query, kind="acl.get_token", on=WIRE):
    """One token; answered by AclTokens (none or one)."""

    accessor_id: str
    expanded_in: str = ""
    """A datacenter: with the policies and roles that the token's rights there come from; "" for without."""


class GetOwnAclToken(Query, kind="acl.get_own_token", on=WIRE):
    """The token with which this is asked, which needs no rights; answered by AclTokens."""

    expanded_in: str = ""
    """As in GetAclToken."""


class ListAclTokens(Query, kind="acl.list_tokens", on=WIRE):
    """Every token, or those that bear a policy, a role or the identity of a service; answered by AclTokens."""

    policy: str = ""
    role: str = ""
    service: str = ""
    auth_method: str = ""
    """Or those that came of it."""


class GetAclPolicy(Query, kind="acl.get_policy", on=WIRE):
    """One policy by its id, or by its name; answered by AclPolicies (none or one)."""

    id: str = ""
    name: str = ""


class ListAclPolicies(Query, kind="acl.list_policies", on=WIRE):
    """Every policy; answered by AclPolicies."""


class GetAclRole(Query, kind="acl.get_role", on=WIRE):
    """One role by its id, or by its name; answered by AclRoles (none or one)."""

    id: str = ""
    name: str = ""


class ListAclRoles(Query, kind="acl.list_roles", on=WIRE):
    """Every role, or those that bear a policy; answered by AclRoles."""

    policy: str = ""


class AclTokens(Answer, kind="acl.tokens", on=WIRE):
    """Tokens in the order of their accessors."""

    tokens: tuple[AclToken, ...]
    policies: tuple[AclPolicy, ...] = ()
    """Of a token that was asked for expanded: all that its rights come from, those of its roles and identities too."""
    roles: tuple[AclRole, ...] = ()
    """Of the same: those that it bears."""


class AclPolicies(Answer, kind="acl.policies", on=WIRE):
    """Policies in the order of their ids."""

    policies: tuple[AclPolicy, ...]


class AclRoles(Answer, kind="acl.roles", on=WIRE):
    """Roles in the order of their ids."""

    roles: tuple[AclRole, ...]


# -- whose rights ---------------------------------------------------------------


class Grants(Record):
    """What a token may do, put together from all that it bears, in an order that every server agrees on."""

    rules: tuple[str, ...] = ()
    """Texts of policies."""
    identities: tuple[tuple[str, str], ...] = ()
    """Templates of policies, each with the name that is filled in."""


class ResolveAclToken(Query, kind="acl.resolve_token", on=WIRE):
    """From an agent: what may be done with the token of this envelope? Answered by AclResolved, or Refused."""


class AclResolved(Answer, kind="acl.resolved", on=WIRE):
    """Whose token it is, and its rights."""

    accessor_id: str
    grants: Grants
    expiration_ns: int = 0
    """By the log's clock; 0: never."""


class TakeBootstrapReset(Message):
    """The leader's job: take the operator's file, if it names this bootstrap; answered by BootstrapResetTaken."""

    ticket: str
    index: int


class BootstrapResetTaken(Message):
    """What the file said."""

    ticket: str
    index: int = 0
    """0: there is no file, or none that says a number."""


class ReapTokensDue(Message):
    """The leader's timer: look for tokens that have expired."""
