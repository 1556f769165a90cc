"""From what a name asks for to what the servers are asked, and from their answer to records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lictor_actors.consul.dns_names import (
    AddressNamed,
    Named,
    NodeNamed,
    PreparedNamed,
    ServiceNamed,
    VirtualNamed,
    ZoneNamed,
)
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.dns.instances import healthy, in_random_order, service_reply, virtual_ip
from lictor_actors.roles.dns.nodes import node_reply
from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.records import Reply, ResourceRecord, address_record, fits
from lictor_actors.roles.dns.zone import Zone
from lictor_messages.answers import Query
from lictor_messages.catalog import (
    FindServicesAt,
    ListNodes,
    ListNodeServices,
    ListServiceHealth,
    Nodes,
    NodeServices,
    ServiceHealth,
    ServiceNodes,
)
from lictor_messages.dns import DnsOptions
from lictor_messages.durations import duration_ns
from lictor_messages.queries import ExecutePreparedQuery, QueryExecuted

SERVERS = "consul"
"""The service of which every server is an instance."""
NAME_SERVERS_MOST = 3


class Lookup(NamedTuple):
    """What to ask, and what to make of the answer: None if there is no such name, or what to ask next."""

    query: Query
    reply: Callable[[Any, Turn], Reply | Lookup | None]
    repeats: bool = True
    """True if every answer makes the same records, in any order."""


def lookup_of(named: Named, type_: int, owner: bytes, zone: Zone, source: str) -> Lookup | Reply | None:
    """How this is found out, the reply if that takes no look-up, None if there is no such name.

    ``source``: the client's IP, to which instances may have to be near.
    """
    dc = getattr(named, "dc", "")
    zone = zone._replace(dc=dc or zone.dc)
    if type_ in (q.SOA, q.NS):
        return _name_servers(type_, zone)
    match named:
        case NodeNamed():
            return _node(named, type_, owner, zone)
        case ServiceNamed():
            return _service(named, type_, owner, zone)
        case PreparedNamed():
            return _prepared(named, type_, owner, zone, source)
        case VirtualNamed():
            return _virtual(named, type_, owner, zone)
        case AddressNamed():
            records = [address_record(owner, named.ip, zone.node_ttl)] if fits(type_, named.ip) else []
            return Reply(answers=records)
        case ZoneNamed():
            return Reply()


def how(options: DnsOptions, dc: str) -> dict[str, Any]:
    """With what each query is asked."""
    elsewhere = dc if dc != options.dc else ""
    if not options.allow_stale:
        return {"dc": elsewhere}
    return {"dc": elsewhere, "consistency": "stale", "max_stale_ns": options.max_stale_ns}


def _node(named: NodeNamed, type_: int, owner: bytes, zone: Zone) -> Lookup:
    def reply(answer: NodeServices, _: Turn) -> Reply | None:
        return None if answer.node is None else node_reply(type_, owner, answer.node, zone)

    return Lookup(ListNodeServices(node=named.node, **how(zone.options, zone.dc)), reply)


def _service(named: ServiceNamed, type_: int, owner: bytes, zone: Zone) -> Lookup:
    ttl = zone.ttl(named.service)

    def reply(answer: ServiceHealth, turn: Turn) -> Reply | None:
        instances = healthy(answer.instances, zone.options.only_passing)
        if not instances:
            return None
        return service_reply(type_, owner, in_random_order(instances, turn.rng), zone, ttl)

    tags = (named.tag,) if named.tag else ()
    return Lookup(ListServiceHealth(service=named.service, tags=tags, **how(zone.options, zone.dc)), reply)


def _prepared(named: PreparedNamed, type_: int, owner: bytes, zone: Zone, source: str) -> Lookup:
    """In the order in which the server says it: by distance if the query wants that, else at random."""

    def reply(answer: QueryExecuted, _: Turn) -> Reply | None:
        if not answer.found or not answer.instances:
            return None
        ttl = duration_ns(answer.dns_ttl) // 1_000_000_000 if answer.dns_ttl else zone.ttl(answer.service)
        where = zone._replace(dc=answer.datacenter or zone.dc)
        return service_reply(type_, owner, answer.instances, where, ttl)

    here = zone.options.node.partition(".")[0]
    asked_as = how(zone.options, zone.dc)
    query = ExecutePreparedQuery(name_or_id=named.query, agent=here, source_ip=source, **asked_as)
    return Lookup(query, reply, repeats=False)


def _virtual(named: VirtualNamed, type_: int, owner: bytes, zone: Zone) -> Lookup:
    def reply(answer: ServiceHealth, _: Turn) -> Reply | None:
        ip = virtual_ip(answer.instances)
        if not ip:
            return None
        return Reply(answers=[address_record(owner, ip, zone.ttl(named.service))] if fits(type_, ip) else [])

    return Lookup(ListServiceHealth(service=named.service, **how(zone.options, zone.dc)), reply)


def _name_servers(type_: int, zone: Zone) -> Lookup:
    """NS and SOA of the zone, whichever of its names was asked for: some servers and their addresses."""

    def reply(answer: ServiceHealth, turn: Turn) -> Reply:
        servers = in_random_order(healthy(answer.instances, only_passing=False), turn.rng)[:NAME_SERVERS_MOST]
        located = service_reply(q.SRV, zone.domain, servers, zone, zone.node_ttl)
        names = dict.fromkeys(record.target for record in located.answers)
        ns = [ResourceRecord(zone.domain, q.NS, zone.node_ttl, b"", name) for name in names]
        glue = [record for record in located.additional if record.type != q.TXT]
        if type_ == q.NS:
            return Reply(answers=ns, additional=glue)
        return Reply(answers=[zone.soa(turn.wall)], authority=ns, additional=glue)

    return Lookup(ListServiceHealth(service=SERVERS, **how(zone.options, zone.dc)), reply, repeats=type_ == q.NS)


def reverse_lookup(ip: str, owner: bytes, zone: Zone) -> Lookup:
    """PTR: the node at this address, else the services that have it for their own."""
    options = how(zone.options, zone.dc)

    def of_services(answer: ServiceNodes, _: Turn) -> Reply | None:
        names = dict.fromkeys(placement.service.service for placement in answer.placements)
        return _pointers(owner, [(name, "service", zone.dc) for name in names], zone)

    def of_nodes(answer: Nodes, _: Turn) -> Reply | Lookup | None:
        found = _pointers(owner, [(node.node, "node", zone.dc) for node in answer.nodes], zone)
        return found or Lookup(FindServicesAt(address=ip, **options), of_services, repeats=False)

    return Lookup(ListNodes(filter=f'Address == "{ip}"', **options), of_nodes, repeats=False)


def _pointers(owner: bytes, places: list[tuple[str, str, str]], zone: Zone) -> Reply | None:
    names = []
    for place in places:
        try:
            names.append(zone.name(*place))
        except ValueError:
            continue  # a name that DNS cannot say
    records = [ResourceRecord(owner, q.PTR, 0, b"", name) for name in names]
    return Reply(answers=records) if records else None
