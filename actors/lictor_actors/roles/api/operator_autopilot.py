"""/v1/operator/autopilot/: configuration, health, state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lictor_actors.consul.decode import BadBody
from lictor_actors.consul.json_rows import autopilot_json
from lictor_actors.consul.kinds import DURATION
from lictor_actors.consul.structs.operator import AUTOPILOT
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

UNHEALTHY = 429
"""The same body as for a healthy cluster; Consul calls it plain text, and clients do not mind."""


def configuration(request: HttpRequest) -> HttpQuestion:
    """What is in force."""
    check_datacenter(request)
    return HttpQuestion(GetAutopilotConfiguration(), _configured)


def set_configuration(request: HttpRequest) -> HttpQuestion:
    """Replace it as a whole: what is not given is off or zero, as in Consul."""
    check_datacenter(request)
    cas = _cas(request)
    return HttpQuestion(SetAutopilotConfiguration(configuration=_given(request), cas=cas), written, safe=cas is None)


def health(request: HttpRequest) -> HttpQuestion:
    """Every server as its leader sees it."""
    check_datacenter(request)
    return HttpQuestion(GetAutopilotHealth(), _health)


def state(request: HttpRequest) -> HttpQuestion:
    """The same by server id, with the roles in Raft."""
    check_datacenter(request)
    return HttpQuestion(GetAutopilotHealth(), _state)


def _cas(request: HttpRequest) -> int | None:
    if not request.has("cas"):
        return None
    try:
        return parse_uint(request.param("cas"))
    except HttpError as error:
        raise HttpError(400, f"Error parsing cas value: {error.text}") from error


def _given(request: HttpRequest) -> AutopilotConfiguration:
    try:
        given = AUTOPILOT.decoded(request.body)
    except BadBody as bad:
        raise HttpError(400, f"Error parsing autopilot config: {bad}") from bad
    for name, value in given.items():
        if AUTOPILOT.kinds[name] is DURATION and value < 0:
            raise HttpError(400, f"Error parsing autopilot config: {name} must not be negative")
    return AUTOPILOT.record(given, create_index=0, modify_index=0)


def _configured(answer: AutopilotConfigured, request: HttpRequest) -> HttpAnswered:
    return json_answer(autopilot_json(answer.configuration), request)


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
