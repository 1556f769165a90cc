"""What a token, a policy or a role may be in any state: what is refused here never enters the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lictor_actors.consul.acl_rules import BadRules
from lictor_actors.store.acl.identities import RESERVED, TEMPLATES
from lictor_actors.store.acl.sight import read_rules
from lictor_actors.store.families.acl.builtin import POLICIES
from lictor_actors.store.families.catalog.registration import uuid_fault
from lictor_messages.acl import AclBearer, AclPolicy, AclRole, AclToken, PutAclToken, TemplatedPolicy
from lictor_messages.durations import go_duration

TEXT_MOST: Final = 64 * 1024
"""Characters of a description, or of a policy's rules."""
BORNE_MOST: Final = 1024
"""Policies, roles, identities and templates of one token or role, of each."""
TTL_LEAST_NS: Final = 60_000_000_000
TTL_MOST_NS: Final = 24 * 3600 * 1_000_000_000
_POLICY_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ROLE_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
NAME_MOST: Final = 256
_SERVICE_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,254}[a-z0-9])?")
_NODE_NAME = re.compile(r"[a-z0-9_-]{1,256}")
_LOWER = "Only lowercase alphanumeric characters, '-' and '_' are allowed"
_LETTERS = "only alphanumeric characters, a hyphen and an underscore are allowed"


def policy_fault(policy: AclPolicy) -> str:
    """Why no such policy is kept, "" if it may be."""
    if not policy.name:
        return "Invalid Policy: no Name is set"
    if not _POLICY_NAME.fullmatch(policy.name):
        return f"Invalid Policy: invalid Name. At most 128 characters, and {_LETTERS}"
    why = _id_fault("policy", policy.id, policy.id in POLICIES) or _text_fault(policy.description, policy.rules)
    return why or _list_fault("Datacenters", policy.datacenters) or _rules_fault(policy.rules)


def role_fault(role: AclRole) -> str:
    """Why no such role is kept, "" if it may be."""
    if not role.name:
        return "Invalid Role: no Name is set"
    if not _ROLE_NAME.fullmatch(role.name):
        return f"Invalid Role: invalid Name. At most 256 characters, and {_LETTERS}"
    return _id_fault("role", role.id) or _text_fault(role.description) or bearer_fault(role)


def token_fault(token: AclToken, *, anonymous: bool = False) -> str:
    """Why no such token is kept, "" if it may be."""
    why = _id_fault("accessor", token.accessor_id, anonymous)
    if not why and token.secret_id:
        why = "" if anonymous else _id_fault("secret", token.secret_id)
    return why or _text_fault(token.description) or bearer_fault(token) or _list_fault("Roles", token.roles)


def lifetime_fault(command: PutAclToken) -> str:
    """What is wrong with how long a token is to last, without regard to what time it is."""
    if command.ttl_ns and command.token.expiration_ns:
        return "Token Expiration TTL and Expiration Time cannot both be set"
    if command.ttl_ns and not TTL_LEAST_NS <= command.ttl_ns <= TTL_MOST_NS:
        least, most = go_duration(TTL_LEAST_NS), go_duration(TTL_MOST_NS)
        return f"Expiration Time must be between {least} and {most} in the future (was {go_duration(command.ttl_ns)})"
    return ""


def _id_fault(of: str, given: str, reserved: bool = False) -> str:
    if given.startswith(RESERVED) and not reserved:
        return f"UUIDs with the prefix {RESERVED} are reserved"
    why = uuid_fault(given)
    return f"invalid {of} id: {why}" if why else ""


def bearer_fault(bearer: AclBearer) -> str:
    """Why nothing may bear this, "" if it may."""
    lists = (
        ("Policies", bearer.policies),
        ("ServiceIdentities", bearer.service_identities),
        ("NodeIdentities", bearer.node_identities),
        ("TemplatedPolicies", bearer.templated_policies),
    )
    return next(filter(None, (_list_fault(*each) for each in lists)), "") or next(_identity_faults(bearer), "")


def _identity_faults(bearer: AclBearer) -> Iterator[str]:
    for service in bearer.service_identities:
        if not _SERVICE_NAME.fullmatch(service.service):
            yield f"Service identity {service.service[:64]!r} has an invalid name. {_LOWER}"
    for node in bearer.node_identities:
        if not _NODE_NAME.fullmatch(node.node):
            yield f"Node identity {node.node[:64]!r} has an invalid name. {_LOWER}"
        if not node.datacenter:
            yield "Node identity is missing the datacenter field on this token"
    yield from filter(None, map(_template_fault, bearer.templated_policies))


def _template_fault(templated: TemplatedPolicy) -> str:
    template, name = TEMPLATES.get(templated.template), templated.variables.name
    if template is None:
        return f"no such ACL templated policy with Name {templated.template[:64]!r}"
    if template.named and not 0 < len(name) <= NAME_MOST:
        return f"templated policy {templated.template} needs TemplateVariables.Name, of at most {NAME_MOST} characters"
    return ""


def _list_fault(name: str, given: tuple[object, ...]) -> str:
    return f"{name} has {len(given)} entries; {BORNE_MOST} is the most" if len(given) > BORNE_MOST else ""


def _text_fault(*texts: str) -> str:
    return f"a description and rules have at most {TEXT_MOST} characters" if max(map(len, texts)) > TEXT_MOST else ""


def _rules_fault(rules: str) -> str:
    try:
        read_rules(rules)
    except BadRules as error:
        return str(error)
    return ""
