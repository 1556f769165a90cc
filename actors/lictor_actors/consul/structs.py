"""The structs of Consul's JSON that Lictor reads and writes: where each departs from the record that says its fields.

A new field is declared in its record, in ``lictor_messages``; here stand names that are read and kept nowhere, fields
that are written without being kept, and the names of structs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from lictor_actors.consul.kinds import (
    ANYTHING,
    BOOLEAN,
    DURATION,
    INTEGER,
    TEXT,
    TEXTS,
    constant,
)
from lictor_actors.consul.rows import Field
from lictor_actors.consul.selectors import BOOL, INT, STRING, Selector
from lictor_actors.consul.struct import Struct
from lictor_messages.agent import CheckSpec, UpdateCheck
from lictor_messages.autopilot import AutopilotConfiguration
from lictor_messages.base import Record
from lictor_messages.catalog import (
    CheckDefinition,
    CheckRecord,
    Deregister,
    Instance,
    NodeRecord,
    Placement,
    ServiceRecord,
    TaggedAddress,
    Weights,
)
from lictor_messages.json_names import Json
from lictor_messages.kv import Entry
from lictor_messages.queries import PreparedQuery, QueryFailover, QueryTemplate, ServiceQuery
from lictor_messages.sessions import DestroySession, SessionRecord
from lictor_messages.txn import (
    CheckOperation,
    Failure,
    KeyOperation,
    NodeOperation,
    Operation,
    Result,
    ServiceOperation,
    SessionOperation,
)

INDEXES = ("CreateIndex", "ModifyIndex")
ENTERPRISE = {"Namespace": TEXT, "Partition": TEXT}
"""Names of Consul Enterprise, as clients send them to everybody."""
ANYWHERE = {**ENTERPRISE, "PeerName": TEXT}
MESH = {"Proxy": ANYTHING, "Connect": ANYTHING, "Locality": ANYTHING}

# -- the catalog -----------------------------------------------------------------

WEIGHTS = Struct("Weights", Weights, zeros=True, snake=True)
ADDRESS = Struct("ServiceAddress", TaggedAddress, snake=True)
NODE = Struct("Node", NodeRecord, also_read={**ANYWHERE, "Locality": ANYTHING})

_SERVICE_PARTS = (WEIGHTS.part, ADDRESS.map_by("name", "structs.ServiceAddress"))
_PROXY: Selector = {"Mode": STRING, "MeshGateway": {"Mode": STRING}, "Expose": {"Checks": BOOL}}
_NO_PROXY = constant("NO_PROXY", {"Mode": "", "MeshGateway": {}, "Expose": {}}, _PROXY)
_NO_CONNECT = constant("NO_CONNECT", {}, {"Native": BOOL})
_MESH_ROW = (
    Field("Proxy", "", _NO_PROXY, before="CreateIndex"),
    Field("Connect", "", _NO_CONNECT, before="CreateIndex"),
)
SERVICE = Struct("NodeService", ServiceRecord, _SERVICE_PARTS, also_read={**MESH, **ANYWHERE}, also_written=_MESH_ROW)
AGENT_SERVICE = Struct("AgentService", ServiceRecord, _SERVICE_PARTS, without=INDEXES)
"""A service as its own agent tells of it; the datacenter is added there."""

_NOT_RUN = {
    "TCPUseTLS": BOOLEAN,
    "UDP": TEXT,
    "ScriptArgs": TEXTS,
    "DockerContainerID": TEXT,
    "Shell": TEXT,
    "GRPC": TEXT,
    "GRPCUseTLS": BOOLEAN,
    "H2PING": TEXT,
    "H2PingUseTLS": BOOLEAN,
    "OSService": TEXT,
    "AliasNode": TEXT,
    "AliasService": TEXT,
}
"""Names of checks of other kinds than HTTP, TCP and TTL."""
_REAP = "DeregisterCriticalServiceAfter"
DEFINITION = Struct(
    "HealthCheckDefinition",
    CheckDefinition,
    also_read={
        **_NOT_RUN,
        "OutputMaxSize": INTEGER,
        "TTL": DURATION,
        **dict.fromkeys(("IntervalDuration", "TimeoutDuration", f"{_REAP}Duration"), DURATION),
    },
    first_of={name: (f"{name}Duration", name) for name in ("Interval", "Timeout", _REAP)},
)
_IF_SET = replace(DURATION, written="go_duration(VALUE) if VALUE else ''")
CHECK = Struct(
    "HealthCheck",
    CheckRecord,
    (DEFINITION.part,),
    also_read={"Interval": TEXT, "Timeout": TEXT, "ExposedPort": INTEGER, **ANYWHERE},
    also_written=(
        Field("Interval", "definition.interval_ns", _IF_SET, before="Definition"),
        Field("Timeout", "definition.timeout_ns", _IF_SET, before="Definition"),
        Field("ExposedPort", "", constant("0", 0, INT), before="Definition"),
    ),
)
HEALTH = Struct("CheckServiceNode", Instance, (NODE.part, SERVICE.part, CHECK.part))


def _in_placement(field: Field) -> Field:
    """A service's field in the flat row of a service with its node."""
    if field.name in INDEXES:
        return replace(field, path=f"service.{field.path}")
    return replace(
        field,
        name="ServiceName" if field.name == "Service" else f"Service{field.name}",
        path=field.path and f"service.{field.path}",
        empty="omitted" if field.name == "TaggedAddresses" else "shown",
        before="ServiceMeta" if field.name == "Weights" else "",
    )


