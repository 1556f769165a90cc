"""Gateways of a service mesh: Lictor has none, so that what stands behind them is empty.

The catalog is asked all the same, in a mesh's way: it refuses a request without ``service:read`` on the name, and the
headers are those of its answer.
"""

from __future__ import annotations

from lictor_actors.roles.api.catalog import named
from lictor_actors.roles.api.peers import emptied
from lictor_actors.roles.api.query import read_options, selection
from lictor_actors.roles.api.question import HttpQuestion, rendered, rendered_with_consistency
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.catalog import ListServiceHealth, ListServiceNodes


def services(request: HttpRequest) -> HttpQuestion:
    """The services that a gateway leads to."""
    name = named(request, "Missing gateway name")
    query = ListServiceNodes(service=name, connect=True, **read_options(request))
    return HttpQuestion(query, emptied(rendered_with_consistency))


def ingress(request: HttpRequest) -> HttpQuestion:
    """The instances of the ingress gateways that lead to a service."""
    name = named(request, "Missing service name")
    query = ListServiceHealth(service=name, connect=True, **read_options(request), **selection(request))
    return HttpQuestion(query, emptied(rendered))


ROUTES = (
    Route("GET", "/v1/catalog/gateway-services/", services, tells_index=True),
    Route("GET", "/v1/health/ingress/", ingress),
)
