"""Nodes, services, checks and what is made of them: the catalog's and the health endpoints' structs."""

from __future__ import annotations

from dataclasses import replace

from lictor_actors.consul.kinds import ANYTHING, BOOLEAN, DURATION, INTEGER, TEXT, TEXTS, constant
from lictor_actors.consul.parts import as_read, list_read, map_by, one_or_more
from lictor_actors.consul.rows import Field
from lictor_actors.consul.selectors import BOOL, INT, STRING, Selector
from lictor_actors.consul.struct import Struct
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

INDEXES = ("CreateIndex", "ModifyIndex")
ENTERPRISE = {"Namespace": TEXT, "Partition": TEXT}
"""Names of Consul Enterprise, which clients may send to any Consul."""
ANYWHERE = {**ENTERPRISE, "PeerName": TEXT}
MESH = {"Proxy": ANYTHING, "Connect": ANYTHING, "Locality": ANYTHING}

WEIGHTS = Struct("Weights", Weights, zeros=True, snake=True)
ADDRESS = Struct("ServiceAddress", TaggedAddress, snake=True)
NODE = Struct("Node", NodeRecord, also_read={**ANYWHERE, "Locality": ANYTHING})

SERVICE_PARTS = (one_or_more(WEIGHTS), map_by(ADDRESS, "name", "structs.ServiceAddress"))
_PROXY: Selector = {"Mode": STRING, "MeshGateway": {"Mode": STRING}, "Expose": {"Checks": BOOL}}
_NO_PROXY = constant("NO_PROXY", {"Mode": "", "MeshGateway": {}, "Expose": {}}, _PROXY)
_NO_CONNECT = constant("NO_CONNECT", {}, {"Native": BOOL})
_MESH_ROW = (
    Field("Proxy", "", _NO_PROXY, before="CreateIndex"),
    Field("Connect", "", _NO_CONNECT, before="CreateIndex"),
)
SERVICE = Struct("NodeService", ServiceRecord, SERVICE_PARTS, also_read={**MESH, **ANYWHERE}, also_written=_MESH_ROW)

NOT_RUN = {"DockerContainerID": TEXT, "Shell": TEXT, "OSService": TEXT}
"""Names of checks of other kinds than those that are run."""
_REAP = "DeregisterCriticalServiceAfter"
DEFINITION = Struct(
    "HealthCheckDefinition",
    CheckDefinition,
    also_read={
        **NOT_RUN,
        "ScriptArgs": TEXTS,
        "OutputMaxSize": INTEGER,
        "TTL": DURATION,
        **dict.fromkeys(("IntervalDuration", "TimeoutDuration", f"{_REAP}Duration"), DURATION),
    },
    first_of={name: (f"{name}Duration", name) for name in ("Interval", "Timeout", _REAP)},
)
CHECK = Struct(
    "HealthCheck",
    CheckRecord,
    (one_or_more(DEFINITION),),
    also_read={"ExposedPort": INTEGER, **ANYWHERE},
    also_written=(Field("ExposedPort", "", constant("0", 0, INT), before="Definition"),),
)
HEALTH = Struct("CheckServiceNode", Instance, (one_or_more(NODE), one_or_more(SERVICE), one_or_more(CHECK)))


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

REGISTER = Struct(
    "RegisterRequest",
    NodeRecord,
    renamed={"Meta": "NodeMeta"},
    without=INDEXES,
    also_read={
        "Service": as_read(SERVICE),
        "Check": as_read(CHECK),
        "Checks": list_read(CHECK, "*structs.HealthCheck"),
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
