"""What requests on the catalog will need. Queries refuse nothing: what may not be seen is left out."""

from __future__ import annotations

from typing import Any

from lictor_actors.store.guard import Need
from lictor_messages.catalog import (
    CheckRecord,
    Deregister,
    ListNodeChecks,
    ListServiceHealth,
    ListServiceNodes,
    Register,
)
from lictor_messages.txn import CheckOperation, NodeOperation, ServiceOperation

Needs = tuple[Need, ...]
ANY_NODE = Need("node", "read", extent="rows")
ANY_SERVICE = Need("service", "read", extent="rows")


def register(command: Register) -> Needs:
    """The node unless it is to stay as it is, the service, and for each check what it is of.

    A node that is not known yet is written with ``skip_node_update`` too, and needs it then.
    """
    needs = [] if command.skip_node_update else [Need("node", "write", command.node.node)]
    if command.service is not None:
        needs.append(Need("service", "write", command.service.service))
    for check in command.checks:
        needs.extend(_check(check.model_copy(update={"node": check.node or command.node.node})))
    return tuple(dict.fromkeys(needs))


def deregister(command: Deregister) -> Needs:
    """A node, or what is on it; for that, the right to write the node will do as well."""
    node = Need("node", "write", command.node)
    if command.service_id:
        return (Need("service", "write", f"{command.node}/{command.service_id}", "stored", instead=(node,)),)
    if command.check_id:
        return (Need("service", "write", f"{command.node}/{command.check_id}", "check", instead=(node,)),)
    return (node,)


def of_service(query: Any) -> Needs:
    """Instances of one name, each with its node."""
    return (Need("service", "read", query.service, "rows"), ANY_NODE)


def of_instances(query: ListServiceNodes | ListServiceHealth) -> Needs:
    """The same; in a mesh the service's, and those of the proxies' names."""
    if query.connect:
        return (Need("service", "read", query.service), ANY_SERVICE, ANY_NODE)
    return of_service(query)


def of_node(query: ListNodeChecks) -> Needs:
    """Checks of one node, some of them of its services."""
    return (Need("node", "read", query.node, "rows"), ANY_SERVICE)


def node_operation(op: NodeOperation) -> Needs:
    """In a transaction; a node may be named by its id alone."""
    if op.verb == "get":
        return (ANY_NODE,)
    stored = not op.node.node
    return (Need("node", "write", op.node.id if stored else op.node.node, "stored" if stored else "name"),)


def service_operation(op: ServiceOperation) -> Needs:
    """In a transaction."""
    return (ANY_SERVICE,) if op.verb == "get" else (Need("service", "write", op.service.service),)


def check_operation(op: CheckOperation) -> Needs:
    """In a transaction."""
    return (ANY_NODE, ANY_SERVICE) if op.verb == "get" else _check(op.check)


def _check(check: CheckRecord) -> Needs:
    if not check.service_id:
        return (Need("node", "write", check.node),)
    return (Need("service", "write", f"{check.node}/{check.service_id}", "stored"),)
