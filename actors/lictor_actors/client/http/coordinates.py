"""Network coordinates over HTTP: Consul's /v1/coordinate."""

from __future__ import annotations

from lictor_actors.client.http.call import HttpReply, Translation, call
from lictor_actors.consul.structs.coordinates import DATACENTER_MAP, NODE_COORDINATE
from lictor_messages import coordinates as c
from lictor_messages.base import Message
from lictor_messages.datacenters import DatacenterCoordinates, ListDatacenterCoordinates


def _found(_: Message, reply: HttpReply) -> c.Coordinates:
    return c.Coordinates(coordinates=tuple(map(NODE_COORDINATE.shown, reply.rows())), **reply.figures)


def _maps(_: Message, reply: HttpReply) -> DatacenterCoordinates:
    return DatacenterCoordinates(maps=tuple(map(DATACENTER_MAP.shown, reply.rows())))


TRANSLATIONS: dict[type[Message], Translation] = {
    c.ListCoordinates: Translation(lambda q: call(q, "GET", "coordinate", "nodes"), _found),
    c.GetCoordinate: Translation(lambda q: call(q, "GET", "coordinate", "node", q.node), _found, also=(404,)),
    ListDatacenterCoordinates: Translation(lambda q: call(q, "GET", "coordinate", "datacenters"), _maps),
}
