"""Nodes, services, checks and what is made of them: the catalog's and the health endpoints' structs."""

from __future__ import annotations

from dataclasses import replace

from lictor_actors.consul.kinds import BOOLEAN, DURATION, INTEGER, TEXT, TEXTS, constant
from lictor_actors.consul.parts import as_read, list_read, map_by, one_or_more
from lictor_actors.consul.rows import Field
from lictor_actors.consul.selectors import INT
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.mesh import CONNECT, PROXY
from lictor_messages.catalog import (
    CheckDefinition,
    CheckRecord,
    Deregister,
    Instance,
    Locality,
    NodeRecord,
    Placement,
    ServicePort,
    ServiceRecord,
    TaggedAddress,
    Weights,
)

INDEXES = ("CreateIndex", "ModifyIndex")
ENTERPRISE = {"Namespace": TEXT, "Partition": TEXT}
"""Names of Consul Enterprise, which clients may send to any Consul."""
ANYWHERE = {**ENTERPRISE, "PeerName": TEXT}

WEIGHTS = Struct("Weights", Weights, zeros=True, snake=True)
ADDRESS = Struct("ServiceAddress", TaggedAddress, snake=True)
LOCALITY = Struct("Locality", Locality, snake=True)
PORT = Struct("ServicePort", ServicePort, snake=True)
NODE = Struct("Node", NodeRecord, (one_or_more(LOCALITY),), also_read=ANYWHERE)

SERVICE_PARTS = (
    one_or_more(WEIGHTS),
    one_or_more(LOCALITY),
    one_or_more(PORT),
    map_by(ADDRESS, "name", "structs.ServiceAddress"),
    {"proxy": PROXY, "connect": CONNECT},
)
SERVICE = Struct("NodeService", ServiceRecord, SERVICE_PARTS, also_read=ANYWHERE)

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
        empty=field.empty if field.name in ("TaggedAddresses", "Ports", "Locality") else "shown",
        before="ServiceMeta" if field.name == "Weights" else "",
    )


_NODE_IN_PLACEMENT = (
    replace(field, name="NodeMeta" if field.name == "Meta" else field.name, path=f"node.{field.path}", before="")
    for field in NODE.written
    if field.name not in (*INDEXES, "Locality")
)
PLACEMENT = Struct("ServiceNode", Placement, fields=(*_NODE_IN_PLACEMENT, *map(_in_placement, SERVICE.written)))

REGISTER = Struct(
    "RegisterRequest",
    NodeRecord,
    (one_or_more(LOCALITY),),
    renamed={"Meta": "NodeMeta"},
    without=INDEXES,
    also_read={
        "Service": as_read(SERVICE),
        "Check": as_read(CHECK),
        "Checks": list_read(CHECK, "*structs.HealthCheck"),
        "SkipNodeUpdate": BOOLEAN,
        "Token": TEXT,
        **ANYWHERE,
    },
)
DEREGISTER = Struct(
    "DeregisterRequest",
    Deregister,
    also_read={"Datacenter": TEXT, "Address": TEXT, "Token": TEXT, **ANYWHERE},
)
