"""/v1/catalog/: nodes, services, their instances; registration by hand."""

from __future__ import annotations

from lictor_actors.roles.api.agent_cache import cacheable
from lictor_actors.roles.api.catalog_owner import told_of_owner
from lictor_actors.roles.api.catalog_writes import deregistration, registration
from lictor_actors.roles.api.peers import of_peer
from lictor_actors.roles.api.query import read_options, selection
from lictor_actors.roles.api.question import HttpQuestion, rendered_with_consistency, status_answer
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.catalog import ListNodes, ListNodeServices, ListServiceNodes, ListServices
from lictor_messages.status import ListDatacenters


def datacenters(request: HttpRequest) -> HttpQuestion:
    """Names of all datacenters known."""
    return cacheable(request, HttpQuestion(ListDatacenters(consistency="stale"), status_answer), refreshed=False)


def nodes(request: HttpRequest) -> HttpQuestion:
    """Every node."""
    query = ListNodes(**read_options(request), **selection(request))
    return HttpQuestion(query, of_peer(request, rendered_with_consistency))


def services(request: HttpRequest) -> HttpQuestion:
    """Service names with their tags."""
    query = ListServices(**read_options(request), **selection(request))
    return cacheable(request, HttpQuestion(query, of_peer(request, rendered_with_consistency, b"{}")))


def service(request: HttpRequest) -> HttpQuestion:
    """The instances of a service."""
    return _instances(request, connect=False)


def connect(request: HttpRequest) -> HttpQuestion:
    """The instances by which a mesh reaches it."""
    return _instances(request, connect=True)


def _instances(request: HttpRequest, connect: bool) -> HttpQuestion:
    name = named(request, "Missing service name")
    tags = tuple(request.params.get("tag", ()))
    query = ListServiceNodes(service=name, tags=tags, connect=connect, **read_options(request), **selection(request))
    return cacheable(request, HttpQuestion(query, of_peer(request, rendered_with_consistency)))


def node(request: HttpRequest) -> HttpQuestion:
    """One node with its services by id."""
    name = named(request, "Missing node name")
    query = ListNodeServices(node=name, **read_options(request), **selection(request))
    return HttpQuestion(query, of_peer(request, rendered_with_consistency, b"null"))


def node_services(request: HttpRequest) -> HttpQuestion:
    """The same as a list."""
    name = named(request, "Missing node name")
    query = ListNodeServices(node=name, as_list=True, **read_options(request), **selection(request))
    nothing = b'{"Node":null,"Services":null}'
    return cacheable(request, HttpQuestion(query, of_peer(request, rendered_with_consistency, nothing)))


def register(request: HttpRequest) -> HttpQuestion:
    """Write a node, a service, checks: past any agent."""
    command = registration(request)
    return HttpQuestion(command, told_of_owner(command.node.node), safe=False)


def deregister(request: HttpRequest) -> HttpQuestion:
    """Remove a node, a service or a check."""
    command = deregistration(request)
    return HttpQuestion(command, told_of_owner(command.node), safe=False)


def named(request: HttpRequest, missing: str) -> str:
    """The name at the end of the path; raises HttpError 400 if there is none."""
    if not request.rest:
        raise HttpError(400, missing)
    return request.rest


ROUTES = (
    Route("GET", "/v1/catalog/datacenters", datacenters),
    Route("GET", "/v1/catalog/nodes", nodes, tells_index=True),
    Route("GET", "/v1/catalog/services", services, tells_index=True),
    Route("GET", "/v1/catalog/service/", service, tells_index=True),
    Route("GET", "/v1/catalog/connect/", connect, tells_index=True),
    Route("GET", "/v1/catalog/node/", node, tells_index=True),
    Route("GET", "/v1/catalog/node-services/", node_services, tells_index=True),
    Route("PUT", "/v1/catalog/register", register),
    Route("PUT", "/v1/catalog/deregister", deregister),
)
