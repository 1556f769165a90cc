"""/v1/operator/usage: how much the catalog holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lictor_actors.roles.api.query import read_options
from lictor_actors.roles.api.question import HttpQuestion, json_answer, query_headers, query_meta
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.status import ListDatacenters
from lictor_messages.usage import CountUsage, Usage
from lictor_messages.web import HttpAnswered

Usages = Mapping[str, Usage]
"""By datacenter."""
MESH_KINDS = (
    *("api-gateway", "connect-native", "connect-proxy", "ingress-gateway", "mesh-gateway", "terminating-gateway"),
)
"""Kinds of instances that only a service mesh has."""


def usage(request: HttpRequest) -> HttpQuestion:
    """Counts of nodes and services of the datacenter that is asked, or with ``?global`` of each one, one by one."""
    count = CountUsage(**read_options(request, rendered=False))
    if not request.has("global") or request.dc:
        return HttpQuestion(count, lambda answer, _: _told({request.dc or request.options.dc: answer}, request))
    once = count.model_copy(update={"min_index": 0, "wait_ns": 0})
    return HttpQuestion(ListDatacenters(consistency="stale"), lambda known, _: _next(once, known.names, {}, request))


def _next(count: CountUsage, dcs: tuple[str, ...], found: Usages, request: HttpRequest) -> HttpQuestion:
    """Ask the first of these, and then the others."""
    dc, *others = dcs

    def counted(answer: Usage, _: HttpRequest) -> HttpQuestion | HttpAnswered:
        of_all = {**found, dc: answer}
        return _next(count, tuple(others), of_all, request) if others else _told(of_all, request)

    return HttpQuestion(count.model_copy(update={"dc": dc}), counted)


def _told(found: Usages, request: HttpRequest) -> HttpAnswered:
    last = list(found.values())[-1]
    body = {"Usage": {dc: _counts(usage) for dc, usage in found.items()}, **query_meta(last, request.consistency)}
    return json_answer(body, request, extra=query_headers(last))


def _counts(usage: Usage) -> dict[str, Any]:
    return {
        "Nodes": usage.nodes,
        "Services": usage.services,
        "ServiceInstances": usage.service_instances,
        "ConnectServiceInstances": dict.fromkeys(MESH_KINDS, 0) | dict(usage.mesh_instances),
        "BillableServiceInstances": usage.billable_service_instances,
    }


ROUTES = (Route("GET", "/v1/operator/usage", usage, guard="operator:read", tells_index=True),)
