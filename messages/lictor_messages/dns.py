"""DNS as messages: questions and answers in DNS's own wire format, so that the simulator tests the actor too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator

from lictor_messages.base import FrozenMap, Message

YEAR_NS = 8760 * 3_600_000_000_000


class DnsAsked(Message):
    """Packets of one moment; answered by one or more DnsAnswered, each of which names the packets that it answers."""

    packets: tuple[tuple[bytes, str], ...]
    """Each with the IP that it came from."""
    tcp: bool = False


class DnsAnswered(Message):
    """Answers to packets of one DnsAsked."""

    answers: tuple[tuple[int, bytes], ...]
    """The place of the packet, and what to send; nothing is sent if that is empty."""


class AskRecursors(Message):
    """A job: send the packet to these servers in turn until one answers it; answered by RecursorsAnswered."""

    ticket: str
    packet: bytes
    servers: tuple[tuple[str, int], ...]
    tcp: bool
    timeout_ns: int
    """For each server."""


class RecursorsAnswered(Message):
    """What the first of them said; without a packet ``error`` says why none did."""

    ticket: str
    packet: bytes = b""
    error: str = ""


def _frozen(ttls: Mapping[str, int]) -> FrozenMap:
    return FrozenMap({name.lower(): ttl for name, ttl in ttls.items()})


ServiceTtls = Annotated[Mapping[str, int], AfterValidator(_frozen)]
"""Nanoseconds by the name of a service in small letters, or by its beginning and ``*``."""


class DnsOptions(Message):
    """The node of a DNS actor, and Consul's dns_config; times in nanoseconds but for the SOA record."""

    node: str
    """``name.dc``, the node part of the addresses of its agent and prober."""
    dc: str = "dc1"
    acl: bool = False
    """Whether tokens are asked for: then the agent is asked first, which has the token of DNS."""
    server: str = ""
    """Address of the server on this node, "" if there is none."""
    rpc_hold_timeout_ns: int = 7_000_000_000
    """How long a question is held while there is no leader or no server, Consul's performance.rpc_hold_timeout."""
    domain: str = "consul."
    alt_domain: str = ""
    recursors: tuple[str, ...] = ()
    """IPs, with a port where it is not 53."""
    recursor_strategy: Literal["sequential", "random"] = "sequential"
    recursor_timeout_ns: int = 2_000_000_000
    allow_stale: bool = True
    max_stale_ns: int = 10 * YEAR_NS
    """Of the server that answers: one that last heard its leader longer ago passes the question on to it."""
    node_ttl_ns: int = 0
    service_ttl: ServiceTtls = FrozenMap()
    only_passing: bool = False
    udp_answer_limit: int = 3
    a_record_limit: int = 0
    """Addresses in an answer at most; 0: all."""
    enable_truncate: bool = False
    disable_compression: bool = False
    enable_additional_node_meta_txt: bool = True
    translate_wan_addrs: bool = False
    """Answer for other datacenters with the addresses by which these are reached from here."""
    use_cache: bool = False
    cache_max_age_ns: int = 0
    """With use_cache: the age up to which an answer is given while no server confirms it; 0: any."""
    soa_refresh: int = 3600
    """Seconds, as the three that follow."""
    soa_retry: int = 600
    soa_expire: int = 86400
    soa_min_ttl: int = 0
