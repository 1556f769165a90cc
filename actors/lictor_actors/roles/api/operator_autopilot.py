"""/v1/operator/autopilot/: configuration, health, state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lictor_actors.consul.decode import (
    BadBody,
    Struct,
    boolean,
    decode_body,
    duration,
    integer,
    string,
    unsigned,
)
from lictor_actors.roles.api.query import check_datacenter, parse_uint
from lictor_actors.roles.api.question import SHARED, HttpQuestion, json_answer, json_body, written
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    AutopilotConfigured,
    AutopilotHealth,
    GetAutopilotConfiguration,
    GetAutopilotHealth,
    ServerHealth,
    SetAutopilotConfiguration,
)
from lictor_messages.durations import go_duration
from lictor_messages.web import HttpAnswered

_FIELDS = {
    "CleanupDeadServers": ("cleanup_dead_servers", boolean),
    "LastContactThreshold": ("last_contact_threshold_ns", duration),
    "MaxTrailingLogs": ("max_trailing_logs", unsigned),
    "MinQuorum": ("min_quorum", unsigned),
    "ServerStabilizationTime": ("server_stabilization_time_ns", duration),
    "RedundancyZoneTag": ("redundancy_zone_tag", string),
    "DisableUpgradeMigration": ("disable_upgrade_migration", boolean),
    "UpgradeVersionTag": ("upgrade_version_tag", string),
    "CreateIndex": ("create_index", integer),
    "ModifyIndex": ("modify_index", integer),
}
"""Consul's name → ours, and how it is read."""
_CONFIGURATION = Struct("AutopilotConfiguration", {name: read for name, (_, read) in _FIELDS.items()}, snake=True)
UNHEALTHY = 429
"""The same body as for a healthy cluster; Consul calls it plain text, and clients do not mind."""


def configuration(request: HttpRequest) -> HttpQuestion:
    """What is in force."""
    check_datacenter(request)
    return HttpQuestion(GetAutopilotConfiguration(), _configured)


def set_configuration(request: HttpRequest) -> HttpQuestion:
    """Replace it as a whole: what is not given is off or zero, as in Consul."""
    check_datacenter(request)
    cas = parse_uint(request.param("cas")) if request.has("cas") else None
    return HttpQuestion(SetAutopilotConfiguration(configuration=_given(request), cas=cas), written, safe=cas is None)


def health(request: HttpRequest) -> HttpQuestion:
    """Every server as its leader sees it."""
    check_datacenter(request)
    return HttpQuestion(GetAutopilotHealth(), _health)


def state(request: HttpRequest) -> HttpQuestion:
    """The same by server id, with the roles in Raft."""
    check_datacenter(request)
    return HttpQuestion(GetAutopilotHealth(), _state)


def _given(request: HttpRequest) -> AutopilotConfiguration:
    try:
        fields = decode_body(request.body, _CONFIGURATION)
    except BadBody as bad:
        raise HttpError(400, f"Error parsing autopilot config: {bad}") from bad
    empty = {"cleanup_dead_servers": False, "last_contact_threshold_ns": 0, "max_trailing_logs": 0}
    for name, value in fields.items():
        if _FIELDS[name][1] is duration and value < 0:
            raise HttpError(400, f"Error parsing autopilot config: {name} must not be negative")
    given = {_FIELDS[name][0]: value for name, value in fields.items()}
    return AutopilotConfiguration(**{**empty, "server_stabilization_time_ns": 0, **given})


def _configured(answer: AutopilotConfigured, request: HttpRequest) -> HttpAnswered:
    values = answer.configuration.model_dump()
    shown = {
        name: go_duration(values[ours]) if ours.endswith("_ns") else values[ours] for name, (ours, _) in _FIELDS.items()
    }
    return json_answer(shown, request)


def _health(answer: AutopilotHealth, request: HttpRequest) -> HttpAnswered:
    body = {
        "Healthy": answer.healthy,
        "FailureTolerance": answer.failure_tolerance,
        "Servers": [_server(server) for server in answer.servers],
    }
    if answer.healthy:
        return json_answer(body, request)
    headers = (("Content-Type", "text/plain; charset=utf-8"), *SHARED)
    return HttpAnswered(status=UNHEALTHY, headers=headers, body=json_body(body, request))


def _server(server: ServerHealth) -> dict[str, Any]:
    return {
        "ID": server.id,
        "Name": server.name,
        "Address": server.address,
        "SerfStatus": server.status,
        "Version": server.version,
        "Leader": server.leader,
        "LastContact": go_duration(server.last_contact_ns),
        "LastTerm": server.last_term,
        "LastIndex": server.last_index,
        "Healthy": server.healthy,
        "Voter": server.voter,
        "StableSince": _timestamp(server.stable_since_ns),
    }


def _state(answer: AutopilotHealth, request: HttpRequest) -> HttpAnswered:
    body = {
        "Healthy": answer.healthy,
        "FailureTolerance": answer.failure_tolerance,
        "OptimisticFailureTolerance": answer.failure_tolerance,
        "Servers": {server.id: _server_state(server) for server in answer.servers},
        "Leader": next((server.id for server in answer.servers if server.leader), ""),
        "Voters": [server.id for server in answer.servers if server.voter],
    }
    return json_answer(body, request)


def _server_state(server: ServerHealth) -> dict[str, Any]:
    kind = "voter" if server.voter else "non-voter"
    return {
        "ID": server.id,
        "Name": server.name,
        "Address": server.address,
        "NodeStatus": server.status,
        "Version": server.version,
        "LastContact": go_duration(server.last_contact_ns),
        "LastTerm": server.last_term,
        "LastIndex": server.last_index,
        "CommitIndex": server.commit_index,
        "Healthy": server.healthy,
        "StableSince": _timestamp(server.stable_since_ns),
        "ReadReplica": False,
        "Status": "leader" if server.leader else kind,
        "Meta": None,
        "NodeType": "voter",
    }


def _timestamp(ns: int) -> str:
    """RFC 3339, to the second."""
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


ROUTES = (
    Route("GET", "/v1/operator/autopilot/configuration", configuration),
    Route("PUT", "/v1/operator/autopilot/configuration", set_configuration),
    Route("GET", "/v1/operator/autopilot/health", health),
    Route("GET", "/v1/operator/autopilot/state", state),
)
