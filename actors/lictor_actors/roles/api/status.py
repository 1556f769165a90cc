"""/v1/status/: the leader and the peers, without any headers of a query."""

from __future__ import annotations

from lictor_actors.roles.api.query import check_datacenter
from lictor_actors.roles.api.question import HttpQuestion, json_answer, status_answer
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.status import GetLeader, ListPeers
from lictor_messages.web import HttpAnswered


def leader(request: HttpRequest) -> HttpQuestion:
    """``"ip:port"`` of the leader, or ``""``."""
    check_datacenter(request)
    return HttpQuestion(
        GetLeader(consistency="stale"), status_answer, final={"NoLeader": _no_leader, "NotLeader": _no_leader}
    )


def peers(request: HttpRequest) -> HttpQuestion:
    """``ip:port`` of every server of the Raft configuration."""
    check_datacenter(request)
    return HttpQuestion(ListPeers(consistency="stale"), status_answer)


def _no_leader(request: HttpRequest) -> HttpAnswered:
    return json_answer("", request)


ROUTES = (
    Route("GET", "/v1/status/leader", leader),
    Route("GET", "/v1/status/peers", peers),
)
