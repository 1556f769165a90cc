"""What a method or a binding rule may be in any state: what is refused here never enters the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lictor_actors.store.families.acl.rules import TTL_LEAST_NS, TTL_MOST_NS
from lictor_actors.store.families.auth_methods.binding import BIND_TYPES
from lictor_actors.store.families.auth_methods.config_rules import CONFIG_FAULTS, TEXT_MOST, config_faults
from lictor_actors.store.families.catalog.registration import uuid_fault
from lictor_messages.auth_methods import AuthMethod, BindingRule
from lictor_messages.durations import go_duration

NOT_TAKEN: Final = {
    "aws-iam": "Lictor forwards no signed requests to AWS. Use type jwt with an OIDC provider",
    "oidc": "it takes a browser and a callback, and is Consul Enterprise's. Use type jwt with OIDCDiscoveryURL",
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


def method_fault(method: AuthMethod) -> str:
    """Why no such method is kept, "" if it may be."""
    return next(_method_faults(method), "")


def _method_faults(method: AuthMethod) -> Iterator[str]:
    if not method.name:
        yield "Invalid Auth Method: no Name is set"
    if not _NAME.fullmatch(method.name):
        yield "Invalid Auth Method: invalid Name. Only alphanumeric characters, '-' and '_' are allowed"
    if method.type in NOT_TAKEN:
        yield f"Invalid Auth Method: type {method.type} is not taken: {NOT_TAKEN[method.type]}"
    if method.type not in CONFIG_FAULTS:
        yield f"Invalid Auth Method: Type should be one of: [{' '.join(CONFIG_FAULTS)}]"
    ttl = method.max_token_ttl_ns
    if ttl and ttl > TTL_MOST_NS:
        yield f"MaxTokenTTL {go_duration(ttl)} cannot be more than {go_duration(TTL_MOST_NS)}"
    if ttl and ttl < TTL_LEAST_NS:
        yield f"MaxTokenTTL {go_duration(ttl)} cannot be less than {go_duration(TTL_LEAST_NS)}"
    if method.token_locality not in ("", "local", "global"):
        yield "Invalid Auth Method: TokenLocality should be one of 'local' or 'global'"
    texts = (method.display_name, method.description, method.token_name_format)
    if max(map(len, texts)) > TEXT_MOST:
        yield f"Invalid Auth Method: a text has at most {TEXT_MOST} characters"
    yield from (f"Invalid Auth Method: {why}" for why in config_faults(method.type, method.config))


def rule_fault(rule: BindingRule) -> str:
    """Why no such rule is kept under any method, "" if it may be."""
    return next(_rule_faults(rule), "")


def _rule_faults(rule: BindingRule) -> Iterator[str]:
    if why := uuid_fault(rule.id):
        yield f"Binding Rule ID invalid UUID: {why}"
    if not rule.bind_type:
        yield "Invalid Binding Rule: no BindType is set"
    if not rule.bind_name:
        yield "Invalid Binding Rule: no BindName is set"
    if rule.bind_type not in BIND_TYPES:
        yield f'Invalid Binding Rule: unknown BindType "{rule.bind_type[:64]}". Known are {", ".join(BIND_TYPES)}'
    variable = rule.bind_vars.name if rule.bind_vars is not None else ""
    texts = (rule.description, rule.selector, rule.bind_name, variable)
    if max(map(len, texts)) > TEXT_MOST:
        yield f"Invalid Binding Rule: a text has at most {TEXT_MOST} characters"
