"""Sections about DNS."""

from __future__ import annotations

from typing import Literal

from lictor_deploy.config.kinds import Count, Duration, Span
from lictor_deploy.config.option import Section, option, section


class Soa(Section):
    """The zone's SOA record, in seconds."""

    refresh: Count = option("How often a secondary looks.", feeds="dns.soa_refresh", reloads=True)
    retry: Count = option("When it looks again if that failed.", feeds="dns.soa_retry", reloads=True)
    expire: Count = option("When it gives up.", feeds="dns.soa_expire", reloads=True)
    min_ttl: Count = option(
        "How long resolvers remember that a name has no records.", feeds="dns.soa_min_ttl", reloads=True
    )


class DnsConfig(Section):
    """How DNS is answered."""

    allow_stale: bool = option("Let any server answer, not only the leader.", feeds="dns.allow_stale", reloads=True)
    max_stale: Duration = option(
        "A server that last heard its leader longer ago lets the leader answer.", feeds="dns.max_stale_ns", reloads=True
    )
    node_ttl: Span = option("TTL of nodes' records.", feeds="dns.node_ttl_ns", reloads=True)
    service_ttl: dict[str, Span] = option(
        "TTL of services' records, by name or by its beginning and *.",
        default={},
        feeds="dns.service_ttl",
        reloads=True,
    )
    only_passing: bool = option("Leave out instances with warnings too.", feeds="dns.only_passing", reloads=True)
    udp_answer_limit: Count = option(
        "Records in an answer by UDP to a client without EDNS, 8 at most.", feeds="dns.udp_answer_limit", reloads=True
    )
    a_record_limit: Count = option("Addresses in an answer; 0 for all.", feeds="dns.a_record_limit", reloads=True)
    enable_truncate: bool = option("Say by TC that records were left out.", feeds="dns.enable_truncate", reloads=True)
    disable_compression: bool = option("Write every name in full.", feeds="dns.disable_compression", reloads=True)
    enable_additional_node_meta_txt: bool = option(
        "Send nodes' meta data along with their addresses.", feeds="dns.enable_additional_node_meta_txt", reloads=True
    )
    recursor_timeout: Duration = option(
        "How long a recursor is waited for.", feeds="dns.recursor_timeout_ns", reloads=True
    )
    recursor_strategy: Literal["sequential", "random"] = option(
        "The order in which recursors are asked.", feeds="dns.recursor_strategy", reloads=True
    )
    use_cache: bool = option("Go on answering while no server is reached.", feeds="dns.use_cache", reloads=True)
    cache_max_age: Span = option(
        "With use_cache, for this long; 0 for any time.", feeds="dns.cache_max_age_ns", reloads=True
    )
    soa: Soa = section()
