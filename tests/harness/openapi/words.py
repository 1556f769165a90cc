"""What the parameters of the HTTP interface mean, and what its reads answer."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.struct import Schema, Struct
from lictor_actors.consul.structs.acl import POLICY, ROLE, TOKEN
from lictor_actors.consul.structs.agent import AGENT_SERVICE
from lictor_actors.consul.structs.auth_methods import AUTH_METHOD, BINDING_RULE, LISTED_METHOD
from lictor_actors.consul.structs.catalog import CHECK, HEALTH, NODE, PLACEMENT
from lictor_actors.consul.structs.coordinates import DATACENTER_MAP, NODE_COORDINATE
from lictor_actors.consul.structs.kv import ENTRY
from lictor_actors.consul.structs.metrics import METRICS_SUMMARY
from lictor_actors.consul.structs.queries import QUERY
from lictor_actors.consul.structs.sessions import SESSION

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
DURATION: Schema = {"type": "string", "examples": ["10s"]}
FLAG: Schema = {"type": "string", "enum": [""]}
"""A parameter that is there or not: its value does not count."""

PARAMETERS: dict[str, tuple[Schema, str]] = {
    "acks": (FLAG, "Count those that heard the question too."),
    "acquire": (TEXT, "Take the lock of the key for this session."),
    "address": (TEXT, "The server by its address, `IP:port`."),
    "authmethod": (TEXT, "Only what belongs to this auth method."),
    "cached": (FLAG, "The answer may come from the agent's cache; `Cache-Control` says how old it may be."),
    "cas": (WHOLE, "Act only while the ModifyIndex is this; 0: only if there is none."),
    "connect": ({"type": "string", "enum": ["true", "false"]}, "Instances by which a mesh reaches the service."),
    "consistent": (FLAG, "The leader confirms its lead before it answers."),
    "dc": (TEXT, "The datacenter that is asked; the agent's own if left out."),
    "enable": ({"type": "string", "enum": ["true", "false"]}, "Into maintenance, or out of it."),
    "expanded": (FLAG, "With all policies and roles that the token has by any way."),
    "filter": (TEXT, "Only rows for which this expression is true."),
    "flags": ({**WHOLE, "maximum": 2**64 - 1}, "A number that is kept with the value."),
    "format": ({"type": "string", "enum": ["text", "prometheus"]}, "Text in place of JSON."),
    "global": (FLAG, "Of all datacenters."),
    "hash": (TEXT, "Wait while the content has this hash."),
    "id": (TEXT, "The server by its id."),
    "index": (WHOLE, "Wait until the index is above this one."),
    "keys": (FLAG, "Names alone."),
    "limit": (WHOLE, "At most so many instances."),
    "local-only": ({"type": "string", "enum": ["true", "false"]}, "Of this datacenter's own pool alone."),
    "logjson": (FLAG, "Lines as JSON objects."),
    "loglevel": ({"type": "string", "enum": ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]}, "Lines from this level on."),
    "max_stale": (DURATION, "A server that heard its leader longer ago does not answer."),
    "name": (TEXT, "Only those of this name."),
    "near": (TEXT, "Sorted by the round-trip time to this node; `_agent` is the agent's own."),
    "node": (TEXT, "Only nodes whose name matches this regular expression."),
    "node-meta": ({"type": "string", "examples": ["zone:a"]}, "Only nodes with this key and value; may be repeated."),
    "note": (TEXT, "Becomes the output of the check."),
    "ns": ({"type": "string", "enum": ["default"]}, "The namespace; there is one."),
    "partition": ({"type": "string", "enum": ["default"]}, "The partition; there is one."),
    "passing": (FLAG, "Only instances all of whose checks pass."),
    "peer": (TEXT, "What was imported from a peer: nothing."),
    "pem": ({"type": "string", "enum": ["true"]}, "As a chain of certificates in PEM."),
    "policy": (TEXT, "Only those that bear this policy."),
    "prune": (FLAG, "Forget the member altogether."),
    "raw": (FLAG, "The value alone, as it was written."),
    "reason": (TEXT, "Why, for the people who see the check."),
    "recurse": (FLAG, "All keys that begin with this one."),
    "relay-factor": ({"type": "integer", "minimum": 0, "maximum": 5}, "Answers come through so many members besides."),
    "release": (TEXT, "Give up the lock that this session has of the key."),
    "replace-existing-checks": (FLAG, "Checks of the service that are not given are removed."),
    "role": (TEXT, "Only those that bear this role."),
    "seconds": ({"type": "number", "minimum": 0}, "How long stacks are counted."),
    "separator": (TEXT, "Names are cut after the first of this behind the prefix."),
    "seperator": (TEXT, "As `separator`: clients spell it so too."),
    "service": (TEXT, "Only nodes with a service whose name matches this regular expression."),
    "servicename": (TEXT, "Only those that have this service identity."),
    "stale": (FLAG, "Any server may answer."),
    "tag": (TEXT, "Only instances with this tag; may be repeated."),
    "timeout": (DURATION, "How long answers are waited for."),
    "wait": (DURATION, "How long to wait at most."),
    "wan": ({"type": "string", "enum": ["1"]}, "The servers of all datacenters."),
}
READ_IN_ANSWERS = {
    "/v1/agent/checks": ("filter",),
    "/v1/agent/services": ("filter",),
    "/v1/agent/members": ("filter",),
    "/v1/agent/health/service/id/": ("format",),
    "/v1/agent/health/service/name/": ("format",),
    "/v1/connect/ca/roots": ("pem",),
    "/v1/agent/connect/ca/roots": ("pem",),
    "/v1/txn": ("dc",),
}
"""Parameters that are looked for only once there is something to answer."""

NAMES = {
    "acl/auth-method": "name",
    "acl/binding-rule": "id",
    "acl/policy": "id",
    "acl/role": "id",
    "acl/token": "accessor",
    "agent/join": "address",
    "agent/service": "id",
    "agent/token": "kind",
    "catalog/connect": "service",
    "catalog/gateway-services": "gateway",
    "catalog/node": "node",
    "catalog/node-services": "node",
    "catalog/service": "service",
    "coordinate/node": "node",
    "health/checks": "service",
    "health/connect": "service",
    "health/ingress": "service",
    "health/node": "node",
    "health/service": "service",
    "health/state": "state",
    "kv": "key",
    "query": "id",
    "session/node": "node",
}
"""What stands behind such a path; elsewhere it is `id` behind a verb on one thing, and `name` behind `name`."""


def listed(struct: Struct[Any]) -> Schema:
    """A list of such rows."""
    return {"type": "array", "items": struct.schema}


def _with(schema: Schema, *texts: str) -> Schema:
    """The same with texts that are told beside the fields of the struct."""
    return {**schema, "properties": {**schema["properties"], **{name: {**TEXT, "readOnly": True} for name in texts}}}


OF_AGENT = _with(AGENT_SERVICE.schema, "Datacenter", "ContentHash")
NAMES_ALONE: Schema = {"type": "array", "items": TEXT}
ANSWERS: dict[str, Schema] = {
    "/v1/acl/auth-method/": AUTH_METHOD.schema,
    "/v1/acl/auth-methods": listed(LISTED_METHOD),
    "/v1/acl/binding-rule/": BINDING_RULE.schema,
    "/v1/acl/binding-rules": listed(BINDING_RULE),
    "/v1/acl/policies": listed(POLICY),
    "/v1/acl/policy/": POLICY.schema,
    "/v1/acl/policy/name/": POLICY.schema,
    "/v1/acl/role/": ROLE.schema,
    "/v1/acl/role/name/": ROLE.schema,
    "/v1/acl/roles": listed(ROLE),
    "/v1/acl/token/": TOKEN.schema,
    "/v1/acl/token/self": TOKEN.schema,
    "/v1/acl/tokens": listed(TOKEN),
    "/v1/agent/metrics": METRICS_SUMMARY.schema,
    "/v1/agent/service/": OF_AGENT,
    "/v1/agent/services": {"type": "object", "additionalProperties": OF_AGENT},
    "/v1/catalog/connect/": listed(PLACEMENT),
    "/v1/catalog/datacenters": NAMES_ALONE,
    "/v1/catalog/nodes": listed(NODE),
    "/v1/catalog/service/": listed(PLACEMENT),
    "/v1/catalog/services": {"type": "object", "additionalProperties": NAMES_ALONE},
    "/v1/coordinate/datacenters": listed(DATACENTER_MAP),
    "/v1/coordinate/node/": listed(NODE_COORDINATE),
    "/v1/coordinate/nodes": listed(NODE_COORDINATE),
    "/v1/health/checks/": listed(CHECK),
    "/v1/health/connect/": listed(HEALTH),
    "/v1/health/ingress/": listed(HEALTH),
    "/v1/health/node/": listed(CHECK),
    "/v1/health/service/": listed(HEALTH),
    "/v1/health/state/": listed(CHECK),
    "/v1/kv/": {"anyOf": [listed(ENTRY), NAMES_ALONE]},
    "/v1/query": listed(QUERY),
    "/v1/query/": listed(QUERY),
    "/v1/session/info/": listed(SESSION),
    "/v1/session/list": listed(SESSION),
    "/v1/session/node/": listed(SESSION),
    "/v1/status/leader": TEXT,
    "/v1/status/peers": NAMES_ALONE,
}
"""What a GET answers in JSON with 200; of others it is said that they answer, and not what."""
RAW_BODIES = {
    "/v1/kv/": "The value, as it is.",
    "/v1/event/fire/": "The payload of the event.",
    "/v1/internal/lictor/query/": "The payload of the question.",
    "/v1/snapshot": "An archive that GET gave.",
}
