"""Prepared queries and what they answer as Consul's JSON."""

from __future__ import annotations

from lictor_actors.consul.json_rows import JsonRow, query_json
from lictor_actors.store.families.catalog.shapes import instances_json
from lictor_actors.store.family import MISSING, Shapes
from lictor_messages.answers import Query
from lictor_messages.queries import ExplainPreparedQuery, GetPreparedQuery, PreparedQueries, QueryExecuted


def _queries(query: Query, answer: PreparedQueries) -> object:
    rows = [query_json(row) for row in answer.queries]
    if isinstance(query, ExplainPreparedQuery):
        return {"Query": rows[0]} if rows else MISSING
    return MISSING if isinstance(query, GetPreparedQuery) and not rows else rows


def _executed(_: Query, answer: QueryExecuted) -> object:
    if not answer.found:
        return MISSING
    return {
        "Service": answer.service,
        "Nodes": [_as_kept(row) for row in instances_json(answer.instances)],
        "DNS": {"TTL": answer.dns_ttl},
        "Datacenter": answer.datacenter,
        "Failovers": answer.failovers,
    }


def _as_kept(row: JsonRow) -> JsonRow:
    """Tags that were never given are null here, unlike where services are looked up."""
    service, checks = row["Service"], row["Checks"]
    service["Tags"] = service["Tags"] or None
    for check in checks:
        check["ServiceTags"] = check["ServiceTags"] or None
    return row


SHAPES: Shapes = {PreparedQueries: _queries, QueryExecuted: _executed}
