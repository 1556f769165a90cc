"""What claims are worth: the rules of the method whose selectors they fit, and the names that these give.

A selector that cannot be read selects nothing; a name that cannot be made refuses the login, as Consul does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lictor_actors.store.families.acl.rules import bearer_fault
from lictor_actors.store.families.auth_methods.known import group_of, selectable, spoken_of, value_names
from lictor_actors.store.families.auth_methods.names import BadName, filled_in
from lictor_actors.store.filter.apply import fits
from lictor_messages import acl as m
from lictor_messages.auth_methods import AuthMethod, BindingRule, Claims

BIND_TYPES: Final = ("service", "role", "node", "policy", "templated-policy")
FAKE: Final = "fake"
"""Stands for each claim while a rule is checked."""
Bound = Mapping[str, tuple[Any, ...]]
"""Field of a token → what it is to bear there; roles and policies by their names."""


def bound_by(rules: Iterable[BindingRule], method: AuthMethod, claims: Claims, datacenter: str) -> Bound:
    """What all rules give together that select these claims. Raises BadName."""
    bound: defaultdict[str, tuple[Any, ...]] = defaultdict(tuple)
    for rule in rules:
        if _selects(rule.selector, method, claims):
            field, item = _bound(rule, spoken_of(method, claims.values), datacenter)
            bound[field] += (item,)
    return bound


def unsound(rule: BindingRule, method: AuthMethod) -> str:
    """Why this rule makes no sense with the claims that its method maps, "" if it does."""
    try:
        if rule.selector:
            fits(selectable(method), rule.selector)
        _bound(rule, spoken_of(method, dict.fromkeys(value_names(method), FAKE)), FAKE)
    except BadName as error:
        return f"Invalid Binding Rule: invalid BindName: {error}"
    except ValueError as error:
        return f"invalid Binding Rule: Selector is invalid: {error}"
    return ""


def _selects(selector: str, method: AuthMethod, claims: Claims) -> bool:
    if not selector:
        return True
    try:
        selects = fits(selectable(method), selector)
    except ValueError:
        return False
    values = {name: claims.values.get(name, "") for name in value_names(method)}
    given = {each.name: each.values for each in claims.lists}
    lists = {name: given.get(name, ()) for name in method.config.list_claim_mappings.values()}
    return selects({group_of(method): values, "list": lists})


def _bound(rule: BindingRule, variables: Mapping[str, str], datacenter: str) -> tuple[str, Any]:
    if rule.bind_type == "templated-policy":
        given = rule.bind_vars.name if rule.bind_vars is not None else ""
        variables_of = m.TemplateVariables(name=filled_in(given, variables))
        return _sound("templated_policies", m.TemplatedPolicy(template=rule.bind_name, variables=variables_of))
    name = filled_in(rule.bind_name, variables)
    if rule.bind_type == "service":
        return _sound("service_identities", m.ServiceIdentity(service=name))
    if rule.bind_type == "node":
        return _sound("node_identities", m.NodeIdentity(node=name, datacenter=datacenter))
    return ("roles" if rule.bind_type == "role" else "policies"), m.AclLink(name=name)


def _sound(field: str, item: Any) -> tuple[str, Any]:
    """What a token may bear."""
    why = bearer_fault(m.AclToken.model_validate({field: (item,)}))
    if why:
        raise BadName(why)
    return field, item
