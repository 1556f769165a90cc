"""/v1/agent/check/: checks of this agent, and reports on those that live by reports."""

from __future__ import annotations

from functools import partial
from typing import get_args

from lictor_actors.consul.structs.agent import CHECK_DEFINITION, STATUS_UPDATE
from lictor_actors.roles.api.catalog import named
from lictor_actors.roles.api.definitions import check_spec, decoded
from lictor_actors.roles.api.plan import Plan, done
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Routes
from lictor_messages.agent import DeregisterCheck, RegisterCheck, UpdateCheck
from lictor_messages.catalog import CheckStatus


def register(request: HttpRequest) -> Plan:
    """Add a check to this agent, or replace it."""
    return Plan(RegisterCheck(check=check_spec(decoded(request, CHECK_DEFINITION))), done, safe=False)


def deregister(request: HttpRequest) -> Plan:
    """Remove a check."""
    return Plan(DeregisterCheck(id=named(request, "Missing check ID")), done, safe=False)


def report(status: CheckStatus, request: HttpRequest) -> Plan:
    """A TTL check says how it is; ``?note`` becomes its output."""
    update = UpdateCheck(id=named(request, "Missing check ID"), status=status, output=request.param("note"))
    return Plan(update, done, safe=False)


def update(request: HttpRequest) -> Plan:
    """The same with a body."""
    given = decoded(request, STATUS_UPDATE)
    status = given.get("Status", "")
    if status not in get_args(CheckStatus):
        raise HttpError(400, f"Invalid check status: '{status}'")
    ask = UpdateCheck(id=named(request, "Missing check ID"), status=status, output=given.get("Output", ""))
    return Plan(ask, done, safe=False)


ROUTES: Routes = {
    "/v1/agent/check/register": {"PUT": register},
    "/v1/agent/check/deregister/": {"PUT": deregister},
    "/v1/agent/check/pass/": {"PUT": partial(report, "passing")},
    "/v1/agent/check/warn/": {"PUT": partial(report, "warning")},
    "/v1/agent/check/fail/": {"PUT": partial(report, "critical")},
    "/v1/agent/check/update/": {"PUT": update},
}
