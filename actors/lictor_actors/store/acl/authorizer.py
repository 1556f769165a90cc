"""What one token may do: the rules of all its policies together, and the default where they say nothing.

The rule for the very name decides; without one the rule for its longest prefix; without that the default. Of rules for
the same name or prefix the strictest wins: deny over write over list over read (Consul's page on ACL rules).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from lictor_actors.consul.acl_rules import Access, AclRules, Named, Segments, Whole

Level = Literal["read", "list", "write"]
GRANTS: Final[Mapping[Access, tuple[Level, ...]]] = {
    "read": ("read",),
    "list": ("read", "list"),
    "write": ("read", "list", "write"),
    "deny": (),
}
NEVER_BY_DEFAULT: Final = ("acl",)
"""What nothing but a rule grants, though the default may allow the rest."""
INSTEAD: Final[Mapping[str, Whole]] = {"mesh": "operator", "peering": "operator"}
"""Whose rule decides where there is none for the resource itself."""


class Authorizer:
    """Immutable once made. ``None`` in the private answers means that no rule speaks of it."""

    __slots__ = ("_default", "_named", "_whole")

    def __init__(self, policies: Iterable[AclRules], *, default_allows: bool) -> None:
        rules = AclRules()
        for policy in policies:
            rules.join(policy)
        self._named: dict[Named, _Lookup] = {resource: _Lookup(found) for resource, found in rules.named.items()}
        self._whole = rules.whole
        self._default = default_allows

    def allows(self, resource: str, level: Level, name: str = "") -> bool:
        """Whether this is permitted on ``name``; ``acl``, ``operator`` and their like have no names."""
        access = self._access(resource, name)
        return self._by_default(resource) if access is None else level in GRANTS[access]

    def allows_below(self, resource: str, level: Level, prefix: str) -> bool:
        """Whether it is permitted on every name that begins with ``prefix``, whichever there are."""
        lookup = self._named.get(resource)  # type: ignore[call-overload]
        access = lookup.covering(prefix) if lookup is not None else None
        if not (self._by_default(resource) if access is None else level in GRANTS[access]):
            return False
        return lookup is None or all(level in GRANTS[within] for within in lookup.below(prefix))

    def _access(self, resource: str, name: str) -> Access | None:
        lookup = self._named.get(resource)  # type: ignore[call-overload]
        if lookup is not None:
            return lookup.of(name)  # type: ignore[no-any-return]
        access: Any = self._whole.get(resource)  # type: ignore[call-overload]
        if access is None and resource in INSTEAD:
            return self._whole.get(INSTEAD[resource])
        return access  # type: ignore[no-any-return]

    def _by_default(self, resource: str) -> bool:
        return self._default and resource not in NEVER_BY_DEFAULT


class _Lookup:
    """The rules of one resource, by name and by prefix; prefixes are tried from the longest."""

    __slots__ = ("_exact", "_lengths", "_prefixes")

    def __init__(self, segments: Segments) -> None:
        self._exact = segments.exact
        self._prefixes = segments.prefixes
        self._lengths = sorted({len(prefix) for prefix in segments.prefixes}, reverse=True)

    def of(self, name: str) -> Access | None:
        found = self._exact.get(name)
        return found if found is not None else self.covering(name)

    def covering(self, prefix: str) -> Access | None:
        """The rule for all names that begin like that, of which no longer rule speaks."""
        for length in self._lengths:
            if length <= len(prefix):
                found = self._prefixes.get(prefix[:length])
                if found is not None:
                    return found
        return None

    def below(self, prefix: str) -> Iterable[Access]:
        """The rules for names and prefixes that begin like that."""
        for rules in (self._exact, self._prefixes):
            for name, access in rules.items():
                if name.startswith(prefix):
                    yield access
