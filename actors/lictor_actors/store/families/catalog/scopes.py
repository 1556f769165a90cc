"""What has to be touched before the answer to a query on the catalog can change."""

from __future__ import annotations

from typing import Any

from lictor_actors.store.families.catalog.indexes import looks_at_nodes
from lictor_actors.store.families.catalog.queries import ANY
from lictor_actors.store.families.catalog.tables import CHECKS, NODES, SERVICES, fold
from lictor_actors.store.indexes import Scope
from lictor_messages.catalog import (
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
)
from lictor_messages.usage import CountUsage

Scopes = tuple[Scope, ...]


def nodes(_: ListNodes) -> Scopes:
    """All of them."""
    return (("table", NODES),)


def services(query: ListServices) -> Scopes:
    """All instances."""
    return _with_nodes(query, ("table", SERVICES))


def usage(_: CountUsage) -> Scopes:
    """All nodes and instances."""
    return (("table", NODES), ("table", SERVICES))


def service(query: Any) -> Scopes:
    """Instances of one name, their checks and their nodes."""
    return (("service", fold(query.service)),)


def instances(query: ListServiceNodes | ListServiceHealth) -> Scopes:
    """Those of one name; in a mesh any name may be a proxy of it."""
    return tuple(("table", name) for name in (NODES, SERVICES, CHECKS)) if query.connect else service(query)


def node_services(query: ListNodeServices) -> Scopes:
    """A node, by its name or by the start of its id."""
    return (("node", fold(query.node)), ("id prefix", query.node.lower()))


def node_checks(query: ListNodeChecks) -> Scopes:
    """The checks of one node."""
    return _with_nodes(query, ("checks of", fold(query.node)))


def checks_in_state(query: ListChecksInState) -> Scopes:
    """Checks that have the state, or had it."""
    return _with_nodes(query, ("table", CHECKS) if query.state == ANY else ("state", query.state))


def _with_nodes(query: Any, scope: Scope) -> Scopes:
    return (scope, ("table", NODES)) if looks_at_nodes(query) else (scope,)