_NODE_IN_PLACEMENT = (
    replace(field, name="NodeMeta" if field.name == "Meta" else field.name, path=f"node.{field.path}", before="")
    for field in NODE.written
    if field.name not in INDEXES
)
PLACEMENT = Struct("ServiceNode", Placement, fields=(*_NODE_IN_PLACEMENT, *map(_in_placement, SERVICE.written)))
ROW_TYPES = {struct.name: struct.selectors for struct in (NODE, SERVICE, CHECK, PLACEMENT, HEALTH)}
"""What a filter can select in rows, by the name of their struct."""

REGISTER = Struct(
    "RegisterRequest",
    NodeRecord,
    renamed={"Meta": "NodeMeta"},
    without=INDEXES,
    also_read={
        "Service": SERVICE.read_only,
        "Check": CHECK.read_only,
        "Checks": CHECK.list_read_only("*structs.HealthCheck"),
        "SkipNodeUpdate": BOOLEAN,
        "Locality": ANYTHING,
        "Token": TEXT,
        **ANYWHERE,
    },
)
DEREGISTER = Struct(
    "DeregisterRequest",
    Deregister,
    also_read={"Datacenter": TEXT, "Address": TEXT, "Token": TEXT, **ANYWHERE},
)

# -- the agent -------------------------------------------------------------------

_CHECK_ALSO = {
    **_NOT_RUN,
    **dict.fromkeys(("ID", "Token", "ProxyHTTP", "ProxyGRPC"), TEXT),
    "Args": TEXTS,
    "FailuresBeforeWarning": INTEGER,
    **ENTERPRISE,
}
_CHECK_ID = {"CheckID": ("CheckID", "ID")}
CHECK_TYPE = Struct("CheckType", CheckSpec, also_read=_CHECK_ALSO, first_of=_CHECK_ID, snake=True)
"""A check in the definition of a service."""
CHECK_DEFINITION = Struct("CheckDefinition", CheckSpec, also_read=_CHECK_ALSO, first_of=_CHECK_ID, snake=True)
"""A check by itself."""
SERVICE_DEFINITION = Struct(
    "ServiceDefinition",
    ServiceRecord,
    _SERVICE_PARTS,
    renamed={"Service": "Name"},
    without=INDEXES,
    also_read={
        "Check": CHECK_TYPE.read_only,
        "Checks": CHECK_TYPE.list_read_only("*structs.CheckType"),
        "Token": TEXT,
        **MESH,
        **ENTERPRISE,
    },
    snake=True,
)
STATUS_UPDATE = Struct("checkUpdate", UpdateCheck)

# -- sessions and prepared queries -----------------------------------------------

SESSION = Struct("Session", SessionRecord)
NEW_SESSION = Struct(
    "Session",
    SessionRecord,
    renamed={field.name: field.name.lower() for field in SESSION.fields},
    without=("ID", *INDEXES),
    also_read={"checks": TEXTS},
)
"""Its names are repeated in lower case."""

_FAILOVER = Struct("QueryFailoverOptions", QueryFailover, also_read={"Targets": ANYTHING})
SERVICE_QUERY = Struct(
    "ServiceQuery",
    ServiceQuery,
    (_FAILOVER.part,),
    also_read={"SamenessGroup": TEXT, "Peer": TEXT, **ENTERPRISE},
)
_TEMPLATE = Struct("QueryTemplateOptions", QueryTemplate)


class _Dns(Record):
    ttl: Annotated[str, Json("TTL")] = ""


_DNS = Struct("QueryDNSOptions", _Dns)
QUERY = Struct(
    "PreparedQuery",
    PreparedQuery,
    (
        _TEMPLATE.part,
        SERVICE_QUERY.part,
        {"dns": replace(_DNS.kind, written="{'TTL': VALUE}", kept=lambda dns: dns.get("TTL", ""))},
    ),
    also_read={"Near": TEXT},
)

# -- operators -------------------------------------------------------------------

AUTOPILOT = Struct("AutopilotConfiguration", AutopilotConfiguration, snake=True, zeros=True)

# -- keys and transactions ----------------------------------------------------------

ENTRY = Struct("KVPair", Entry)
RESULT = Struct("TxnResult", Result, (ENTRY.part, NODE.part, SERVICE.part, CHECK.part))
FAILURE = Struct("TxnError", Failure)
_TXN_SERVICE = Struct(
    "NodeService",
    ServiceRecord,
    _SERVICE_PARTS,
    also_read={**MESH, **ANYWHERE, "ContentHash": TEXT, "Datacenter": TEXT},
)
_TXN_SESSION = Struct("Session", DestroySession, also_read=ENTERPRISE)
KEY_OPERATION = Struct("KVTxnOp", KeyOperation, also_read=ENTERPRISE)
TXN_OP = Struct(
    "TxnOp",
    Operation,
    (
        KEY_OPERATION.pointer,
        Struct("NodeTxnOp", NodeOperation, (NODE.part,)).pointer,
        Struct("ServiceTxnOp", ServiceOperation, (_TXN_SERVICE.part,), also_read={"Node": TEXT}).pointer,
        Struct("CheckTxnOp", CheckOperation, (CHECK.part,)).pointer,
        Struct("SessionTxnOp", SessionOperation, also_read={"Session": _TXN_SESSION.read_only}).pointer,
    ),
)
