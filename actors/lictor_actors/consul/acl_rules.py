"""Consul's rule language: what a policy says, in HCL or JSON, read and checked.

``key_prefix "app/" { policy = "read" }`` grants reading below ``app/``; ``acl``, ``operator``, ``keyring``, ``mesh``
and ``peering`` have no names: ``operator = "write"``. Source: Consul's page on ACL rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from lictor_actors.consul import hcl

Access = Literal["read", "list", "write", "deny"]
Named = Literal["agent", "event", "intention", "key", "node", "query", "service", "session"]
"""Resources whose rules name what they are about. Intentions stand within the rules of their service."""
Whole = Literal["acl", "keyring", "mesh", "operator", "peering"]

PRECEDENCE: Final[tuple[Access, ...]] = ("read", "list", "write", "deny")
"""Of two rules about the same name the later one here holds."""
NAMED: Final = tuple(name for name in get_args(Named) if name != "intention")
WHOLE: Final = get_args(Whole)
ENTERPRISE: Final = ("namespace", "namespace_prefix", "partition", "partition_prefix", "sentinel")
_CHOICES: Final = "it is read, write or deny"


class BadRules(ValueError):
    """The text is no policy; the message says what is wrong with it."""


@dataclass(slots=True)
class Segments:
    """Of one resource: what is granted or denied by the name itself, and by what names begin with."""

    exact: dict[str, Access] = field(default_factory=dict)
    prefixes: dict[str, Access] = field(default_factory=dict)


@dataclass(slots=True)
class AclRules:
    """What one or several policies say."""

    named: dict[Named, Segments] = field(default_factory=dict)
    whole: dict[Whole, Access] = field(default_factory=dict)

    def add(self, resource: Named, name: str, access: Access, *, prefix: bool) -> None:
        """One more rule."""
        segments = self.named.setdefault(resource, Segments())
        _strongest(segments.prefixes if prefix else segments.exact, name, access)

    def join(self, other: AclRules) -> None:
        """Take over what another policy says; the order in which policies are joined does not matter."""
        for resource, segments in other.named.items():
            for name, access in segments.exact.items():
                self.add(resource, name, access, prefix=False)
            for name, access in segments.prefixes.items():
                self.add(resource, name, access, prefix=True)
        for whole, access in other.whole.items():
            _strongest(self.whole, whole, access)


def _strongest(found: dict[Any, Access], name: str, access: Access) -> None:
    """Of two rules for the same name the stricter one holds."""
    old = found.get(name)
    if old is None or PRECEDENCE.index(access) > PRECEDENCE.index(old):
        found[name] = access


def parse(text: str) -> AclRules:
    """The rules of a policy. Raises BadRules."""
    rules = AclRules()
    for key, value in _document(text).items():
        if key in WHOLE:
            rules.whole[key] = _access(value, key, "")  # type: ignore[index]
        elif key.removesuffix("_prefix") in NAMED:
            _read_named(rules, key, value)
        elif key in ENTERPRISE:
            raise BadRules(f"Failed to parse ACL rules: {key!r} belongs to Consul Enterprise: leave it out")
        else:
            known = ", ".join((*NAMED, *(f"{name}_prefix" for name in NAMED), *WHOLE))
            raise BadRules(f"Failed to parse ACL rules: {key!r} is no resource; there are: {known}")
    return rules


def _document(text: str) -> dict[str, Any]:
    """JSON if it begins like that, as Consul tells them apart."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else hcl.parse(text)
    except (hcl.BadHcl, ValueError, RecursionError) as error:
        raise BadRules(f"Failed to parse ACL rules: {error}") from None
    if not isinstance(found, dict):
        raise BadRules("Failed to parse ACL rules: they are an object with resources for keys")
    return found


def _read_named(rules: AclRules, key: str, value: Any) -> None:
    resource: Any = key.removesuffix("_prefix")
    prefix = key.endswith("_prefix")
    for name, body in _blocks(key, value):
        if not isinstance(body, dict) or "policy" not in body:
            raise BadRules(f'Failed to parse ACL rules: {key} "{name}" is to have a policy')
        odd = sorted(set(body) - {"policy", "intentions" if resource == "service" else "policy"})
        if odd:
            raise BadRules(f'Failed to parse ACL rules: {key} "{name}" has no field {odd[0]!r}')
        access = _access(body["policy"], resource, name)
        rules.add(resource, name, access, prefix=prefix)
        if resource == "service":
            rules.add("intention", name, _intentions(body, access, name), prefix=prefix)


def _blocks(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Blocks of one resource are an object by name, or a list of such objects."""
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, dict):
            raise BadRules(
                f'Failed to parse ACL rules: {key} is to name what it is about: {key} "…" {{ policy = "…" }}'
            )
        for name, body in part.items():
            for one in body if isinstance(body, list) else [body]:
                yield name, one


def _intentions(body: Mapping[str, Any], access: Access, name: str) -> Access:
    """Unless it says otherwise, a rule that shows a service shows its intentions."""
    given = body.get("intentions", "")
    if not given:
        return "deny" if access == "deny" else "read"
    if given not in ("read", "write", "deny"):
        raise BadRules(f'Invalid service intentions policy: {json.dumps(given)} of service "{name}"; {_CHOICES}')
    return given  # type: ignore[no-any-return]


def _access(value: Any, resource: str, name: str) -> Access:
    allowed = PRECEDENCE if resource == "key" else ("read", "write", "deny")
    if value not in allowed:
        of = f' of {resource} "{name}"' if name or resource not in WHOLE else ""
        choices = "it is read, list, write or deny" if resource == "key" else _CHOICES
        raise BadRules(f"Invalid {resource} policy: {json.dumps(value, ensure_ascii=False)}{of}; {choices}")
    return value  # type: ignore[no-any-return]
