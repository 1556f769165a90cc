"""The catalog: nodes, services, checks, and the queries on them (Consul's catalog and health endpoints)."""

from __future__ import annotations

from typing import Literal

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, FrozenMap, ReadOnly, Record

CheckStatus = Literal["passing", "warning", "critical"]

SERF_HEALTH = "serfHealth"
"""The check by which the leader writes gossip's verdict on a node into the catalog."""
MAINTENANCE_OF_NODE = "_node_maintenance"
MAINTENANCE_OF_SERVICE = "_service_maintenance:"
"""Ids of the checks that stand for maintenance; a service's id follows."""


class Weights(Record):
    """DNS weights by state."""

    passing: int = 1
    warning: int = 1


class TaggedAddress(Record):
    """An address of a service under a name (lan, wan, …)."""

    name: str
    address: str
    port: int


class NodeRecord(Record):
    """A node of the catalog."""

    node: str
    address: str
    id: str = ""
    datacenter: str = "dc1"
    tagged_addresses: ReadOnly = FrozenMap()
    meta: ReadOnly = FrozenMap()
    create_index: int = 0
    modify_index: int = 0


class ServiceRecord(Record):
    """An instance of a service on a node. ``service`` is the name, ``id`` is unique on the node."""

    node: str
    id: str
    service: str
    tags: tuple[str, ...] = ()
    address: str = ""
    port: int = 0
    socket_path: str = ""
    meta: ReadOnly = FrozenMap()
    tagged_addresses: tuple[TaggedAddress, ...] = ()
    weights: Weights = Weights()
    enable_tag_override: bool = False
    kind: str = ""
    create_index: int = 0
    modify_index: int = 0


class CheckDefinition(Record):
    """How a check is run, kept in the catalog for people; durations in nanoseconds."""

    http: str = ""
    method: str = ""
    header: tuple[tuple[str, tuple[str, ...]], ...] = ()
    body: str = ""
    tls_skip_verify: bool = False
    tls_server_name: str = ""
    disable_redirects: bool = False
    tcp: str = ""
    interval_ns: int = 0
    timeout_ns: int = 0
    deregister_critical_service_after_ns: int = 0


class CheckRecord(Record):
    """A check of a node (``service_id`` empty) or of a service instance."""

    node: str
    check_id: str
    name: str
    status: CheckStatus = "critical"
    notes: str = ""
    output: str = ""
    service_id: str = ""
    service_name: str = ""
    service_tags: tuple[str, ...] = ()
    type: str = ""
    definition: CheckDefinition = CheckDefinition()
    create_index: int = 0
    modify_index: int = 0


class Register(Command, kind="catalog.register", on=WIRE | STORED):
    """Write a node and, if given, a service and checks of it, all in one entry. Outcome: Written or Refused."""

    node: NodeRecord
    skip_node_update: bool = False
    service: ServiceRecord | None = None
    checks: tuple[CheckRecord, ...] = ()


class Deregister(Command, kind="catalog.deregister", on=WIRE | STORED):
    """Remove one service, one check, or with neither the whole node. Outcome: Written, also if absent."""

    node: str
    service_id: str = ""
    check_id: str = ""


class _Filtered(Query):
    """Queries that take ``?filter=`` and ``?node-meta=``."""

    filter: str = ""
    node_meta: tuple[tuple[str, str], ...] = ()


class ListNodes(_Filtered, kind="catalog.list_nodes", on=WIRE):
    """/v1/catalog/nodes; answered by Nodes."""


class ListServices(_Filtered, kind="catalog.list_services", on=WIRE):
    """/v1/catalog/services; answered by Services."""


class ListServiceNodes(_Filtered, kind="catalog.list_service_nodes", on=WIRE):
    """/v1/catalog/service/:service; answered by ServiceNodes. All of ``tags`` must be present."""

    service: str
    tags: tuple[str, ...] = ()


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
    """/v1/health/service/:service; answered by ServiceHealth."""

    service: str
    tags: tuple[str, ...] = ()
    passing: bool = False


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

    node: NodeRecord
    service: ServiceRecord
    checks: tuple[CheckRecord, ...]


class ServiceHealth(Answer, kind="catalog.service_health", on=WIRE):
    """The instances of a service with their health."""

    instances: tuple[Instance, ...]
