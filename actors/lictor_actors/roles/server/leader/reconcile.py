"""What the leader writes into the catalog because of what gossip says (Consul's leader reconciliation).

A live member has a node with a passing serfHealth; a failed one keeps its node with a critical serfHealth; one that
left is deregistered; a node with serfHealth that gossip does not know at all is deregistered too. Nodes without
serfHealth were registered by hand and are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lictor_actors.consul.serf import node_meta, server_meta
from lictor_actors.store.families.catalog.tables import CatalogTables
from lictor_messages.addresses import family_of
from lictor_messages.answers import Command
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import (
    SERF_HEALTH,
    CheckRecord,
    CheckStatus,
    Deregister,
    NodeRecord,
    Register,
    ServiceRecord,
)
from lictor_messages.members import Member

ALIVE = "Agent alive and reachable"
FAILED = "Agent not live or unreachable"


def wanted(members: Iterable[Member], catalog: CatalogTables, me: str) -> list[Command]:
    """The writes that bring the catalog in line with these members; none if it is already. ``me`` never goes."""
    commands: list[Command] = []
    for member in members:
        if _is_another_machine(member, catalog):
            commands += filter(None, (_failed(member, catalog), _alive(member, catalog)))
        elif (command := _for_member(member, catalog, me)) is not None:
            commands.append(command)
    return commands


def unknown_nodes(members: Iterable[Member], catalog: CatalogTables) -> list[Command]:
    """Deregistrations of nodes that gossip once watched and knows no more: their events came when no server led."""
    names = {member.name for member in members}
    gone = [check.node for check in serf_health(catalog) if check.node not in names]
    return [Deregister(node=name) for name in gone]


def serf_health(catalog: CatalogTables) -> Iterator[CheckRecord]:
    """The serfHealth of every node that has one."""
    for name in catalog.nodes:
        check = catalog.check(name, SERF_HEALTH)
        if check is not None:
            yield check


def _for_member(member: Member, catalog: CatalogTables, me: str) -> Command | None:
    match member.status:
        case "alive" | "leaving":
            return _alive(member, catalog)
        case "failed":
            return _failed(member, catalog)
        case "left":
            known = catalog.node(member.name) is not None
            return Deregister(node=member.name) if known and member.node != me else None


def _is_another_machine(member: Member, catalog: CatalogTables) -> bool:
    """Its node came back with an empty disk and another id, before gossip had given the old one up.

    The catalog keeps a name for its id until that node has failed. It has, gossip only did not say so: then it is
    written down here, so that what was tied to the old machine ends and the new one can have the name.
    """
    node, new_id = catalog.node(member.name), member.tags.get("id", "")
    if member.status != "alive" or node is None or catalog.check(member.name, SERF_HEALTH) is None:
        return False
    return bool(new_id and node.id) and new_id.lower() != node.id.lower()


def _alive(member: Member, catalog: CatalogTables) -> Command | None:
    service = _consul_service(member) if member.is_server else None
    if _is_right(member, service, catalog):
        return None
    old = catalog.node(member.name)
    node = NodeRecord(
        node=member.name,
        address=member.address,
        id=member.tags.get("id", ""),
        datacenter=member.dc,
        tagged_addresses=old.tagged_addresses if old else tagged_addresses(member.address),
        meta=old.meta if old else node_meta(member.tags.get("build", "")),
    )
    return Register(node=node, service=service, checks=(_serf_health(member.name, "passing", ALIVE),))


def _is_right(member: Member, service: ServiceRecord | None, catalog: CatalogTables) -> bool:
    node, check = catalog.node(member.name), catalog.check(member.name, SERF_HEALTH)
    if node is None or node.address != member.address or check is None or check.status != "passing":
        return False
    if _is_another_machine(member, catalog):
        return False
    return service is None or catalog.service(member.name, service.id) is not None


def _failed(member: Member, catalog: CatalogTables) -> Command | None:
    node, check = catalog.node(member.name), catalog.check(member.name, SERF_HEALTH)
    if node is None or (check is not None and check.status == "critical"):
        return None
    return Register(node=node, skip_node_update=True, checks=(_serf_health(member.name, "critical", FAILED),))


def _serf_health(node: str, status: CheckStatus, output: str) -> CheckRecord:
    return CheckRecord(node=node, check_id=SERF_HEALTH, name="Serf Health Status", status=status, output=output)


def _consul_service(member: Member) -> ServiceRecord:
    port = int(member.tags.get("port", "8300"))
    meta = server_meta(member.tags.get("build", ""))
    return ServiceRecord(node=member.name, id="consul", service="consul", port=port, meta=meta)


def tagged_addresses(address: str, wan: str = "") -> FrozenMap:
    """The tagged addresses of a node; ``wan`` is the one for other datacenters, the same if empty."""
    wan = wan or address
    near, far = family_of(address).lower(), family_of(wan).lower()
    return FrozenMap({"lan": address, f"lan_{near}": address, "wan": wan, f"wan_{far}": wan})
