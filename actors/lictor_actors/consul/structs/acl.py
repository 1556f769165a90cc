"""Tokens, policies and roles."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import blake2b

from lictor_actors.consul.decode import anything
from lictor_actors.consul.kinds import DURATION, TEXT, Kind
from lictor_actors.consul.parts import one_or_more
from lictor_actors.consul.rows import JsonRow
from lictor_actors.consul.struct import R, Struct
from lictor_actors.consul.structs.catalog import ENTERPRISE
from lictor_messages.acl import (
    AclLink,
    AclPolicy,
    AclRole,
    AclToken,
    NodeIdentity,
    ServiceIdentity,
    TemplatedPolicy,
    TemplateVariables,
)

_UNHASHED = frozenset(("SecretID", "CreateIndex", "ModifyIndex", "CreateTime"))
_LINK = Struct("ACLLink", AclLink)
_SERVICE = Struct("ACLServiceIdentity", ServiceIdentity)
_NODE = Struct("ACLNodeIdentity", NodeIdentity)
_VARIABLES = Struct("ACLTemplatedPolicyVariables", TemplateVariables)
_TEMPLATED = Struct(
    "ACLTemplatedPolicy", TemplatedPolicy, (one_or_more(_VARIABLES),), also_read={"TemplateID": TEXT, **ENTERPRISE}
)
_PARTS = (one_or_more(_LINK), one_or_more(_SERVICE), one_or_more(_NODE), one_or_more(_TEMPLATED))
_ONLY_WRITTEN = {"Hash": Kind(anything, {"readOnly": True}), **ENTERPRISE}

VARIABLES = _VARIABLES
TOKEN = Struct(
    "ACLToken",
    AclToken,
    _PARTS,
    also_read={"ExpirationTTL": DURATION, "ID": TEXT, "Rules": TEXT, "Type": TEXT, **_ONLY_WRITTEN},
)
POLICY = Struct("ACLPolicy", AclPolicy, also_read=_ONLY_WRITTEN)
ROLE = Struct("ACLRole", AclRole, _PARTS, also_read=_ONLY_WRITTEN)


def hashed(struct: Struct[R], record: R) -> JsonRow:
    """The row with a hash of its content, by which replicas and tools see that it changed."""
    row = struct.row(record)
    content = {name: value for name, value in row.items() if name not in _UNHASHED}
    digest = blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=32).digest()
    return {**row, "Hash": b64encode(digest).decode()}
