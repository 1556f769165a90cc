"""What requests on the catalog need. Queries refuse nothing: what may not be seen is left out."""

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
    """The node unless it is to stay as it is, the service, and for each check what it is of; and what gives way.

    A node that is not known yet is written with ``skip_node_update`` too, and needs it then. An id may be that of
    another node, service or check, which is then written over.
    """
    name, service = command.node.node, command.service
    needs = [Need("node", "write", name, "unknown" if command.skip_node_update else "name")]
    if command.node.id and not command.skip_node_update:
        needs.append(Need("node", "write", command.node.id, "stored"))
    if service is not None:
        needs += [Need("service", "write", service.service), _instance(name, service.id or service.service)]
    for check in command.checks:
        needs.append(Need("service", "write", f"{check.node or name}/{check.check_id}", "check"))
        if service is None or check.service_id != service.id:
            needs.extend(_check(check.model_copy(update={"node": check.node or name})))
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
    if op.verb == "get":
        return (ANY_SERVICE,)
    named = (Need("service", "write", op.service.service),) if op.service.service else ()
    return (*named, _instance(op.service.node, op.service.id))


def check_operation(op: CheckOperation) -> Needs:
    """In a transaction."""
    if op.verb == "get":
        return (ANY_NODE, ANY_SERVICE)
    return (*_check(op.check), Need("service", "write", f"{op.check.node}/{op.check.check_id}", "check"))


def _check(check: CheckRecord) -> Needs:
    if not check.service_id:
        return (Need("node", "write", check.node),)
    return (_instance(check.node, check.service_id),)


def _instance(node: str, service_id: str) -> Need:
    return Need("service", "write", f"{node}/{service_id}", "stored")
