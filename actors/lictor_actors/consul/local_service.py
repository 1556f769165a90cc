"""A service as its own agent tells it: without what only the catalog knows."""

from __future__ import annotations

from lictor_actors.consul.json_rows import JsonRow, agent_service_json
from lictor_messages.catalog import ServiceRecord


def local_service_json(record: ServiceRecord, dc: str) -> JsonRow:
    """The row of a service of this agent."""
    row = agent_service_json(record)
    row["Datacenter"] = dc
    return row
