"""/v1/agent/service/: the services of this agent."""

from __future__ import annotations

import hashlib

import orjson

from lictor_actors.consul.json_rows import JsonRow, agent_service_json
from lictor_actors.consul.structs.catalog import SERVICE
from lictor_actors.roles.api.agent import chosen, is_enabled
from lictor_actors.roles.api.catalog import named
from lictor_actors.roles.api.definitions import service_registration
from lictor_actors.roles.api.question import HttpQuestion, done, json_answer
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.agent import DeregisterService, ListLocalServices, LocalServices, SetMaintenance
from lictor_messages.catalog import ServiceRecord
from lictor_messages.web import HttpAnswered


def services(request: HttpRequest) -> HttpQuestion:
    """The services of this agent by id."""
    return HttpQuestion(ListLocalServices(), _services)


def service(request: HttpRequest) -> HttpQuestion:
    """One service of this agent, with the hash of its content."""
    named(request, "Missing service ID")
    return HttpQuestion(ListLocalServices(), _service)


def register(request: HttpRequest) -> HttpQuestion:
    """Register a service with its checks; anti-entropy brings it to the catalog."""
    return HttpQuestion(service_registration(request), done, safe=False)


def deregister(request: HttpRequest) -> HttpQuestion:
    """Remove a service and its checks."""
    return HttpQuestion(DeregisterService(id=named(request, "Missing service ID")), done, safe=False)


def maintain(request: HttpRequest) -> HttpQuestion:
    """Put a service into maintenance, or take it out."""
    service_id = named(request, "Missing service ID")
    ask = SetMaintenance(enable=is_enabled(request), reason=request.param("reason"), service_id=service_id)
    return HttpQuestion(ask, done, safe=False)


def _services(answer: LocalServices, request: HttpRequest) -> HttpAnswered:
    rows = {record.id: local_service_json(record, request.options.dc) for record in answer.services}
    return json_answer(chosen(SERVICE, rows, request), request)


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


ROUTES = (
    Route("GET", "/v1/agent/services", services),
    Route("GET", "/v1/agent/service/", service),
    Route("PUT", "/v1/agent/service/register", register),
    Route("PUT", "/v1/agent/service/deregister/", deregister),
    Route("PUT", "/v1/agent/service/maintenance/", maintain),
)
