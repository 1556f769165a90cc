"""Network coordinates: where a node lies among the others, in seconds of round-trip time (Vivaldi, SIGCOMM 2004).

prober > prober          Ack.coordinate: where the one that was probed lies
agent > prober           GetOwnCoordinate, now and then
agent, gateway > leader  UpdateCoordinate: kept for a few seconds, and written together with others
"""

from __future__ import annotations

from math import hypot
from operator import sub
from typing import Annotated, Protocol

from annotated_types import Ge, Le
from pydantic import Field

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message, Record
from lictor_messages.json_names import Json

DIMENSIONS = 8
FARTHEST = 1e6
"""Seconds: no estimate of a round trip comes anywhere near it, and sums of such numbers stay finite."""

Seconds = Annotated[float, Ge(-FARTHEST), Le(FARTHEST)]
Vector = Annotated[tuple[Seconds, ...], Field(min_length=DIMENSIONS, max_length=DIMENSIONS)]


class Coordinate(Record):
    """A point with a height above the plane: what the node's own link adds to each of its round trips."""

    vec: Annotated[Vector, Json("Vec", "reals")] = (0.0,) * DIMENSIONS
    error: Annotated[Annotated[float, Ge(0), Le(FARTHEST)], Json("Error")] = 1.5
    """How far off its estimates are, relative to what is measured; 1.5 is the most, of a node that knows nothing."""
    adjustment: Annotated[Seconds, Json("Adjustment")] = 0.0
    """Half of what estimates were too short by of late, to be added to each."""
    height: Annotated[Seconds, Json("Height")] = 1e-5


class Place(Protocol):
    """What a distance is reckoned from."""

    @property
    def vec(self) -> tuple[float, ...]:
        """The point."""

    @property
    def adjustment(self) -> float:
        """What is added to each estimate."""

    @property
    def height(self) -> float:
        """What the node's own link adds."""


def distance_s(one: Place, other: Place) -> float:
    """The round-trip time in seconds between two nodes, by their coordinates."""
    raw = raw_distance_s(one, other)
    adjusted = raw + (one.adjustment + other.adjustment)
    return adjusted if adjusted > 0 else raw


def raw_distance_s(one: Place, other: Place) -> float:
    """The same without adjustments."""
    return hypot(*map(sub, one.vec, other.vec)) + (one.height + other.height)


class NodeCoordinate(Record):
    """Where a node of the catalog lies."""

    node: Annotated[str, Json("Node")]
    segment: Annotated[str, Json("Segment")] = ""
    coord: Annotated[Coordinate, Json("Coord")] = Coordinate()


class UpdateCoordinate(Command, kind="coordinates.update_coordinate", on=WIRE):
    """A node lies there now; answered by Written at once. The leader writes it a little later, if it still leads."""

    coordinate: NodeCoordinate


class PutCoordinates(Command, kind="coordinates.put_coordinates", on=WIRE | STORED):
    """The leader's own: what it has gathered. Nodes that the catalog does not know are passed over."""

    coordinates: tuple[NodeCoordinate, ...]


class GetCoordinate(Query, kind="coordinates.get_coordinate", on=WIRE):
    """/v1/coordinate/node/:node; answered by Coordinates, none if the node has said none."""

    node: str


class ListCoordinates(Query, kind="coordinates.list_coordinates", on=WIRE):
    """/v1/coordinate/nodes; answered by Coordinates."""


class Coordinates(Answer, kind="coordinates.coordinates", on=WIRE):
    """Coordinates in the order of their nodes' names."""

    coordinates: tuple[NodeCoordinate, ...]


class GetOwnCoordinate(Message):
    """To this node's prober: where do we lie? Answered by OwnCoordinate."""


class OwnCoordinate(Message):
    """Where this node lies; None if it does not reckon that."""

    coordinate: Coordinate | None


class CoordinateDue(Message):
    """Time for the agent to tell the servers where its node lies."""


class CoordinateBatchDue(Message):
    """Time for the leader to write what it has gathered."""
