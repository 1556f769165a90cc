"""What is read of tokens, policies and roles, and the rights that a token comes to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from lictor_actors.store.families.acl import builtin
from lictor_actors.store.families.acl.table import POLICIES, ROLES, TOKENS, AclTable
from lictor_messages import acl as m
from lictor_messages.answers import Query

B = TypeVar("B", m.AclToken, m.AclRole)
ALL = (TOKENS, POLICIES, ROLES)
"""Names of policies and roles are shown with what bears them: an answer may rest on any of the tables."""


def version(table: AclTable, _: Query) -> int:
    """The index that answers report, 1 before anything was written."""
    return max(table.indexes.table(*ALL), 1)


def get_token(table: AclTable, query: m.GetAclToken) -> m.AclTokens:
    """One, or none."""
    token = table.token(query.accessor_id)
    found = () if token is None else (_named_token(table, token),)
    return m.AclTokens(index=version(table, query), tokens=found)


def list_tokens(table: AclTable, query: m.ListAclTokens) -> m.AclTokens:
    """Those that bear what is named."""
    every = {builtin.ANONYMOUS.accessor_id: builtin.ANONYMOUS, **table.tokens}
    tokens = (every[accessor] for accessor in sorted(every))
    chosen = tuple(_named_token(table, token) for token in tokens if _bears(token, query))
    return m.AclTokens(index=version(table, query), tokens=chosen)


def _bears(token: m.AclToken, query: m.ListAclTokens) -> bool:
    return (
        (not query.policy or m.AclLink(id=query.policy) in token.policies)
        and (not query.role or m.AclLink(id=query.role) in token.roles)
        and query.auth_method in ("", token.auth_method)
        and (not query.service or any(each.service == query.service for each in token.service_identities))
    )


def get_policy(table: AclTable, query: m.GetAclPolicy) -> m.AclPolicies:
    """One, or none."""
    policy = table.policy(query.id or table.policy_id(query.name) or "")
    return m.AclPolicies(index=version(table, query), policies=() if policy is None else (policy,))


def list_policies(table: AclTable, query: m.ListAclPolicies) -> m.AclPolicies:
    """All of them."""
    every = {**builtin.POLICIES, **table.policies}
    return m.AclPolicies(index=version(table, query), policies=tuple(every[key] for key in sorted(every)))


def get_role(table: AclTable, query: m.GetAclRole) -> m.AclRoles:
    """One, or none."""
    role = table.roles.get(query.id or table.role_ids.get(query.name, ""))
    return m.AclRoles(index=version(table, query), roles=() if role is None else (_named(table, role),))


def list_roles(table: AclTable, query: m.ListAclRoles) -> m.AclRoles:
    """Those that bear the policy, if one is named."""
    roles = (role for role in table.roles.values() if not query.policy or m.AclLink(id=query.policy) in role.policies)
    return m.AclRoles(index=version(table, query), roles=tuple(_named(table, role) for role in roles))


def _named_token(table: AclTable, token: m.AclToken) -> m.AclToken:
    roles = tuple(m.AclLink(id=link.id, name=table.roles[link.id].name) for link in token.roles)
    return _named(table, token).model_copy(update={"roles": roles})


def _named(table: AclTable, bearer: B) -> B:
    policies = ((link.id, table.policy(link.id)) for link in bearer.policies)
    links = tuple(m.AclLink(id=policy_id, name=policy.name) for policy_id, policy in policies if policy is not None)
    return bearer.model_copy(update={"policies": links})


def grants_of(table: AclTable, token: m.AclToken, dc: str) -> m.Grants:
    """What the token may do in this datacenter, in an order that every server agrees on."""
    bearers: list[m.AclBearer] = [token, *(table.roles[link.id] for link in token.roles)]
    rules = {rule for bearer in bearers for rule in _rules(table, bearer, dc)}
    identities = {identity for bearer in bearers for identity in identities_of(bearer, dc)}
    return m.Grants(rules=tuple(sorted(rules)), identities=tuple(sorted(identities)))


def _rules(table: AclTable, bearer: m.AclBearer, dc: str) -> Iterator[str]:
    for link in bearer.policies:
        policy = table.policy(link.id)
        if policy is not None and _holds_in(policy.datacenters, dc):
            yield policy.rules


def identities_of(bearer: m.AclBearer, dc: str) -> Iterator[tuple[str, str]]:
    """Templates and the names that are filled in, of those that hold in this datacenter."""
    for service in bearer.service_identities:
        if _holds_in(service.datacenters, dc):
            yield "builtin/service", service.service
    for node in bearer.node_identities:
        if node.datacenter == dc:
            yield "builtin/node", node.node
    for templated in bearer.templated_policies:
        if _holds_in(templated.datacenters, dc):
            yield templated.template, templated.variables.name


def _holds_in(datacenters: tuple[str, ...], dc: str) -> bool:
    return not datacenters or dc in datacenters
