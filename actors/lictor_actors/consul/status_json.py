"""What servers say of the cluster itself as Consul's JSON: the same over HTTP and from a server."""

from __future__ import annotations

from typing import Any

import orjson

from lictor_actors.consul.json_rows import datacenter_map_json, raft_server_json
from lictor_messages import status as s
from lictor_messages.answers import Answer, Query, Rendered
from lictor_messages.datacenters import DatacenterCoordinates


def as_asked(query: Query, answer: Answer) -> Answer:
    """Typed, or as Consul's JSON."""
    return Rendered(index=answer.index, body=orjson.dumps(status_json(answer))) if query.rendered else answer


def status_json(answer: Answer) -> Any:
    """The body of the endpoint that this answers."""
    match answer:
        case s.Leader():
            return answer.address
        case s.Peers():
            return list(answer.addresses)
        case s.Datacenters():
            return list(answer.names)
        case DatacenterCoordinates():
            return [datacenter_map_json(each) for each in answer.maps]
        case s.RaftConfiguration():
            return {
                "Servers": [raft_server_json(server) for server in answer.servers],
                "Index": 0,
            }  # as Consul: it never says
    raise TypeError(f"no JSON for {answer.kind}")
