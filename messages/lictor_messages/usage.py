"""How much the catalog holds, as operators count it."""

from __future__ import annotations

from lictor_messages.answers import Answer, Query
from lictor_messages.base import WIRE


class CountUsage(Query, kind="catalog.count_usage", on=WIRE):
    """/v1/operator/usage; answered by Usage."""


class Usage(Answer, kind="catalog.usage", on=WIRE):
    """How much there is in the catalog."""

    nodes: int
    services: int
    """Names of services."""
    service_instances: int
    billable_service_instances: int
    """Those of applications: without the servers' own, and without those of a service mesh."""
    mesh_instances: tuple[tuple[str, int], ...] = ()
    """Of each kind that only a service mesh has, and of ``connect-native``, how many there are."""
