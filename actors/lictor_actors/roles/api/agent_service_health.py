"""/v1/agent/health/service/: the health of this agent's own services as a status code, for load balancers."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.consul.json_rows import JsonRow, check_json
from lictor_actors.consul.local_service import local_service_json
from lictor_actors.roles.api.question import HttpQuestion, json_answer, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.agent import ListLocalChecks, ListLocalServices, LocalChecks, LocalServices
from lictor_messages.catalog import MAINTENANCE_OF_NODE, MAINTENANCE_OF_SERVICE, CheckRecord, ServiceRecord
from lictor_messages.web import HttpAnswered

NO_DEFINITION = {
    **dict.fromkeys(("Interval", "Timeout", "DeregisterCriticalServiceAfter"), "0s"),
    **{"HTTP": "", "Header": None, "Method": "", "Body": "", "TLSServerName": "", "TLSSkipVerify": False},
    **{"TCP": "", "TCPUseTLS": False, "UDP": "", "GRPC": "", "OSService": "", "GRPCUseTLS": False},
}
"""A definition of Consul's own client library that says nothing."""
STATUS_CODES = {"passing": 200, "warning": 429, "critical": 503, "maintenance": 503}
"""In the order of badness."""


def by_name(request: HttpRequest) -> HttpQuestion:
    """All instances of a service on this agent: the worst of them decides."""
    if not request.rest:
        raise HttpError(500, "Bad request: Missing service Name")
    return HttpQuestion(ListLocalServices(), _with_checks(_named))


def by_id(request: HttpRequest) -> HttpQuestion:
    """One instance."""
    if not request.rest:
        raise HttpError(500, "Bad request: Missing serviceID")
    return HttpQuestion(ListLocalServices(), _with_checks(_identified))


Tell = Callable[[LocalServices, LocalChecks, HttpRequest], HttpAnswered]


def _with_checks(tell: Tell) -> Callable[[LocalServices, HttpRequest], HttpQuestion]:
    """Having the services, ask for the checks too."""

    def ask(services: LocalServices, _: HttpRequest) -> HttpQuestion:
        return HttpQuestion(ListLocalChecks(), lambda checks, request: tell(services, checks, request))

    return ask


def _named(services: LocalServices, checks: LocalChecks, request: HttpRequest) -> HttpAnswered:
    found = [record for record in services.services if record.service == request.rest]
    if not found:
        return _not_found(f"ServiceName {request.rest} Not Found", request, [])
    rows = [_health(record, checks, request) for record in found]
    worst = max((row["AggregatedStatus"] for row in rows), key=list(STATUS_CODES).index)
    return _say(worst, rows, request)


def _identified(services: LocalServices, checks: LocalChecks, request: HttpRequest) -> HttpAnswered:
    found = next((record for record in services.services if record.id == request.rest), None)
    if found is None:
        return _not_found(f"ServiceId {request.rest} not found", request, None)
    row = _health(found, checks, request)
    return _say(row["AggregatedStatus"], row, request)


def _health(record: ServiceRecord, checks: LocalChecks, request: HttpRequest) -> JsonRow:
    bearing = [check for check in checks.checks if check.service_id in ("", record.id)]
    return {
        "AggregatedStatus": _worst(bearing),
        "Service": local_service_json(record, request.options.dc),
        "Checks": [_check(check) for check in bearing],
    }


def _check(check: CheckRecord) -> JsonRow:
    """Consul fills another struct here than elsewhere: it has a definition, of zeros, and no interval."""
    row = check_json(check)
    zeros = {"Type": "", "Definition": NO_DEFINITION, "CreateIndex": 0, "ModifyIndex": 0}
    return {name: value for name, value in (row | zeros).items() if name not in ("Interval", "Timeout")}


def _worst(checks: list[CheckRecord]) -> str:
    order = list(STATUS_CODES)
    return max((_status(check) for check in checks), key=order.index, default="passing")


def _status(check: CheckRecord) -> str:
    in_maintenance = check.check_id == MAINTENANCE_OF_NODE or check.check_id.startswith(MAINTENANCE_OF_SERVICE)
    return "maintenance" if in_maintenance else check.status


def _say(status: str, body: object, request: HttpRequest) -> HttpAnswered:
    reason = (("X-Consul-Reason", status),)
    if _wants_text(request):
        return text(STATUS_CODES[status], status, reason)
    return json_answer(body, request, STATUS_CODES[status], reason)


def _not_found(reason: str, request: HttpRequest, body: object) -> HttpAnswered:
    if _wants_text(request):
        return text(404, reason, (("X-Consul-Reason", reason),))
    return json_answer(body, request, 404, (("X-Consul-Reason", reason),))


def _wants_text(request: HttpRequest) -> bool:
    return request.param("format") == "text" or request.header("accept").startswith("text/plain")


ROUTES = (
    Route("GET", "/v1/agent/health/service/name/", by_name),
    Route("GET", "/v1/agent/health/service/id/", by_id),
)
