"""/v1/agent/host: the machine under this agent."""

from __future__ import annotations

from lictor_actors.consul.structs.machine import HOST_INFO
from lictor_actors.roles.api.question import HttpQuestion, json_answer
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.machine import DescribeMachine, MachineRead
from lictor_messages.web import HttpAnswered


def host(request: HttpRequest) -> HttpQuestion:
    """Memory, processors, operating system and disk, as they are now."""
    return HttpQuestion(DescribeMachine(), _described, to=request.here)


def _described(answer: MachineRead, request: HttpRequest) -> HttpAnswered:
    return json_answer(HOST_INFO.row(answer.description), request)


ROUTES = (Route("GET", "/v1/agent/host", host, guard="operator:read"),)
