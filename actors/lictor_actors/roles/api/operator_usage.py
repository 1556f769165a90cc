"""/v1/operator/usage: how much the catalog holds."""

from __future__ import annotations

from lictor_actors.roles.api.query import read_options
from lictor_actors.roles.api.question import HttpQuestion, json_answer, query_headers, query_meta
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.usage import CountUsage, Usage
from lictor_messages.web import HttpAnswered

MESH_KINDS = (
    *("api-gateway", "connect-native", "connect-proxy", "ingress-gateway", "mesh-gateway", "terminating-gateway"),
)
"""Kinds of instances that only a service mesh has."""


def usage(request: HttpRequest) -> HttpQuestion:
    """Counts of nodes and services of the datacenter that is asked; ``?global`` asks no further ones."""
    return HttpQuestion(CountUsage(**read_options(request, rendered=False)), _counted)


def _counted(answer: Usage, request: HttpRequest) -> HttpAnswered:
    counts = {
        "Nodes": answer.nodes,
        "Services": answer.services,
        "ServiceInstances": answer.service_instances,
        "ConnectServiceInstances": dict.fromkeys(MESH_KINDS, 0) | dict(answer.mesh_instances),
        "BillableServiceInstances": answer.billable_service_instances,
    }
    body = {"Usage": {request.dc or request.options.dc: counts}, **query_meta(answer, request.consistency)}
    return json_answer(body, request, extra=query_headers(answer))


ROUTES = (Route("GET", "/v1/operator/usage", usage, guard="operator:read", tells_index=True),)
