"""By which instances a service mesh reaches a service: Consul's /v1/catalog/connect/:service."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_messages.catalog import ServiceRecord

PROXY = "connect-proxy"


def in_mesh(catalog: CatalogTables, service: str) -> Iterator[ServiceRecord]:
    """Proxies in front of it, and instances of its own that need none, by their names, then by node."""
    wanted = fold(service)
    for name in sorted(catalog.instances):
        for instance in catalog.instances[name].values():
            if (instance.connect_native and name == wanted) or stands_before(instance) == wanted:
                yield instance


def stands_before(instance: ServiceRecord) -> str:
    """The service (folded) whose proxy this is, "" if it is none."""
    if instance.kind != PROXY:
        return ""
    return fold(str(json.loads(instance.proxy or "{}").get("DestinationServiceName", "")))
