"""The index that each query on the catalog reports, at least 1; found without building the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.store.families.catalog.tables import CHECKS, NODES, SERVICES, CatalogTables, fold
from lictor_messages.catalog import ListServiceHealth, ListServiceNodes, ListServices

Index = Callable[[CatalogTables, Any], int]


def looks_at_nodes(query: Any) -> bool:
    """Whether rows of nodes decide what is in the answer."""
    return bool(query.node_meta or (query.filter and isinstance(query, ListServices)))


def _of_service(*tables: str) -> Index:
    def index(catalog: CatalogTables, query: Any) -> int:
        if isinstance(query, ListServiceNodes | ListServiceHealth) and query.connect:  # any name may be a proxy of it
            return catalog.indexes.table(*tables) or 1
        return catalog.indexes.service(fold(query.service), *tables) or 1

    return index


def _of_tables(*tables: str) -> Index:
    return lambda catalog, _: catalog.indexes.table(*tables) or 1


def _of_table(table: str) -> Index:
    """A query that looks at nodes' meta also depends on them."""
    return lambda catalog, query: catalog.indexes.table(table, *((NODES,) if looks_at_nodes(query) else ())) or 1


nodes = _of_tables(NODES)
services = _of_table(SERVICES)
node_services = services_at = usage = _of_tables(NODES, SERVICES)
service_nodes = _of_service(NODES, SERVICES)
service_health = _of_service(NODES, SERVICES, CHECKS)
service_checks = service_health
checks = _of_table(CHECKS)
