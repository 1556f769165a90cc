"""What servers say of the cluster itself as Consul's JSON: the same over HTTP and from a server."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.json_rows import raft_server_json
from lictor_messages import status as s
from lictor_messages.answers import Answer


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
            return {
                "Servers": [raft_server_json(server) for server in answer.servers],
                "Index": 0,
            }  # as Consul: it never says
    raise TypeError(f"no JSON for {answer.kind}")
