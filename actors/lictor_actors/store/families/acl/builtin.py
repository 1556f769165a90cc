"""What is always there and no log holds: two policies, and the token of those who show none."""

from __future__ import annotations

from typing import Final

from lictor_actors.store.acl.identities import ANONYMOUS_ACCESSOR, GLOBAL_MANAGEMENT_ID, GLOBAL_READ_ONLY_ID
from lictor_messages.acl import AclPolicy, AclToken

ANONYMOUS_SECRET: Final = "anonymous"
_NAMED = ("agent", "event", "key", "node", "query", "service", "session")
_WHOLE = ("operator", "keyring", "mesh", "peering")


def _all(access: str, acl: str) -> str:
    """AclRules that grant this everywhere."""
    named = (f'{name}_prefix "" {{ policy = "{access}" }}' for name in _NAMED if name != "service")
    service = f'service_prefix "" {{ policy = "{access}" intentions = "{access}" }}'
    return "\n".join((f'acl = "{acl}"', *(f'{name} = "{access}"' for name in _WHOLE), *named, service, ""))


MANAGEMENT: Final = AclPolicy(
    id=GLOBAL_MANAGEMENT_ID,
    name="global-management",
    description="Everything may be done",
    rules=_all("write", "write"),
    create_index=1,
    modify_index=1,
)
READ_ONLY: Final = AclPolicy(
    id=GLOBAL_READ_ONLY_ID,
    name="global-read-only",
    description="Everything may be read",
    rules=_all("read", "read"),
    create_index=1,
    modify_index=1,
)
POLICIES: Final = {policy.id: policy for policy in (MANAGEMENT, READ_ONLY)}
BY_NAME: Final = {policy.name: policy.id for policy in POLICIES.values()}
ANONYMOUS: Final = AclToken(
    accessor_id=ANONYMOUS_ACCESSOR,
    secret_id=ANONYMOUS_SECRET,
    description="Anonymous Token",
    create_index=1,
    modify_index=1,
)
