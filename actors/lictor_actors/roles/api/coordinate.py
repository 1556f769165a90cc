"""/v1/coordinate/: where nodes lie in the network."""

from __future__ import annotations

from functools import wraps

from lictor_actors.consul.structs.coordinates import NODE_COORDINATE
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import HttpQuestion, done, rendered, status_answer
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_messages.answers import Rendered
from lictor_messages.coordinates import GetCoordinate, ListCoordinates, UpdateCoordinate
from lictor_messages.datacenters import ListDatacenterCoordinates
from lictor_messages.web import HttpAnswered

DISABLED = "Coordinate support disabled"
EMPTY = b"[]"


def nodes(request: HttpRequest) -> HttpQuestion:
    """Every node that has said where it lies."""
    return HttpQuestion(ListCoordinates(**read_options(request)), rendered)


def datacenters(request: HttpRequest) -> HttpQuestion:
    """The servers of all datacenters that are known, by the pool of all."""
    return HttpQuestion(ListDatacenterCoordinates(consistency="stale"), status_answer)


def node(request: HttpRequest) -> HttpQuestion:
    """One node's, in a list; 404 if it has said none."""
    return HttpQuestion(GetCoordinate(node=request.rest, **read_options(request)), _found)


def update(request: HttpRequest) -> HttpQuestion:
    """What an agent says of its node; it is in the catalog a few seconds later."""
    check_datacenter(request)
    given = decoded(request, NODE_COORDINATE)
    if not given.get("Node"):
        raise HttpError(400, "Missing node name: give Node")
    try:
        coordinate = NODE_COORDINATE.record(given)
    except ValueError:
        raise HttpError(400, "Invalid coordinate: Vec takes 8 numbers, and all are seconds below 1e6") from None
    return HttpQuestion(UpdateCoordinate(coordinate=coordinate), done)


def _found(answer: Rendered, request: HttpRequest) -> HttpAnswered:
    return rendered(answer.model_copy(update={"found": answer.body != EMPTY}), request)


def _unless_disabled(endpoint: Endpoint) -> Endpoint:
    @wraps(endpoint)
    def answered(request: HttpRequest) -> HttpQuestion | HttpAnswered:
        if request.options.disable_coordinates:
            raise HttpError(401, DISABLED)
        return endpoint(request)

    return answered


ROUTES = (
    Route("GET", "/v1/coordinate/datacenters", _unless_disabled(datacenters)),
    Route("GET", "/v1/coordinate/nodes", _unless_disabled(nodes), "node:read"),
    Route("GET", "/v1/coordinate/node/", _unless_disabled(node), "node:read"),
    Route("PUT", "/v1/coordinate/update", _unless_disabled(update), "node:write"),
)
