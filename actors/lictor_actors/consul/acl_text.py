"""AclRules as text, in the language that policies are written in."""

from __future__ import annotations

import json

from lictor_actors.consul.acl_rules import AclRules


def as_hcl(rules: AclRules) -> str:
    """HCL that says what the rules say. Intentions stand in the blocks of services, and follow from these here."""
    lines = [f'{resource} = "{access}"' for resource, access in sorted(rules.whole.items())]
    for resource, segments in sorted(rules.named.items()):
        if resource == "intention":
            continue
        for kind, found in ((resource, segments.exact), (f"{resource}_prefix", segments.prefixes)):
            lines += [f'{kind} {json.dumps(name)} {{\n  policy = "{access}"\n}}' for name, access in found.items()]
    return "\n".join(lines) + "\n"
