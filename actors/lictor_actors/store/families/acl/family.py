"""Tokens, policies and roles, as the store holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.consul.structs.acl import POLICY, ROLE, TOKEN, hashed
from lictor_actors.consul.uuids import as_made
from lictor_actors.store.acl.identities import ANONYMOUS_ACCESSOR
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.acl import reading, rules
from lictor_actors.store.families.acl.expanded import read_token
from lictor_actors.store.families.acl.replicated import read_global, replicate
from lictor_actors.store.families.acl.table import POLICIES, ROLES, TOKENS, AclTable, digest_of
from lictor_actors.store.family import Family, Read, SliceRule, Write
from lictor_actors.store.guard import Need, constant, unguarded
from lictor_actors.store.invariants import check_rows, holds
from lictor_actors.store.snapshot.foreign import row_is, stamps_fault
from lictor_actors.store.snapshot.tables import Table, values
from lictor_messages import acl as m
from lictor_messages.acl_replication import GlobalAcls, ReadGlobalAcls, ReplicateAcls
from lictor_messages.refusals import Refused

_reads, _writes = constant(Need("acl", "read")), constant(Need("acl", "write"))
HIDDEN = "<hidden>"
ROW_BYTES = 400
"""Of a row as JSON, about, without its texts and what it bears."""


def _scopes(_: object) -> tuple[tuple[str, str], ...]:
    return tuple(("table", table) for table in reading.ALL)


def _refused_if(fault: Callable[[Any], str]) -> Callable[[AclTable, Any], Refused | None]:
    def admit(_: AclTable, command: Any) -> Refused | None:
        why = fault(command)
        return Refused(code="Invalid", text=why) if why else None

    return admit


def _put_token_fault(command: m.PutAclToken) -> str:
    anonymous = command.token.accessor_id == ANONYMOUS_ACCESSOR and not command.new
    if command.new and not command.token.secret_id:
        return "a new token needs a SecretID"
    if command.new and command.token.auth_method:
        return "AuthMethod field is disallowed outside of login"
    return rules.token_fault(command.token, anonymous=anonymous) or rules.lifetime_fault(command)


def _check(table: AclTable) -> None:
    for name, rows in ((TOKENS, table.tokens), (POLICIES, table.policies), (ROLES, table.roles)):
        check_rows(name, rows.values(), table.indexes.table(name))
    holds(len(table.by_secret) == len(table.tokens), "tokens by secret and by accessor differ in number")
    for token in table.tokens.values():
        holds(
            table.by_secret.get(digest_of(token.secret_id)) == as_made(token.accessor_id),
            "a token is not found by its secret",
        )
        holds(all(link.id in table.roles for link in token.roles), f"{token.accessor_id} bears a role that is no more")
    for bearer in (*table.tokens.values(), *table.roles.values()):
        holds(all(table.policy(link.id) for link in bearer.policies), "a policy is borne that is no more")


def _hide_secrets(_: object, answer: m.AclTokens | GlobalAcls, sight: Sight) -> m.AclTokens | GlobalAcls:
    if sight.sees("acl", "write"):
        return answer
    hidden = tuple(token.model_copy(update={"secret_id": HIDDEN}) for token in answer.tokens)
    return answer.model_copy(update={"tokens": hidden})


def _read_global(table: AclTable, query: ReadGlobalAcls) -> GlobalAcls:
    return read_global(table, query, reading.version(table, query))


def _load_bootstrap(table: AclTable, row: Any) -> None:
    table.bootstrapped = row[0]


def _token_weight(token: m.AclToken) -> int:
    borne = sum(map(len, (token.policies, token.roles, token.service_identities, token.templated_policies)))
    return ROW_BYTES + len(token.description) + 100 * (borne + len(token.node_identities))


ACL = Family(
    name="acl",
    make=lambda parts: AclTable(parts.indexes, parts.clock),
    writes=(
        Write(m.BootstrapAcls, AclTable.bootstrap, unguarded, _refused_if(lambda it: rules.token_fault(it.token))),
        Write(m.BootstrapAclsAgain, AclTable.bootstrap_again, unguarded, leaders_own=True),
        Write(m.PutAclToken, AclTable.put_token, _writes, _refused_if(_put_token_fault)),
        Write(m.DeleteAclToken, AclTable.delete_token, _writes),
        Write(m.ReapAclTokens, AclTable.reap, unguarded, leaders_own=True),
        Write(m.PutAclPolicy, AclTable.put_policy, _writes, _refused_if(lambda it: rules.policy_fault(it.policy))),
        Write(m.DeleteAclPolicy, AclTable.delete_policy, _writes),
        Write(m.PutAclRole, AclTable.put_role, _writes, _refused_if(lambda it: rules.role_fault(it.role))),
        Write(m.DeleteAclRole, AclTable.delete_role, _writes),
        Write(ReplicateAcls, replicate, unguarded, leaders_own=True),
    ),
    reads=(
        Read(m.GetAclToken, read_token, reading.version, _scopes, _reads),
        Read(m.ListAclTokens, reading.list_tokens, reading.version, _scopes, _reads),
        Read(m.GetAclPolicy, reading.get_policy, reading.version, _scopes, _reads),
        Read(m.ListAclPolicies, reading.list_policies, reading.version, _scopes, _reads),
        Read(m.GetAclRole, reading.get_role, reading.version, _scopes, _reads),
        Read(m.ListAclRoles, reading.list_roles, reading.version, _scopes, _reads),
        Read(ReadGlobalAcls, _read_global, reading.version, _scopes, _reads, rendered=False),
    ),
    tables=(
        Table(
            "acl-policies",
            lambda it: values(it.policies),
            AclTable.load_policy,
            covers=("policies", "policy_ids"),
            fault=lambda row, index: stamps_fault(row, index) or rules.policy_fault(row),
            record=m.AclPolicy,
        ),
        Table(
            "acl-roles",
            lambda it: values(it.roles),
            AclTable.load_role,
            covers=("roles", "role_ids"),
            fault=lambda row, index: stamps_fault(row, index) or rules.role_fault(row),
            record=m.AclRole,
        ),
        Table(
            "acl-tokens",
            lambda it: values(it.tokens),
            AclTable.load_token,
            covers=("tokens", "by_secret"),
            fault=lambda row, index: stamps_fault(row, index) or rules.token_fault(row, anonymous=True),
            record=m.AclToken,
        ),
        Table(
            "acl-bootstrap",
            lambda it: ((it.bootstrapped,),) if it.bootstrapped else (),
            _load_bootstrap,
            covers=("bootstrapped",),
            fault=lambda row, index: "" if row_is(row, int) and 0 < row[0] <= index else "no index of a bootstrap",
        ),
    ),
    state=iter,
    check=_check,
    shapes={
        m.AclTokens: lambda _, answer: [hashed(TOKEN, row) for row in answer.tokens],
        m.AclPolicies: lambda _, answer: [hashed(POLICY, row) for row in answer.policies],
        m.AclRoles: lambda _, answer: [hashed(ROLE, row) for row in answer.roles],
    },
    hides={m.AclTokens: _hide_secrets, GlobalAcls: _hide_secrets},
    cuts=(
        SliceRule(m.AclTokens, "tokens", _token_weight),
        SliceRule(m.AclPolicies, "policies", lambda row: ROW_BYTES + len(row.rules) + len(row.description)),
        SliceRule(m.AclRoles, "roles", lambda row: ROW_BYTES + len(row.description) + 100 * len(row.policies)),
    ),
)
