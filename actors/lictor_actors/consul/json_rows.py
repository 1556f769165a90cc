"""Records as the rows of Consul's JSON: its field names, in its order, with its empty values."""

from __future__ import annotations

from lictor_actors.consul import structs
from lictor_actors.consul.rows import JsonRow as JsonRow

entry_json = structs.ENTRY.row
node_json = structs.NODE.row
service_json = structs.SERVICE.row
agent_service_json = structs.AGENT_SERVICE.row
placement_json = structs.PLACEMENT.row
check_json = structs.CHECK.row
definition_json = structs.DEFINITION.row
instance_json = structs.HEALTH.row
session_json = structs.SESSION.row
query_json = structs.QUERY.row
result_json = structs.RESULT.row
failure_json = structs.FAILURE.row
autopilot_json = structs.AUTOPILOT.row
