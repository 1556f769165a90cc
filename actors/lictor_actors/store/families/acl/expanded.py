"""What the rights of one token come from, written out: its policies and roles, and a policy for each identity."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.consul.acl_text import as_hcl
from lictor_actors.store.acl.identities import TEMPLATES
from lictor_actors.store.families.acl.reading import get_role, get_token, identities_of
from lictor_actors.store.families.acl.table import AclTable
from lictor_messages import acl as m


def read_token(table: AclTable, query: m.GetAclToken) -> m.AclTokens:
    """The token, with all of that if it is asked for."""
    found = get_token(table, query)
    return _expanded(table, found, query.expanded_in) if query.expanded_in and found.tokens else found


def _expanded(table: AclTable, found: m.AclTokens, dc: str) -> m.AclTokens:
    token = found.tokens[0]
    roles = tuple(role for link in token.roles for role in get_role(table, m.GetAclRole(id=link.id)).roles)
    bearers = (token, *roles)
    links = dict.fromkeys(link.id for bearer in bearers for link in bearer.policies)
    policies = tuple(filter(None, map(table.policy, links)))
    made = dict.fromkeys(identity for bearer in bearers for identity in identities_of(bearer, dc))
    return found.model_copy(update={"policies": (*policies, *_synthetic(made)), "roles": roles})


def _synthetic(identities: dict[tuple[str, str], None]) -> Iterator[m.AclPolicy]:
    for template, name in identities:
        of = f"{template} {name}".rstrip()
        rules = as_hcl(TEMPLATES[template].rules(name))
        yield m.AclPolicy(
            id=TEMPLATES[template].id,
            name=f"synthetic-policy-{of.removeprefix('builtin/').replace(' ', '-')}",
            description=f"synthetic policy generated from {of}",
            rules=rules,
        )
