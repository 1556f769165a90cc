"""Network coordinates as clients see them: Consul's /v1/coordinate."""

from __future__ import annotations

from typing import Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.questions import ask, read
from lictor_actors.client.results import ReadOptions, Rows, query_fields
from lictor_messages.coordinates import Coordinates, GetCoordinate, ListCoordinates, NodeCoordinate, distance_s
from lictor_messages.datacenters import DatacenterCoordinates, DatacenterMap, ListDatacenterCoordinates


class CoordinateApi(Api[M]):
    """Where nodes lie among each other, in seconds of round-trip time."""

    @both
    def nodes(self, **options: Unpack[ReadOptions]) -> Ask[Rows[NodeCoordinate]]:
        """Every node that has said where it lies, in the order of their names."""
        query = ListCoordinates(**query_fields(options))
        return read(query, Coordinates, lambda a: Rows.of(a, a.coordinates), options)

    @both
    def node(self, node: str, **options: Unpack[ReadOptions]) -> Ask[NodeCoordinate | None]:
        """One node's, None while it has said none."""
        query = GetCoordinate(node=node, **query_fields(options))
        return read(query, Coordinates, lambda a: a.coordinates[0] if a.coordinates else None, options)

    @both
    def datacenters(self) -> Ask[tuple[DatacenterMap, ...]]:
        """Where the servers of each datacenter lie, by the pool of all datacenters."""
        return ask(ListDatacenterCoordinates(consistency="stale"), DatacenterCoordinates, lambda a: a.maps)

    @both
    def rtt(self, one: str, other: str, **options: Unpack[ReadOptions]) -> Ask[float | None]:
        """Estimated seconds of a round trip between two nodes, None while one of them has not said where it lies."""
        query = ListCoordinates(**query_fields(options))
        return read(query, Coordinates, lambda a: _rtt(a, one, other), options)


def _rtt(answer: Coordinates, one: str, other: str) -> float | None:
    known = {found.node: found.coord for found in answer.coordinates}
    return distance_s(known[one], known[other]) if one in known and other in known else None
