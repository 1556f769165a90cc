"""Records of nodes: addresses, and meta data as TXT."""

from __future__ import annotations

from lictor_actors.consul.dns_names import meta_text
from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.names import from_text
from lictor_actors.roles.dns.wire.records import Reply, ResourceRecord, address_record, fits, packed, txt
from lictor_actors.roles.dns.zone import Zone
from lictor_messages.catalog import NodeRecord

WAN = "wan"
"""Name of the tagged address by which other datacenters reach a node or a service."""


def node_address(node: NodeRecord, zone: Zone) -> str:
    """By which it is reached from here."""
    return (node.tagged_addresses.get(WAN, "") if zone.translates else "") or node.address


def node_reply(question_type: int, owner: bytes, node: NodeRecord, zone: Zone) -> Reply:
    """What is known of a node; its meta data is the answer to TXT and ANY, and comes along with addresses."""
    ttl = zone.node_ttl
    meta = meta_records(owner, node, ttl)
    reply = Reply(answers=_addresses(question_type, owner, node_address(node, zone), ttl))
    if question_type in (q.TXT, q.ANY):
        reply.answers += meta
    elif reply.answers and zone.options.enable_additional_node_meta_txt:
        reply.additional = meta
    return reply


def meta_records(owner: bytes, node: NodeRecord, ttl: int) -> list[ResourceRecord]:
    """One TXT record for each key."""
    return [txt(owner, ttl, meta_text(key, node.meta[key])) for key in sorted(node.meta)]


def _addresses(question_type: int, owner: bytes, address: str, ttl: int) -> list[ResourceRecord]:
    ip = packed(address)
    if ip:
        return [address_record(owner, ip, ttl)] if fits(question_type, ip) else []
    if not address or question_type not in (q.A, q.AAAA, q.ANY, q.CNAME):
        return []
    try:
        return [ResourceRecord(owner, q.CNAME, ttl, b"", from_text(address))]
    except ValueError:
        return []
