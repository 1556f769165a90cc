"""The catalog: nodes, services, checks, and the queries on them (Consul's catalog and health endpoints)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, FrozenMap, ReadOnly, Record
from lictor_messages.json_names import Json
from lictor_messages.json_text import JsonObject
from lictor_messages.secret import Secret

CheckStatus = Literal["passing", "warning", "critical"]

SERF_HEALTH = "serfHealth"
"""The check by which the leader writes gossip's verdict on a node into the catalog."""
MAINTENANCE_OF_NODE = "_node_maintenance"
MAINTENANCE_OF_SERVICE = "_service_maintenance:"
"""Ids of the checks that stand for maintenance; a service's id follows."""


class Weights(Record):
    """DNS weights by state."""

    passing: Annotated[int, Json("Passing")] = 1
    warning: Annotated[int, Json("Warning")] = 1


class TaggedAddress(Record):
    """An address of a service under a name (lan, wan, …)."""

    name: str
    address: Annotated[str, Json("Address")]
    port: Annotated[int, Json("Port")]


class Locality(Record):
    """Where a node or an instance runs."""

    region: Annotated[str, Json("Region")] = ""
    zone: Annotated[str, Json("Zone")] = ""


class ServicePort(Record):
    """One of several ports of an instance, under a name; the default one is its ``port`` for those who know of one."""

    name: Annotated[str, Json("Name")]
    port: Annotated[int, Json("Port")]
    default: Annotated[bool, Json("Default")] = False


class NodeRecord(Record):
    """A node of the catalog."""

    node: Annotated[str, Json("Node")]
    address: Annotated[str, Json("Address")]
    id: Annotated[str, Json("ID", before="Node")] = ""
    datacenter: Annotated[str, Json("Datacenter")] = "dc1"
    tagged_addresses: Annotated[ReadOnly, Json("TaggedAddresses", empty="null")] = FrozenMap()
    meta: Annotated[ReadOnly, Json("Meta", empty="null")] = FrozenMap()
    locality: Annotated[Locality | None, Json("Locality", empty="omitted", selectable=False)] = None
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class ServiceRecord(Record):
    """An instance of a service on a node. ``service`` is the name, ``id`` is unique on the node."""

    node: str
    id: Annotated[str, Json("ID")]
    service: Annotated[str, Json("Service")]
    tags: Annotated[tuple[str, ...], Json("Tags")] = ()
    address: Annotated[str, Json("Address")] = ""
    port: Annotated[int, Json("Port")] = 0
    ports: Annotated[tuple[ServicePort, ...], Json("Ports", empty="omitted", selectable=False)] = ()
    socket_path: Annotated[str, Json("SocketPath", empty="omitted")] = ""
    meta: Annotated[ReadOnly, Json("Meta", empty="null", before="Port")] = FrozenMap()
    tagged_addresses: Annotated[tuple[TaggedAddress, ...], Json("TaggedAddresses", empty="omitted", before="Meta")] = ()
    weights: Annotated[Weights, Json("Weights")] = Weights()
    enable_tag_override: Annotated[bool, Json("EnableTagOverride")] = False
    kind: Annotated[str, Json("Kind", empty="omitted", before="ID")] = ""
    proxy: Annotated[JsonObject, Json("Proxy", "proxy")] = ""
    """How a proxy of a service mesh is set up, as JSON; kept for those who ask, and heeded nowhere."""
    connect_native: Annotated[bool, Json("Connect", "connect")] = False
    """Whether it speaks the service mesh's TLS itself; kept likewise."""
    locality: Annotated[Locality | None, Json("Locality", empty="omitted", selectable=False)] = None
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


Headers = Annotated[tuple[tuple[str, tuple[str, ...]], ...], Field(repr=False)]
"""Names of HTTP headers with their values, among which may be a password."""


class CheckDefinition(Record):
    """How a check is run, for people and for who runs what is registered by hand; in nanoseconds, 0 for unset."""

    http: Annotated[str, Json("HTTP", empty="omitted")] = ""
    method: Annotated[str, Json("Method", empty="omitted")] = ""
    header: Annotated[Headers, Json("Header", empty="omitted", before="Method")] = ()
    body: Annotated[Secret, Json("Body", empty="omitted")] = ""
    tls_skip_verify: Annotated[bool, Json("TLSSkipVerify", empty="omitted", before="Header")] = False
    tls_server_name: Annotated[str, Json("TLSServerName", empty="omitted", before="TLSSkipVerify")] = ""
    disable_redirects: Annotated[bool, Json("DisableRedirects", empty="omitted")] = False
    tcp: Annotated[str, Json("TCP", empty="omitted")] = ""
    tcp_use_tls: Annotated[bool, Json("TCPUseTLS", empty="omitted")] = False
    udp: Annotated[str, Json("UDP", empty="omitted")] = ""
    grpc: Annotated[str, Json("GRPC", empty="omitted")] = ""
    """``host:port``, with ``/service`` for one service of the server."""
    grpc_use_tls: Annotated[bool, Json("GRPCUseTLS", empty="omitted")] = False
    h2ping: Annotated[str, Json("H2PING", empty="omitted")] = ""
    h2ping_use_tls: Annotated[bool, Json("H2PingUseTLS", empty="omitted")] = False
    alias_node: Annotated[str, Json("AliasNode", empty="omitted")] = ""
    alias_service: Annotated[str, Json("AliasService", empty="omitted")] = ""
    """Id of a service."""
    interval_ns: Annotated[int, Json("Interval", "duration", empty="omitted")] = 0
    timeout_ns: Annotated[int, Json("Timeout", "duration", empty="omitted")] = 0
    deregister_critical_service_after_ns: Annotated[
        int, Json("DeregisterCriticalServiceAfter", "duration", empty="omitted")
    ] = 0


