"""Records of service instances: A, AAAA, CNAME and SRV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from lictor_actors.roles.dns.nodes import WAN, meta_records, node_address
from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.names import from_text
from lictor_actors.roles.dns.wire.records import (
    TTL_MOST,
    Reply,
    ResourceRecord,
    address_record,
    fits,
    packed,
    srv,
)
from lictor_actors.roles.dns.zone import Zone
from lictor_messages.catalog import Instance, TaggedAddress

VIRTUAL = "consul-virtual"
"""Name of the tagged address that stands for all instances of a service."""


def healthy(instances: Iterable[Instance], only_passing: bool) -> tuple[Instance, ...]:
    """Without those that have a critical check, maintenance included; with ``only_passing`` also without warnings."""
    fine = ("passing",) if only_passing else ("passing", "warning")
    return tuple(i for i in instances if all(check.status in fine for check in i.checks))


def in_random_order(instances: Sequence[Instance], rng: Random) -> list[Instance]:
    """Clients take the first: another one each time."""
    return rng.sample(instances, len(instances))


def service_reply(question_type: int, owner: bytes, instances: Sequence[Instance], zone: Zone, ttl: int) -> Reply:
    """The records of that type; without any the caller says that there are none."""
    ttl = min(ttl, TTL_MOST)
    if question_type == q.SRV:
        return _srv_reply(owner, instances, zone, ttl)
    return Reply(answers=_addresses(question_type, owner, instances, zone, ttl))


def address_of(instance: Instance, zone: Zone) -> str:
    """The service's own address, else its node's; of another datacenter the ones for those outside, if wanted."""
    service = instance.service
    if zone.translates:
        wan = _tagged(instance, WAN)
        return (wan.address if wan else service.address) or node_address(instance.node, zone)
    return service.address or instance.node.address


def _port(instance: Instance, zone: Zone) -> int:
    wan = _tagged(instance, WAN) if zone.translates else None
    return (wan.port if wan else 0) or instance.service.port


def _tagged(instance: Instance, name: str) -> TaggedAddress | None:
    return next((tagged for tagged in instance.service.tagged_addresses if tagged.name == name), None)


def _addresses(
    question_type: int, owner: bytes, instances: Sequence[Instance], zone: Zone, ttl: int
) -> list[ResourceRecord]:
    """Each address once; a name (CNAME, one alone) if there is no address at all."""
    if question_type not in (q.A, q.AAAA, q.ANY):
        return []
    ips = dict.fromkeys(packed(address_of(instance, zone)) for instance in instances)
    limit = zone.options.a_record_limit or len(ips)
    records = [address_record(owner, ip, ttl) for ip in ips if fits(question_type, ip)][:limit]
    if records or any(ips):
        return records
    return list(_aliases(owner, instances, zone, ttl))[:1]


def _aliases(owner: bytes, instances: Sequence[Instance], zone: Zone, ttl: int) -> Iterable[ResourceRecord]:
    for instance in instances:
        target = _host(address_of(instance, zone))
        if target and target.lower() != owner.lower():
            yield ResourceRecord(owner, q.CNAME, ttl, b"", target)
        elif target and fits(q.ANY, ip := packed(node_address(instance.node, zone))):
            yield address_record(owner, ip, ttl)  # the service's address is the very name that was asked for


def _srv_reply(owner: bytes, instances: Sequence[Instance], zone: Zone, ttl: int) -> Reply:
    reply, seen = Reply(), set[tuple[str, str, int]]()
    extra: dict[ResourceRecord, None] = {}
    for instance in instances:
        service = instance.service
        key = (instance.node.node, service.address, service.port)
        target, records = _target(instance, zone, ttl)
        if target and key not in seen:
            seen.add(key)
            reply.answers.append(srv(owner, ttl, _weight(instance), _port(instance, zone), target))
            extra.update(dict.fromkeys(records))
    reply.additional = list(extra)
    return reply


def _target(instance: Instance, zone: Zone, ttl: int) -> tuple[bytes, list[ResourceRecord]]:
    """Where an instance is, as a name of the zone with its address, or as a name of elsewhere; b"" if DNS cannot say
    it.
    """
    address = address_of(instance, zone)
    ip = packed(address)
    try:
        if not ip:
            return _host(address), []
        if instance.service.address:
            name = zone.address(ip)
            return name, [address_record(name, ip, ttl)]
        name = zone.node(instance.node.node)
    except ValueError:
        return b"", []
    meta = meta_records(name, instance.node, ttl) if zone.options.enable_additional_node_meta_txt else []
    return name, [address_record(name, ip, ttl), *meta]


def _host(address: str) -> bytes:
    try:
        return from_text(address) if address else b""
    except ValueError:
        return b""


def _weight(instance: Instance) -> int:
    weights = instance.service.weights
    passing = all(check.status == "passing" for check in instance.checks)
    return weights.passing if passing else weights.warning


def virtual_ip(instances: Iterable[Instance]) -> bytes:
    """The address that a service mesh has given to a service, b"" if there is none."""
    for instance in instances:
        tagged = _tagged(instance, VIRTUAL)
        if tagged is not None:
            return packed(tagged.address)
    return b""
