"""One asker as the store sees it: whose token it is, and what that token may see and do."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from lictor_actors.consul.acl_rules import AclRules, parse
from lictor_actors.store.acl.authorizer import Authorizer, Level
from lictor_actors.store.acl.identities import ANONYMOUS_ACCESSOR, TEMPLATES
from lictor_messages.acl import Grants
from lictor_messages.refusals import Refused

AUTHORIZERS_MOST = 1024
"""Of each set of rights one; more, and the one that was used longest ago is made anew."""
RULES_MOST = 1024
"""Policies that are kept as they were read."""


class Sight(NamedTuple):
    """Immutable: a token whose rights change gets another one."""

    accessor: str
    rights: str
    """Equal for all tokens that may do the same: what was read for one may be told to the other."""
    authorizer: Authorizer
    secret: str = ""
    """The token itself, which says whose question a blocked query is."""

    def sees(self, resource: str, level: Level, name: str = "") -> bool:
        """Whether this is permitted."""
        return self.authorizer.allows(resource, level, name)

    def denied(self, resource: str, level: Level, name: str = "") -> Refused:
        """Consul's words for what is not."""
        anonymous = self.accessor == ANONYMOUS_ACCESSOR
        asker = "anonymous token" if anonymous else f"token with AccessorID '{self.accessor}'"
        on = f' on "{name}"' if name else ""
        text = f"Permission denied: {asker} lacks permission '{resource}:{level}'{on}"
        hint = ". The anonymous token is used implicitly when a request does not specify a token."
        return Refused(code="PermissionDenied", text=text + hint if anonymous else text)

    def __repr__(self) -> str:
        return f"Sight({self.accessor!r})"


class Sights:
    """Makes them: of all tokens with the same rights the rules are put together once."""

    __slots__ = ("_allows", "_made")

    def __init__(self, *, default_allows: bool) -> None:
        self._allows = default_allows
        self._made: OrderedDict[Grants, tuple[str, Authorizer]] = OrderedDict()

    def of(self, accessor: str, grants: Grants, secret: str = "") -> Sight:
        """The sight of the token with these rights."""
        made = self._made.get(grants)
        if made is None:
            made = self._made[grants] = self._make(grants)
            if len(self._made) > AUTHORIZERS_MOST:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(grants)
        return Sight(accessor, *made, secret)

    def _make(self, grants: Grants) -> tuple[str, Authorizer]:
        said = repr((grants.rules, grants.identities)).encode()
        return blake2b(said, digest_size=16).hexdigest(), Authorizer(_rules(grants), default_allows=self._allows)


def _rules(grants: Grants) -> Iterable[AclRules]:
    for text in grants.rules:
        yield read_rules(text)
    for template, name in grants.identities:
        yield TEMPLATES[template].rules(name)


@lru_cache(RULES_MOST)
def read_rules(text: str) -> AclRules:
    """A policy's rules, which hundreds of tokens may bear; raises BadRules."""
    return parse(text)
