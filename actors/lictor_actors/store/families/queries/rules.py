"""What a prepared query must be like, in Consul's words."""

from __future__ import annotations

from lictor_actors.store.families.queries.templates import BadTemplate, check_template
from lictor_messages.durations import parse_go_duration
from lictor_messages.queries import PreparedQuery, QueryFailover


def query_fault(query: PreparedQuery) -> str:
    """Why no query can be like this, "" if it can."""
    why = _plain_fault(query)
    if why or not query.template.type:
        return why
    try:
        check_template(query)
    except BadTemplate as error:
        return str(error)
    return ""


def _plain_fault(query: PreparedQuery) -> str:
    if not (query.name or query.template.type or query.session):
        return "Must be bound to a session"
    if not query.service.service:
        return "Must provide a Service name to query"
    return _failover_fault(query.service.failover) or _ttl_fault(query.dns_ttl)


def _failover_fault(failover: QueryFailover) -> str:
    if failover.nearest_n < 0:
        return f"Bad NearestN '{failover.nearest_n}', must be >= 0"
    if failover.targets and (failover.nearest_n or failover.datacenters):
        return "Targets cannot be populated with NearestN or Datacenters"
    return "Targets name a Peer, and there are none: name datacenters" if any(t.peer for t in failover.targets) else ""


def _ttl_fault(ttl: str) -> str:
    if not ttl:
        return ""
    try:
        ns = parse_go_duration(ttl)
    except ValueError as error:
        return f"Bad DNS TTL '{ttl}': {error}"
    return f"DNS TTL '{ns}', must be >=0" if ns < 0 else ""
