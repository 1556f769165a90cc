"""Auth methods and binding rules, as the store holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.consul.structs.auth_methods import BINDING_RULE, LISTED_METHOD
from lictor_actors.store.families.acl.links import invalid
from lictor_actors.store.families.auth_methods import rules
from lictor_actors.store.families.auth_methods.table import METHODS, RULES, AuthMethodTable
from lictor_actors.store.family import Family, Read, SliceRule, Write
from lictor_actors.store.guard import Need, constant, unguarded
from lictor_actors.store.invariants import check_rows, holds
from lictor_actors.store.snapshot.foreign import stamps_fault
from lictor_actors.store.snapshot.tables import Table, values
from lictor_messages import auth_methods as m
from lictor_messages.answers import Query
from lictor_messages.refusals import Refused

_reads, _writes = constant(Need("acl", "read")), constant(Need("acl", "write"))
ROW_BYTES = 400
"""Of a row as JSON, about, without its texts."""


def _version(table: AuthMethodTable, _: Query) -> int:
    """The index that answers report, 1 before anything was written."""
    return max(table.indexes.table(METHODS, RULES), 1)


def _scopes(_: object) -> tuple[tuple[str, str], ...]:
    return (("table", METHODS), ("table", RULES))


def _get_method(table: AuthMethodTable, query: m.GetAuthMethod) -> m.AuthMethods:
    found = table.methods.get(query.name)
    return m.AuthMethods(index=_version(table, query), methods=() if found is None else (found,))


def _list_methods(table: AuthMethodTable, query: m.ListAuthMethods) -> m.AuthMethods:
    return m.AuthMethods(index=_version(table, query), methods=tuple(table.methods.values()))


def _get_rule(table: AuthMethodTable, query: m.GetBindingRule) -> m.BindingRules:
    found = table.rules.get(query.id)
    return m.BindingRules(index=_version(table, query), rules=() if found is None else (found,))


def _list_rules(table: AuthMethodTable, query: m.ListBindingRules) -> m.BindingRules:
    chosen = table.rules_of(query.auth_method) if query.auth_method else table.rules.values()
    return m.BindingRules(index=_version(table, query), rules=tuple(chosen))


def _refused_if(fault: Callable[[Any], str]) -> Callable[[AuthMethodTable, Any], Refused | None]:
    def admit(_: AuthMethodTable, command: Any) -> Refused | None:
        why = fault(command)
        return invalid(why) if why else None

    return admit


def _check(table: AuthMethodTable) -> None:
    check_rows(METHODS, table.methods.values(), table.indexes.table(METHODS))
    check_rows(RULES, table.rules.values(), table.indexes.table(RULES))
    holds(all(rule.auth_method in table.methods for rule in table.rules.values()), "a rule is of a method that is not")
    logins = {token.auth_method for token in table.acl.tokens.values()} - {""}
    holds(logins <= table.methods.keys(), "a token came of a method that is no more")


def _row_bytes(row: m.BindingRule) -> int:
    return ROW_BYTES + len(row.description) + len(row.selector) + len(row.bind_name)


AUTH_METHODS = Family(
    name="auth_methods",
    make=lambda parts: AuthMethodTable(parts.indexes, parts.acl),  # type: ignore[attr-defined]
    writes=(
        Write(
            m.PutAuthMethod, AuthMethodTable.put_method, _writes, _refused_if(lambda it: rules.method_fault(it.method))
        ),
        Write(m.DeleteAuthMethod, AuthMethodTable.delete_method, _writes),
        Write(m.PutBindingRule, AuthMethodTable.put_rule, _writes, _refused_if(lambda it: rules.rule_fault(it.rule))),
        Write(m.DeleteBindingRule, AuthMethodTable.delete_rule, _writes),
        Write(m.BindLogin, AuthMethodTable.log_in, unguarded, leaders_own=True),
    ),
    reads=(
        Read(m.GetAuthMethod, _get_method, _version, _scopes, _reads),
        Read(m.ListAuthMethods, _list_methods, _version, _scopes, _reads),
        Read(m.GetBindingRule, _get_rule, _version, _scopes, _reads),
        Read(m.ListBindingRules, _list_rules, _version, _scopes, _reads),
    ),
    tables=(
        Table(
            METHODS,
            lambda it: values(it.methods),
            AuthMethodTable.load_method,
            covers=("methods",),
            fault=lambda row, index: stamps_fault(row, index) or rules.method_fault(row),
            record=m.AuthMethod,
        ),
        Table(
            RULES,
            lambda it: values(it.rules),
            AuthMethodTable.load_rule,
            covers=("rules",),
            fault=lambda row, index: stamps_fault(row, index) or rules.rule_fault(row),
            record=m.BindingRule,
        ),
    ),
    state=iter,
    check=_check,
    shapes={
        m.AuthMethods: lambda _, answer: [LISTED_METHOD.row(row) for row in answer.methods],
        m.BindingRules: lambda _, answer: [BINDING_RULE.row(row) for row in answer.rules],
    },
    cuts=(
        SliceRule(m.AuthMethods, "methods", lambda row: ROW_BYTES + len(row.description) + len(row.display_name)),
        SliceRule(m.BindingRules, "rules", _row_bytes),
    ),
)
