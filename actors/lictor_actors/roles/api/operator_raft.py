"""/v1/operator/raft/: who the servers are, which one goes, and which one leads."""

from __future__ import annotations

from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import HttpQuestion, done, json_answer, status_answer
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.answers import Written
from lictor_messages.autopilot import RemovePeer, TransferLeadership
from lictor_messages.status import GetRaftConfiguration
from lictor_messages.web import HttpAnswered

WHICH_PEER = "Bad request: Must specify either ?id with the server's ID or ?address with IP:port of peer to remove"
ONE_OF_BOTH = "Bad request: Must specify only one of ?id or ?address"


def raft_configuration(request: HttpRequest) -> HttpQuestion:
    """The servers of the Raft configuration, as the leader knows them, or with ``?stale`` any server."""
    consistency = read_options(request).get("consistency", "default")
    return HttpQuestion(GetRaftConfiguration(consistency=consistency), status_answer)


def remove_peer(request: HttpRequest) -> HttpQuestion:
    """Take a server out of the configuration that will not come back."""
    check_datacenter(request)
    peer, address = request.param("id"), request.param("address")
    if not peer and not address:
        raise HttpError(400, WHICH_PEER)
    if peer and address:
        raise HttpError(400, ONE_OF_BOTH)
    return HttpQuestion(RemovePeer(id=peer, address=address), done, safe=False)


def transfer_leader(request: HttpRequest) -> HttpQuestion:
    """Make another server the leader: the one that is named, or the fittest."""
    check_datacenter(request)
    return HttpQuestion(TransferLeadership(id=request.param("id")), _transferred, safe=False)


def _transferred(_: Written, request: HttpRequest) -> HttpAnswered:
    return json_answer({"Success": True}, request)


ROUTES = (
    Route("GET", "/v1/operator/raft/configuration", raft_configuration),
    Route("DELETE", "/v1/operator/raft/peer", remove_peer),
    Route("POST", "/v1/operator/raft/transfer-leader", transfer_leader),
)
