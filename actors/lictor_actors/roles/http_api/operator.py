"""/v1/operator/: the Raft configuration."""

from __future__ import annotations

from typing import Any

from lictor_actors.roles.http_api.plan import Plan, json_answer
from lictor_actors.roles.http_api.query import check_datacenter
from lictor_actors.roles.http_api.request import HttpRequest
from lictor_actors.roles.http_api.routes import Routes
from lictor_messages.status import GetRaftConfiguration, RaftConfiguration, RaftServer
from lictor_messages.web import HttpAnswered

RAFT_PROTOCOL = "3"
"""Consul's number for servers that are known by UUID."""


def raft_configuration(request: HttpRequest) -> Plan:
    """The servers of the Raft configuration, as any server knows them."""
    check_datacenter(request)
    return Plan(GetRaftConfiguration(consistency="stale"), _configuration)


def _configuration(answer: RaftConfiguration, request: HttpRequest) -> HttpAnswered:
    servers = [_server(server) for server in answer.servers]
    return json_answer({"Servers": servers, "Index": answer.index}, request)


def _server(server: RaftServer) -> dict[str, Any]:
    return {
        "ID": server.id,
        "Node": server.node,
        "Address": server.address,
        "Leader": server.leader,
        "ProtocolVersion": RAFT_PROTOCOL,
        "Voter": server.voter,
        "LastIndex": server.last_index,
    }


ROUTES: Routes = {"/v1/operator/raft/configuration": {"GET": raft_configuration}}
