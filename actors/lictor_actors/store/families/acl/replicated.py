"""What comes from the primary datacenter: it is kept as it is there, over the row of its id here.

A row whose accessor or secret a local token of this datacenter has is left out: what was made here is kept.
"""

from __future__ import annotations

from lictor_actors.consul.uuids import as_made
from lictor_actors.store.families.acl import builtin
from lictor_actors.store.families.acl.table import AclTable, digest_of
from lictor_messages import acl as m
from lictor_messages.acl_replication import GlobalAcls, ReadGlobalAcls, ReplicateAcls
from lictor_messages.answers import Written


def read_global(table: AclTable, query: ReadGlobalAcls, index: int) -> GlobalAcls:
    """All that holds in every datacenter."""
    tokens = (token for token in table.tokens.values() if not token.local) if query.tokens else ()
    return GlobalAcls(
        index=index,
        policies=tuple({**builtin.POLICIES, **table.policies}.values()),
        roles=tuple(table.roles.values()),
        tokens=tuple(tokens),
    )


def replicate(table: AclTable, command: ReplicateAcls, index: int) -> Written:
    """Tokens go first and come last: none is ever here without what it bears there."""
    for accessor in command.gone_tokens:
        if not is_local(table, accessor):
            table.forget_token(accessor, index)
    for policy in command.policies:
        table.write_policy(policy, index)
    for role in command.roles:
        table.write_role(_known(table, role), index)
    for token in command.tokens:
        if not clashes(table, token):
            table.write_token(as_known(table, token), index)
    for role_id in command.gone_roles:
        table.delete_role(m.DeleteAclRole(id=role_id), index)
    for policy_id in command.gone_policies:
        table.delete_policy(m.DeleteAclPolicy(id=policy_id), index)
    return Written(index=index)


def is_local(table: AclTable, accessor: str) -> bool:
    """Whether this is a token of this datacenter alone."""
    token = table.tokens.get(as_made(accessor))
    return token is not None and token.local


def clashes(table: AclTable, token: m.AclToken) -> bool:
    """Whether a token of this datacenter stands in the way of that of the primary."""
    accessor = as_made(token.accessor_id)
    return is_local(table, accessor) or table.by_secret.get(digest_of(token.secret_id), accessor) != accessor


def _known(table: AclTable, role: m.AclRole) -> m.AclRole:
    """Without policies that are not here: later versions may have builtin ones of their own."""
    return role.model_copy(update={"policies": tuple(link for link in role.policies if table.policy(link.id))})


def as_known(table: AclTable, token: m.AclToken) -> m.AclToken:
    """A token of the primary without the policies and roles that are not here."""
    policies = tuple(link for link in token.policies if table.policy(link.id))
    roles = tuple(link for link in token.roles if link.id in table.roles)
    return token.model_copy(update={"policies": policies, "roles": roles})
