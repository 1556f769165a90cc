"""The cluster itself over HTTP: Consul's /v1/status, /v1/operator/raft and the names of datacenters."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpReply, Translation, call
from lictor_actors.consul.structs.operator import RAFT_SERVER
from lictor_messages import status as s
from lictor_messages.base import Message


def _servers(_: Message, reply: HttpReply) -> s.RaftConfiguration:
    return s.RaftConfiguration(servers=tuple(map(RAFT_SERVER.shown, reply.json()["Servers"] or ())))


TRANSLATIONS: dict[type[Message], Translation] = {
    s.ListDatacenters: Translation(
        lambda q: call(q, "GET", "catalog", "datacenters"), lambda _, reply: s.Datacenters(names=tuple(reply.rows()))
    ),
    s.GetLeader: Translation(
        lambda q: call(q, "GET", "status", "leader"), lambda _, reply: s.Leader(node="", address=reply.json())
    ),
    s.ListPeers: Translation(
        lambda q: call(q, "GET", "status", "peers"), lambda _, reply: s.Peers(addresses=tuple(reply.rows()))
    ),
    s.GetRaftConfiguration: Translation(lambda q: call(q, "GET", "operator", "raft", "configuration"), _servers),
}
