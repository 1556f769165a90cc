"""What Register and Deregister mean, and Consul's words for what they refuse.

A register entry is all or nothing: it is judged as a whole before the first row is written.
Source: Consul's catalog endpoint and state store; texts as measured, consul-api ``/v1/catalog/register``.
"""

from __future__ import annotations

import re

from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_actors.store.rows import with_fields
from lictor_messages.answers import Written
from lictor_messages.catalog import SERF_HEALTH, CheckRecord, Deregister, NodeRecord, Register, ServiceRecord
from lictor_messages.refusals import Refused

UNSPECIFIED = ("0.0.0.0", "::", "[::]")
UUID_LENGTH = 36
HYPHENS = (8, 13, 18, 23)
NOT_HEX = re.compile(r"[^0-9a-fA-F]")


def register(catalog: CatalogTables, command: Register, index: int) -> Written | Refused:
    """Write a node and what is given with it; identical rows are left alone and move no index."""
    node = _settled_node(catalog, command)
    service = _settled_service(command.service, node)
    checks = tuple(_settled_check(check, node) for check in command.checks)
    why = (
        _node_fault(command.node, command.skip_node_update)
        or _service_fault(service)
        or _conflict(catalog, node)
        or _checks_fault(catalog, node, service, checks)
    )
    if why:
        return Refused(code="Invalid", text=why)
    _write(catalog, node, service, checks, index)
    return Written(index=index)


def deregister(catalog: CatalogTables, command: Deregister, index: int) -> Written | Refused:
    """Remove a service, else a check, else the node; what is absent counts as removed."""
    if not command.node:
        return Refused(code="Invalid", text="Must provide node")
    name = fold(command.node)
    if command.service_id:
        catalog.drop_service(name, fold(command.service_id), index)
    elif command.check_id:
        catalog.drop_check(name, fold(command.check_id), index)
    else:
        catalog.drop_node(name, index)
    return Written(index=index)


def _write(
    catalog: CatalogTables,
    node: NodeRecord,
    service: ServiceRecord | None,
    checks: tuple[CheckRecord, ...],
    index: int,
) -> None:
    former = catalog.node_ids.get(node.id.lower()) if node.id else None
    if former is not None and former != fold(node.node):
        catalog.drop_node(former, index)  # the same machine under a new name
    catalog.put_node(node, index)
    if service is not None:
        catalog.put_service(service, index)
    for check in checks:
        catalog.put_check(_with_service(catalog, check), index)


def _settled_node(catalog: CatalogTables, command: Register) -> NodeRecord:
    """The node as it will stand: with ``skip_node_update`` a known one stays, and nobody loses the id it had."""
    known = catalog.nodes.get(fold(command.node.node))
    if known is None:
        return command.node
    if command.skip_node_update:
        return known
    return command.node if command.node.id else command.node.model_copy(update={"id": known.id})


def _settled_service(service: ServiceRecord | None, node: NodeRecord) -> ServiceRecord | None:
    """The service with its defaults; an empty one is none."""
    if service is None or not (service.id or service.service):
        return None
    return with_fields(service, id=service.id or service.service, node=node.node)


def _settled_check(check: CheckRecord, node: NodeRecord) -> CheckRecord:
    return with_fields(check, check_id=check.check_id or check.name, node=check.node or node.node)


def _with_service(catalog: CatalogTables, check: CheckRecord) -> CheckRecord:
    """The check with the name and tags of the service that it is on, as they are now."""
    if not check.service_id:
        return check
    service = catalog.services[fold(check.node)][fold(check.service_id)]
    return with_fields(check, service_name=service.service, service_tags=service.tags)


def _node_fault(node: NodeRecord, skip_node_update: bool) -> str:
    if not node.node:
        return "Must provide node"
    if not node.address and not skip_node_update:
        return "Must provide address if SkipNodeUpdate is not set"
    fault = uuid_fault(node.id) if node.id else ""
    return f"Bad node ID: {fault}" if fault else ""


def _service_fault(service: ServiceRecord | None) -> str:
    if service is None:
        return ""
    if not service.service:
        return "Must provide service name with ID"
    return "Invalid service address" if service.address in UNSPECIFIED else ""


def _conflict(catalog: CatalogTables, node: NodeRecord) -> str:
    """A name belongs to the id that holds it, as long as gossip knows that node to be well, or it has no id."""
    held = catalog.nodes.get(fold(node.node))
    if held is None or not node.id or held.id.lower() == node.id.lower():
        return ""
    renames = node.id.lower() in catalog.node_ids
    if (not held.id and not renames) or not _is_well(catalog, held):
        return ""
    whose = f"Node name {node.node} is reserved by node {held.id} with name {held.node} ({held.address})"
    address = f" ({node.address})" if renames else ""
    return f'failed inserting node: Error while renaming Node ID: "{node.id}"{address}: {whose}'


def _is_well(catalog: CatalogTables, node: NodeRecord) -> bool:
    """True if it has a serfHealth that is not critical: an external node has none, and may be replaced."""
    return any(
        check.check_id == SERF_HEALTH and check.status != "critical"
        for check in catalog.bearing.get((fold(node.node), ""), ())
    )


def _checks_fault(
    catalog: CatalogTables, node: NodeRecord, service: ServiceRecord | None, checks: tuple[CheckRecord, ...]
) -> str:
    for check in checks:
        if fold(check.node) != fold(node.node):
            return f'check node "{check.node}" does not match node "{node.node}"'
        if not check.check_id:
            return "failed inserting check: object missing primary index 'id'"
        if check.service_id and not _has_service(catalog, node, service, fold(check.service_id)):
            return f'failed inserting check: Missing service registration on node "{node.node}"'
    return ""


def _has_service(catalog: CatalogTables, node: NodeRecord, service: ServiceRecord | None, service_id: str) -> bool:
    if service is not None and fold(service.id) == service_id:
        return True
    return service_id in catalog.services.get(fold(node.node), {})


def uuid_fault(text: str) -> str:
    """What is wrong with this UUID, in the words of Consul's parser; "" if nothing is."""
    if len(text.encode()) != UUID_LENGTH:
        return "uuid string is wrong length"
    if any(text[at : at + 1] != "-" for at in HYPHENS):
        return "uuid is improperly formatted"
    odd = NOT_HEX.search("".join(text[start:end] for start, end in ((0, 8), (9, 13), (14, 18), (19, 23), (24, 36))))
    return f"encoding/hex: invalid byte: U+{ord(odd.group()):04X} '{odd.group()}'" if odd else ""
