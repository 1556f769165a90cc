"""/v1/agent/service/: the services of this agent."""

from __future__ import annotations

from lictor_actors.consul.content_hash import content_hash
from lictor_actors.consul.local_service import local_service_json
from lictor_actors.consul.structs.catalog import SERVICE
from lictor_actors.roles.api.agent import chosen, is_enabled
from lictor_actors.roles.api.catalog import named
from lictor_actors.roles.api.definitions import service_registration
from lictor_actors.roles.api.query import wait_time
from lictor_actors.roles.api.question import HttpQuestion, done, json_answer
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.agent import (
    DeregisterService,
    ListLocalServices,
    LocalServices,
    SetMaintenance,
    WatchLocalService,
)
from lictor_messages.web import HttpAnswered


def services(request: HttpRequest) -> HttpQuestion:
    """The services of this agent by id."""
    return HttpQuestion(ListLocalServices(), _services)


def service(request: HttpRequest) -> HttpQuestion:
    """One service of this agent, with the hash of its content; blocks while ``?hash`` is that."""
    service_id, known = named(request, "Missing service ID"), request.param("hash")
    wait = wait_time(request)
    if not known:
        return HttpQuestion(ListLocalServices(), _service)
    return HttpQuestion(WatchLocalService(id=service_id, hash=known, wait_ns=wait), _service, takes_ns=wait)


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
    row["ContentHash"] = content_hash(record)
    return json_answer(row, request, extra=(("X-Consul-ContentHash", row["ContentHash"]),))


ROUTES = (
    Route("GET", "/v1/agent/services", services),
    Route("GET", "/v1/agent/service/", service),
    Route("PUT", "/v1/agent/service/register", register),
    Route("PUT", "/v1/agent/service/deregister/", deregister),
    Route("PUT", "/v1/agent/service/maintenance/", maintain),
)
