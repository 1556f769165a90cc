"""What servers say of the cluster itself as Consul's JSON: the same over HTTP and for whoever asks a server for it."""

from __future__ import annotations

from typing import Any

from lictor_messages import status as s
from lictor_messages.answers import Answer

RAFT_PROTOCOL = "3"
"""Consul's number for servers that are known by UUID."""


def status_json(answer: Answer) -> Any:
    """The body of the endpoint that this answers."""
    match answer:
        case s.Leader():
            return answer.address
        case s.Peers():
            return list(answer.addresses)
        case s.Datacenters():
            return list(answer.names)
        case s.RaftConfiguration():
            return {"Servers": [_server(server) for server in answer.servers], "Index": answer.index}
    raise TypeError(f"no JSON for {answer.kind}")


def _server(server: s.RaftServer) -> dict[str, Any]:
    return {
        "ID": server.id,
        "Node": server.node,
        "Address": server.address,
        "Leader": server.leader,
        "ProtocolVersion": RAFT_PROTOCOL,
        "Voter": server.voter,
        "LastIndex": server.last_index,
        "CommitIndex": server.commit_index,
    }
