"""The catalog and health as clients see them: Consul's /v1/catalog and /v1/health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration
from lictor_actors.client.questions import ask, ok, read
from lictor_actors.client.results import FilterOptions, Rows, filter_fields
from lictor_messages.answers import Written
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    CheckStatus,
    Deregister,
    Instance,
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceChecks,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Nodes,
    NodeServices,
    Placement,
    Register,
    ServiceHealth,
    ServiceNodes,
    ServiceRecord,
    Services,
    ServiceTags,
)
from lictor_messages.status import Datacenters, ListDatacenters


class Catalog(Api[M]):
    """What the cluster knows: nodes, services and where they are."""

    @both
    def nodes(self, **options: Unpack[FilterOptions]) -> Ask[Rows[NodeRecord]]:
        """All nodes, in the order of their names."""
        query = ListNodes(**filter_fields(options))
        return read(query, Nodes, lambda a: Rows.of(a, a.nodes), options)

    @both
    def services(self, **options: Unpack[FilterOptions]) -> Ask[Rows[ServiceTags]]:
        """All service names with the tags of their instances."""
        query = ListServices(**filter_fields(options))
        return read(query, Services, lambda a: Rows.of(a, a.services), options)

    @both
    def service(
        self, service: str, *, tags: Sequence[str] = (), **options: Unpack[FilterOptions]
    ) -> Ask[Rows[Placement]]:
        """The instances of a service with their nodes, healthy or not; all of ``tags`` must be present."""
        query = ListServiceNodes(service=service, tags=tuple(tags), **filter_fields(options))
        return read(query, ServiceNodes, lambda a: Rows.of(a, a.placements), options)

    @both
    def node(self, node: str, **options: Unpack[FilterOptions]) -> Ask[NodeServices]:
        """A node, by name or start of its id, and its services; ``.node`` is None if it is unknown."""
        query = ListNodeServices(node=node, **filter_fields(options))
        return read(query, NodeServices, lambda a: a, options)

    @both
    def datacenters(self) -> Ask[tuple[str, ...]]:
        """Names of the datacenters known, the nearest first."""
        return ask(ListDatacenters(), Datacenters, lambda a: a.names)

    @both
    def register(
        self,
        node: NodeRecord,
        *,
        service: ServiceRecord | None = None,
        checks: Sequence[CheckRecord] = (),
        skip_node_update: bool = False,
        dc: str = "",
        timeout: Duration | None = None,
    ) -> Ask[bool]:
        """Write a node, and a service and checks of it, past any agent: for what has no agent of its own."""
        command = Register(node=node, service=service, checks=tuple(checks), skip_node_update=skip_node_update, dc=dc)
        return ask(command, Written, ok, timeout)

    @both
    def deregister(
        self, node: str, *, service_id: str = "", check_id: str = "", dc: str = "", timeout: Duration | None = None
    ) -> Ask[bool]:
        """Remove a service, a check or, with neither, the whole node; True also if it was not there."""
        return ask(Deregister(node=node, service_id=service_id, check_id=check_id, dc=dc), Written, ok, timeout)


class Health(Api[M]):
    """Checks, and services with their checks."""

    @both
    def service(
        self, service: str, *, passing: bool = False, tags: Sequence[str] = (), **options: Unpack[FilterOptions]
    ) -> Ask[Rows[Instance]]:
        """The instances of a service with node and checks; ``passing`` leaves out what is not healthy."""
        query = ListServiceHealth(service=service, passing=passing, tags=tuple(tags), **filter_fields(options))
        return read(query, ServiceHealth, lambda a: Rows.of(a, a.instances), options)

    @both
    def node(self, node: str, **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """The checks of a node and of its services."""
        return read(
            ListNodeChecks(node=node, **filter_fields(options)), Checks, lambda a: Rows.of(a, a.checks), options
        )

    @both
    def checks(self, service: str, **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """The checks of all instances of a service."""
        return read(
            ListServiceChecks(service=service, **filter_fields(options)),
            Checks,
            lambda a: Rows.of(a, a.checks),
            options,
        )

    @both
    def state(self, state: CheckStatus | Literal["any"], **options: Unpack[FilterOptions]) -> Ask[Rows[CheckRecord]]:
        """All checks in a state."""
        return read(
            ListChecksInState(state=state, **filter_fields(options)), Checks, lambda a: Rows.of(a, a.checks), options
        )
