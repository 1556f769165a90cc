"""/v1/health/: checks by node, service and state; service instances with their health."""

from __future__ import annotations

from lictor_actors.roles.api.agent_cache import cacheable
from lictor_actors.roles.api.catalog import named
from lictor_actors.roles.api.peers import of_peer
from lictor_actors.roles.api.query import parse_bool, read_options, selection
from lictor_actors.roles.api.question import NOTHING_READ, HttpQuestion, rendered, rendered_with_consistency
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.catalog import ListChecksInState, ListNodeChecks, ListServiceChecks, ListServiceHealth


def node(request: HttpRequest) -> HttpQuestion:
    """The checks of a node."""
    name = named(request, "Missing node name")
    query = ListNodeChecks(node=name, **read_options(request), **selection(request))
    return HttpQuestion(query, of_peer(request, rendered_with_consistency))


def checks(request: HttpRequest) -> HttpQuestion:
    """The checks of a service."""
    name = named(request, "Missing service name")
    query = ListServiceChecks(service=name, **read_options(request), **selection(request))
    return HttpQuestion(query, of_peer(request, rendered_with_consistency))


def state(request: HttpRequest) -> HttpQuestion:
    """The checks in a state, or in any."""
    name = named(request, "Missing check state")
    query = ListChecksInState(state=name, **read_options(request), **selection(request))
    return HttpQuestion(query, of_peer(request, rendered_with_consistency))


def service(request: HttpRequest) -> HttpQuestion:
    """The instances of a service with all checks that bear on them; ``?passing`` leaves out the others."""
    return _instances(request, connect=False)


def connect(request: HttpRequest) -> HttpQuestion:
    """The same of the instances by which a mesh reaches it."""
    return _instances(request, connect=True)


def _instances(request: HttpRequest, connect: bool) -> HttpQuestion:
    query = ListServiceHealth(
        service=named(request, "Missing service name"),
        tags=tuple(request.params.get("tag", ())),
        passing=_passing(request),
        connect=connect,
        **read_options(request),
        **selection(request),
    )
    return cacheable(request, HttpQuestion(query, of_peer(request, rendered)))


def _passing(request: HttpRequest) -> bool:
    if not request.has("passing"):
        return False
    value = request.param("passing")
    passing = parse_bool(value) if value else True
    if passing is None:
        raise HttpError(400, "Invalid value for ?passing", NOTHING_READ)
    return passing


ROUTES = (
    Route("GET", "/v1/health/node/", node, tells_index=True),
    Route("GET", "/v1/health/checks/", checks, tells_index=True),
    Route("GET", "/v1/health/state/", state, tells_index=True),
    Route("GET", "/v1/health/service/", service),
    Route("GET", "/v1/health/connect/", connect),
)