class CheckRecord(Record):
    """A check of a node (``service_id`` empty) or of a service instance."""

    node: Annotated[str, Json("Node")]
    check_id: Annotated[str, Json("CheckID")]
    name: Annotated[str, Json("Name")]
    status: Annotated[CheckStatus, Json("Status")] = "critical"
    notes: Annotated[str, Json("Notes")] = ""
    output: Annotated[str, Json("Output")] = ""
    service_id: Annotated[str, Json("ServiceID")] = ""
    service_name: Annotated[str, Json("ServiceName")] = ""
    service_tags: Annotated[tuple[str, ...], Json("ServiceTags")] = ()
    type: Annotated[str, Json("Type")] = ""
    interval: Annotated[str, Json("Interval")] = ""
    """How often its agent runs it, as Go writes durations; what is registered by hand has a definition instead."""
    timeout: Annotated[str, Json("Timeout")] = ""
    definition: Annotated[CheckDefinition, Json("Definition", selectable=False)] = CheckDefinition()
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class Register(Command, kind="catalog.register", on=WIRE | STORED):
    """Write a node and, if given, a service and checks of it, all in one entry. Outcome: Written or Refused."""

    node: NodeRecord
    skip_node_update: bool = False
    service: ServiceRecord | None = None
    checks: tuple[CheckRecord, ...] = ()


class Deregister(Command, kind="catalog.deregister", on=WIRE | STORED):
    """Remove one service, one check, or with neither the whole node. Outcome: Written, also if absent."""

    node: Annotated[str, Json("Node")]
    service_id: Annotated[str, Json("ServiceID")] = ""
    check_id: Annotated[str, Json("CheckID")] = ""


class _Filtered(Query):
    """Queries that take ``?filter=``, ``?node-meta=`` and ``?near=``."""

    filter: str = ""
    near: str = ""
    """Name of a node: the rows of the nodes that lie nearest to it come first, those without a coordinate last."""
    node_meta: tuple[tuple[str, str], ...] = ()


class ListNodes(_Filtered, kind="catalog.list_nodes", on=WIRE):
    """/v1/catalog/nodes; answered by Nodes."""


class ListServices(_Filtered, kind="catalog.list_services", on=WIRE):
    """/v1/catalog/services; answered by Services."""


class ListServiceNodes(_Filtered, kind="catalog.list_service_nodes", on=WIRE):
    """/v1/catalog/service/:service; answered by ServiceNodes. All of ``tags`` must be present.

    ``connect``: /v1/catalog/connect/:service, the instances by which a mesh reaches the service: its proxies, and those
    of its own that need none.
    """

    service: str
    tags: tuple[str, ...] = ()
    connect: bool = False


class FindServicesAt(Query, kind="catalog.find_services_at", on=WIRE):
    """The instances that have this IP as an address of their own; answered by ServiceNodes. Never blocks."""

    address: str
    """In its usual form, see ``addresses.usual``."""


class ListNodeServices(_Filtered, kind="catalog.list_node_services", on=WIRE):
    """/v1/catalog/node/:node (name, or the start of a node id); answered by NodeServices.

    ``as_list`` renders /v1/catalog/node-services/:node instead.
    """

    node: str
    as_list: bool = False


class ListNodeChecks(_Filtered, kind="catalog.list_node_checks", on=WIRE):
    """/v1/health/node/:node; answered by Checks."""

    node: str


class ListServiceChecks(_Filtered, kind="catalog.list_service_checks", on=WIRE):
    """/v1/health/checks/:service; answered by Checks."""

    service: str


class ListChecksInState(_Filtered, kind="catalog.list_checks_in_state", on=WIRE):
    """/v1/health/state/:state, ``any`` for all; answered by Checks."""

    state: str


class ListServiceHealth(_Filtered, kind="catalog.list_service_health", on=WIRE):
    """/v1/health/service/:service, or with ``connect`` /v1/health/connect/:service; answered by ServiceHealth."""

    service: str
    tags: tuple[str, ...] = ()
    passing: bool = False
    connect: bool = False


class Nodes(Answer, kind="catalog.nodes", on=WIRE):
    """Nodes in the order of names."""

    nodes: tuple[NodeRecord, ...]


class ServiceTags(Record):
    """A service name and the union of its instances' tags."""

    service: str
    tags: tuple[str, ...]


class Services(Answer, kind="catalog.services", on=WIRE):
    """Service names with their tags."""

    services: tuple[ServiceTags, ...]


class Placement(Record):
    """A service instance with the node it is on."""

    node: NodeRecord
    service: ServiceRecord


class ServiceNodes(Answer, kind="catalog.service_nodes", on=WIRE):
    """The instances of a service."""

    placements: tuple[Placement, ...]


class NodeServices(Answer, kind="catalog.node_services", on=WIRE):
    """A node and its services; ``node`` is None if it is unknown."""

    node: NodeRecord | None
    services: tuple[ServiceRecord, ...] = ()


class Checks(Answer, kind="catalog.checks", on=WIRE):
    """Checks, node by node."""

    checks: tuple[CheckRecord, ...]


class Instance(Record):
    """A service instance with its node and all checks that bear on it, the node's included."""

    node: Annotated[NodeRecord, Json("Node")]
    service: Annotated[ServiceRecord, Json("Service")]
    checks: Annotated[tuple[CheckRecord, ...], Json("Checks")]


class ServiceHealth(Answer, kind="catalog.service_health", on=WIRE):
    """The instances of a service with their health."""

    instances: tuple[Instance, ...]
