"""Records as the rows of Consul's JSON: its field names, in its order, with its empty values."""

from __future__ import annotations

from lictor_actors.consul.rows import JsonRow as JsonRow
from lictor_actors.consul.structs import agent, catalog, coordinates, kv, operator, queries, sessions, txn

node_json = catalog.NODE.row
service_json = catalog.SERVICE.row
agent_service_json = agent.AGENT_SERVICE.row
check_json = catalog.CHECK.row
placement_json = catalog.PLACEMENT.row
instance_json = catalog.HEALTH.row
entry_json = kv.ENTRY.row
session_json = sessions.SESSION.row
result_json = txn.RESULT.row
failure_json = txn.FAILURE.row
query_json = queries.QUERY.row
autopilot_json = operator.AUTOPILOT.row
datacenter_map_json = coordinates.DATACENTER_MAP.row
raft_server_json = operator.RAFT_SERVER.row
