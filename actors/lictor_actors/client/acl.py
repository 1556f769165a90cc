"""Access control as clients see it: tokens, policies and roles, Consul's /v1/acl.

What is made is returned as it is kept; over the bus as it was sent, without times and indexes, which a read tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from lictor_actors.client.auth_methods import AuthMethodApi
from lictor_actors.client.both import Ask, M, both
from lictor_actors.client.durations import Duration, nanoseconds
from lictor_actors.client.questions import ask, ok, read
from lictor_actors.client.results import ReadOptions, Rows, completed, query_fields
from lictor_messages.acl import (
    AclLink,
    AclPolicies,
    AclPolicy,
    AclRole,
    AclRoles,
    AclToken,
    AclTokens,
    BootstrapAcls,
    DeleteAclPolicy,
    DeleteAclRole,
    DeleteAclToken,
    GetAclPolicy,
    GetAclRole,
    GetAclToken,
    GetOwnAclToken,
    ListAclPolicies,
    ListAclRoles,
    ListAclTokens,
    PutAclPolicy,
    PutAclRole,
    PutAclToken,
)
from lictor_messages.answers import Written


class AclApi(AuthMethodApi[M]):
    """Tokens, the policies and roles that they bear, and logins."""

    @both
    def bootstrap(self, secret: str = "", *, timeout: Duration | None = None) -> Ask[AclToken]:
        """Make the first token, which may do everything; a secret that is not given is drawn."""
        token = self._new(AclToken(secret_id=secret, description="Bootstrap Token (Global Management)"))
        return ask(BootstrapAcls(token=token), Written, lambda a: completed(a, token), timeout)

    def _new(self, token: AclToken) -> AclToken:
        ids = {"accessor_id": token.accessor_id or self.new_id(), "secret_id": token.secret_id or self.new_id()}
        return token.model_copy(update=ids)

    # -- tokens --------------------------------------------------------------------

    @both
    def tokens(
        self,
        *,
        policy: str = "",
        role: str = "",
        service: str = "",
        auth_method: str = "",
        **options: Unpack[ReadOptions],
    ) -> Ask[Rows[AclToken]]:
        """Every token, or those that bear a policy or a role (ids), a service's identity, or came of an auth method."""
        query = ListAclTokens(
            policy=policy, role=role, service=service, auth_method=auth_method, **query_fields(options)
        )
        return read(query, AclTokens, lambda a: Rows.of(a, a.tokens), options)

    @both
    def token(self, accessor_id: str, **options: Unpack[ReadOptions]) -> Ask[AclToken | None]:
        """One token, None if there is none of this accessor."""
        return read(GetAclToken(accessor_id=accessor_id, **query_fields(options)), AclTokens, _token, options)

    @both
    def token_self(self, **options: Unpack[ReadOptions]) -> Ask[AclToken | None]:
        """The token of this client."""
        return read(GetOwnAclToken(**query_fields(options)), AclTokens, _token, options)

    @both
    def create_token(
        self,
        description: str = "",
        *,
        policies: Sequence[str] = (),
        roles: Sequence[str] = (),
        local: bool = False,
        expires: Duration | None = None,
        token: AclToken | None = None,
        timeout: Duration | None = None,
    ) -> Ask[AclToken]:
        """Make a token that bears these policies and roles, by name; ``token`` gives what else there is, also ids."""
        base = token or AclToken()
        made = self._new(
            base.model_copy(
                update={
                    "description": description or base.description,
                    "policies": (*base.policies, *(AclLink(name=name) for name in policies)),
                    "roles": (*base.roles, *(AclLink(name=name) for name in roles)),
                    "local": local or base.local,
                }
            )
        )
        ttl_ns = nanoseconds(expires, "expires") if expires else 0
        return ask(PutAclToken(token=made, ttl_ns=ttl_ns, new=True), Written, lambda a: completed(a, made), timeout)

    @both
    def update_token(self, token: AclToken, *, timeout: Duration | None = None) -> Ask[AclToken]:
        """Replace all of a token but its secret: ``token.model_copy(update={…})`` of one that was read."""
        return ask(PutAclToken(token=token), Written, lambda a: completed(a, token), timeout)

    @both
    def delete_token(self, accessor_id: str, *, timeout: Duration | None = None) -> Ask[bool]:
        """Revoke a token."""
        return ask(DeleteAclToken(accessor_id=accessor_id), Written, ok, timeout)

    # -- policies ------------------------------------------------------------------

    @both
    def policies(self, **options: Unpack[ReadOptions]) -> Ask[Rows[AclPolicy]]:
        """Every policy; over HTTP without its rules."""
        return read(ListAclPolicies(**query_fields(options)), AclPolicies, lambda a: Rows.of(a, a.policies), options)

    @both
    def policy(self, id: str = "", *, name: str = "", **options: Unpack[ReadOptions]) -> Ask[AclPolicy | None]:
        """One policy by its id or its name, None if there is none."""
        query = GetAclPolicy(id=id, name=name, **query_fields(options))
        return read(query, AclPolicies, lambda a: a.policies[0] if a.policies else None, options)

    @both
    def create_policy(
        self,
        name: str,
        rules: str = "",
        *,
        description: str = "",
        datacenters: Sequence[str] = (),
        timeout: Duration | None = None,
    ) -> Ask[AclPolicy]:
        """Make a policy of rules in HCL or JSON; without datacenters it holds in all."""
        made = AclPolicy(
            id=self.new_id(), name=name, rules=rules, description=description, datacenters=tuple(datacenters)
        )
        return ask(PutAclPolicy(policy=made, new=True), Written, lambda a: completed(a, made), timeout)

    @both
    def update_policy(self, policy: AclPolicy, *, timeout: Duration | None = None) -> Ask[AclPolicy]:
        """Replace a policy: ``policy.model_copy(update={…})`` of one that was read."""
        return ask(PutAclPolicy(policy=policy), Written, lambda a: completed(a, policy), timeout)

    @both
    def delete_policy(self, id: str, *, timeout: Duration | None = None) -> Ask[bool]:
        """Forget a policy: tokens and roles bear it no more."""
        return ask(DeleteAclPolicy(id=id), Written, ok, timeout)

    # -- roles ---------------------------------------------------------------------

    @both
    def roles(self, *, policy: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[AclRole]]:
        """Every role, or those that bear a policy (its id)."""
        query = ListAclRoles(policy=policy, **query_fields(options))
        return read(query, AclRoles, lambda a: Rows.of(a, a.roles), options)

    @both
    def role(self, id: str = "", *, name: str = "", **options: Unpack[ReadOptions]) -> Ask[AclRole | None]:
        """One role by its id or its name, None if there is none."""
        query = GetAclRole(id=id, name=name, **query_fields(options))
        return read(query, AclRoles, lambda a: a.roles[0] if a.roles else None, options)

    @both
    def create_role(
        self, name: str, *, policies: Sequence[str] = (), description: str = "", timeout: Duration | None = None
    ) -> Ask[AclRole]:
        """Make a role that bears these policies, by name."""
        links = tuple(AclLink(name=policy) for policy in policies)
        made = AclRole(id=self.new_id(), name=name, description=description, policies=links)
        return ask(PutAclRole(role=made, new=True), Written, lambda a: completed(a, made), timeout)

    @both
    def update_role(self, role: AclRole, *, timeout: Duration | None = None) -> Ask[AclRole]:
        """Replace a role: ``role.model_copy(update={…})`` of one that was read."""
        return ask(PutAclRole(role=role), Written, lambda a: completed(a, role), timeout)

    @both
    def delete_role(self, id: str, *, timeout: Duration | None = None) -> Ask[bool]:
        """Forget a role: tokens bear it no more."""
        return ask(DeleteAclRole(id=id), Written, ok, timeout)


def _token(answer: AclTokens) -> AclToken | None:
    return answer.tokens[0] if answer.tokens else None
