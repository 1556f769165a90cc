"""A service as its own agent tells it: without what only the catalog knows, and the hash of that."""

from __future__ import annotations

import hashlib

import orjson

from lictor_actors.consul.json_rows import JsonRow, agent_service_json
from lictor_messages.catalog import ServiceRecord

HASH_DIGITS = 16


def local_service_json(record: ServiceRecord, dc: str) -> JsonRow:
    """The row of a service of this agent."""
    row = agent_service_json(record)
    row["Datacenter"] = dc
    return row


def content_hash(record: ServiceRecord, dc: str) -> str:
    """Hexadecimal; other content has another hash."""
    row = orjson.dumps(local_service_json(record, dc), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(row).hexdigest()[:HASH_DIGITS]
