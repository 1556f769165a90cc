"""/v1/agent/check/: checks of this agent, and reports on those that live by reports."""

from __future__ import annotations

from functools import partial
from typing import get_args

from lictor_actors.consul.json_rows import check_json
from lictor_actors.consul.structs.agent import CHECK_DEFINITION, STATUS_UPDATE
from lictor_actors.consul.structs.catalog import CHECK
from lictor_actors.roles.api.agent import chosen
from lictor_actors.roles.api.catalog import named
from lictor_actors.roles.api.definitions import check_spec, decoded
from lictor_actors.roles.api.question import HttpQuestion, done, json_answer
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.agent import DeregisterCheck, ListLocalChecks, LocalChecks, RegisterCheck, UpdateCheck
from lictor_messages.catalog import CheckStatus
from lictor_messages.web import HttpAnswered


def checks(request: HttpRequest) -> HttpQuestion:
    """The checks of this agent by id."""
    return HttpQuestion(ListLocalChecks(), _checks)


def register(request: HttpRequest) -> HttpQuestion:
    """Add a check to this agent, or replace it."""
    return HttpQuestion(RegisterCheck(check=check_spec(decoded(request, CHECK_DEFINITION))), done, safe=False)


def deregister(request: HttpRequest) -> HttpQuestion:
    """Remove a check."""
    return HttpQuestion(DeregisterCheck(id=named(request, "Missing check ID")), done, safe=False)


def report(status: CheckStatus, request: HttpRequest) -> HttpQuestion:
    """A TTL check says how it is; ``?note`` becomes its output."""
    update = UpdateCheck(id=named(request, "Missing check ID"), status=status, output=request.param("note"))
    return HttpQuestion(update, done, safe=False)


def update(request: HttpRequest) -> HttpQuestion:
    """The same with a body."""
    given = decoded(request, STATUS_UPDATE)
    status = given.get("Status", "")
    if status not in get_args(CheckStatus):
        raise HttpError(400, f"Invalid check status: '{status}'")
    ask = UpdateCheck(id=named(request, "Missing check ID"), status=status, output=given.get("Output", ""))
    return HttpQuestion(ask, done, safe=False)


def _checks(answer: LocalChecks, request: HttpRequest) -> HttpAnswered:
    rows = {record.check_id: check_json(record) for record in answer.checks}
    return json_answer(chosen(CHECK, rows, request), request)


ROUTES = (
    Route("GET", "/v1/agent/checks", checks),
    Route("PUT", "/v1/agent/check/register", register),
    Route("PUT", "/v1/agent/check/deregister/", deregister),
    Route("PUT", "/v1/agent/check/pass/", partial(report, "passing")),
    Route("PUT", "/v1/agent/check/warn/", partial(report, "warning")),
    Route("PUT", "/v1/agent/check/fail/", partial(report, "critical")),
    Route("PUT", "/v1/agent/check/update/", update),
)
