"""/v1/agent/: this node's services, checks and membership."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from lictor_actors.consul.json_rows import JsonRow, agent_service_json, check_json
from lictor_actors.roles.api.catalog import named
from lictor_actors.roles.api.definitions import service_registration
from lictor_actors.roles.api.members import member_json
from lictor_actors.roles.api.plan import Plan, done, json_answer
from lictor_actors.roles.api.query import parse_bool
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Routes
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.filter.apply import keeps
from lictor_messages.agent import (
    AgentDescription,
    DeregisterService,
    DescribeAgent,
    ListLocalChecks,
    ListLocalServices,
    LocalChecks,
    LocalServices,
    SetMaintenance,
)
from lictor_messages.catalog import ServiceRecord
from lictor_messages.web import HttpAnswered


def about_self(request: HttpRequest) -> Plan:
    """Who this agent is and what it knows."""
    return Plan(DescribeAgent(), _self)


def version(request: HttpRequest) -> Plan:
    """The version alone."""
    return Plan(DescribeAgent(), _version)


def services(request: HttpRequest) -> Plan:
    """The services of this agent by id."""
    return Plan(ListLocalServices(), _services)


def checks(request: HttpRequest) -> Plan:
    """The checks of this agent by id."""
    return Plan(ListLocalChecks(), _checks)


def service(request: HttpRequest) -> Plan:
    """One service of this agent, with the hash of its content."""
    named(request, "Missing service ID")
    return Plan(ListLocalServices(), _service)


def register_service(request: HttpRequest) -> Plan:
    """Register a service with its checks; anti-entropy brings it to the catalog."""
    return Plan(service_registration(request), done, safe=False)


def deregister_service(request: HttpRequest) -> Plan:
    """Remove a service and its checks."""
    return Plan(DeregisterService(id=named(request, "Missing service ID")), done, safe=False)


def maintain_node(request: HttpRequest) -> Plan:
    """Put this node into maintenance, or take it out."""
    return Plan(SetMaintenance(enable=_enable(request), reason=request.param("reason")), done, safe=False)


def maintain_service(request: HttpRequest) -> Plan:
    """The same for one service."""
    service_id = named(request, "Missing service ID")
    ask = SetMaintenance(enable=_enable(request), reason=request.param("reason"), service_id=service_id)
    return Plan(ask, done, safe=False)


def _enable(request: HttpRequest) -> bool:
    if not request.has("enable"):
        raise HttpError(400, "Missing value for enable")
    raw = request.param("enable")
    enable = parse_bool(raw)
    if enable is None:
        raise HttpError(400, f'Invalid value for enable: "{raw}"')
    return enable


def _self(agent: AgentDescription, request: HttpRequest) -> HttpAnswered:
    member = agent.member
    lan = f"tcp://{member.address}:{member.port}"
    body = {
        "Config": {
            "Datacenter": agent.dc,
            "PrimaryDatacenter": agent.dc,
            "NodeName": agent.node,
            "NodeID": agent.node_id,
            "Revision": "",
            "Server": agent.server,
            "Version": agent.version,
        },
        "DebugConfig": {
            "AdvertiseAddrLAN": member.address,
            "Datacenter": agent.dc,
            "NodeID": agent.node_id,
            "NodeName": agent.node,
            "SerfAdvertiseAddrLAN": lan,
            "SerfBindAddrLAN": lan,
            "ServerMode": agent.server,
            "Version": agent.version,
        },
        "Coord": None,
        "Member": member_json(member),
        "Stats": _stats(agent),
        "Meta": {},
    }
    return json_answer(body, request)


def _stats(agent: AgentDescription) -> dict[str, dict[str, str]]:
    counts = {"services": str(agent.services), "checks": str(agent.checks), **agent.stats}
    consul = {"server": "true" if agent.server else "false", "known_servers": str(agent.known_servers)}
    return {"agent": counts, "build": {"prerelease": "", "revision": "", "version": agent.version}, "consul": consul}


def _version(agent: AgentDescription, request: HttpRequest) -> HttpAnswered:
    return json_answer({"SHA": "", "BuildDate": "", "HumanVersion": agent.version, "FIPS": ""}, request)


def _services(answer: LocalServices, request: HttpRequest) -> HttpAnswered:
    rows = {record.id: local_service_json(record, request.options.dc) for record in answer.services}
    return json_answer(_chosen("NodeService", rows, request), request)


def _checks(answer: LocalChecks, request: HttpRequest) -> HttpAnswered:
    rows = {record.check_id: check_json(record) for record in answer.checks}
    return json_answer(_chosen("HealthCheck", rows, request), request)


def _chosen(row_type: str, rows: dict[str, dict[str, Any]], request: HttpRequest) -> dict[str, dict[str, Any]]:
    expression = request.param("filter")
    if not expression:
        return rows
    try:
        stays = keeps(row_type, expression)
    except QueryRefused as error:
        raise HttpError(error.refusal.row.status, error.refusal.words) from error
    return {key: row for key, row in rows.items() if stays(row)}


def _service(answer: LocalServices, request: HttpRequest) -> HttpAnswered:
    record = next((record for record in answer.services if record.id == request.rest), None)
    if record is None:
        raise HttpError(404, f"unknown service ID: {request.rest}")
    row = local_service_json(record, request.options.dc)
    row["ContentHash"] = hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    return json_answer(row, request, extra=(("X-Consul-ContentHash", row["ContentHash"]),))


def local_service_json(record: ServiceRecord, dc: str) -> JsonRow:
    """A service as its own agent tells it: without what only the catalog knows."""
    row = agent_service_json(record)
    row["Datacenter"] = dc
    return row


ROUTES: Routes = {
    "/v1/agent/self": {"GET": about_self},
    "/v1/agent/version": {"GET": version},
    "/v1/agent/services": {"GET": services},
    "/v1/agent/checks": {"GET": checks},
    "/v1/agent/service/": {"GET": service},
    "/v1/agent/service/register": {"PUT": register_service},
    "/v1/agent/service/deregister/": {"PUT": deregister_service},
    "/v1/agent/service/maintenance/": {"PUT": maintain_service},
    "/v1/agent/maintenance": {"PUT": maintain_node},
}
