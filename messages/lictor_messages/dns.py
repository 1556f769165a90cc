"""DNS as messages: questions and answers in DNS's own wire format, so that the simulator tests the actor too."""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import FrozenMap, Message, ReadOnly, Record

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


class Soa(Record):
    """Numbers of the zone's SOA record, in seconds (Consul's dns_config.soa)."""

    refresh: int = 3600
    retry: int = 600
    expire: int = 86400
    min_ttl: int = 0


class DnsOptions(Message):
    """Whom a DNS actor answers for, and Consul's dns_config; times in nanoseconds, TTLs in seconds."""

    node: str
    """``name.dc``, the node part of the addresses of its agent and prober."""
    dc: str = "dc1"
    server: str = ""
    """Address of the server on this node, "" if there is none."""
    rpc_hold_timeout_ns: int = 7_000_000_000
    """How long a question is held while there is no leader or no server, Consul's performance.rpc_hold_timeout."""
    domain: str = "consul."
    alt_domain: str = ""
    recursors: tuple[tuple[str, int], ...] = ()
    recursor_strategy: Literal["sequential", "random"] = "sequential"
    recursor_timeout_ns: int = 2_000_000_000
    allow_stale: bool = True
    max_stale_ns: int = 10 * YEAR_NS
    """Of the server that answers: one that last heard its leader longer ago passes the question on to it."""
    node_ttl: int = 0
    service_ttl: ReadOnly = FrozenMap()
    """Service, or prefix with ``*``, to seconds as text."""
    only_passing: bool = False
    udp_answer_limit: int = 3
    a_record_limit: int = 0
    """Addresses in an answer at most; 0: all."""
    enable_truncate: bool = False
    disable_compression: bool = False
    enable_additional_node_meta_txt: bool = True
    use_cache: bool = False
    cache_max_age_ns: int = 0
    """With use_cache: the age up to which an answer is given while no server confirms it; 0: any."""
    soa: Soa = Soa()
