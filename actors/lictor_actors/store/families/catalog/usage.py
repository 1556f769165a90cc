"""How much is in the catalog, as operators count it (Consul's page on /v1/operator/usage)."""

from __future__ import annotations

from collections import Counter

from lictor_actors.store.families.catalog import indexes
from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_messages.usage import CountUsage, Usage

NATIVE = "connect-native"
SERVERS_OWN = fold("consul")
"""The service that every server has of itself; its instances are no application's."""


def count(catalog: CatalogTables, query: CountUsage) -> Usage:
    """Nodes, names of services, and their instances."""
    instances = {name: len(found) for name, found in catalog.instances.items() if found}
    total = sum(instances.values())
    every = (row for found in catalog.instances.values() for row in found.values())
    mesh = Counter(kind for row in every if (kind := row.kind or (NATIVE if row.connect_native else "")))
    proxies = mesh.total() - mesh[NATIVE]
    return Usage(
        index=indexes.usage(catalog, query),
        nodes=len(catalog.nodes),
        services=len(instances),
        service_instances=total,
        billable_service_instances=total - instances.get(SERVERS_OWN, 0) - proxies,
        mesh_instances=tuple(sorted(mesh.items())),
    )
