"""Network coordinates."""

from __future__ import annotations

from lictor_actors.consul.parts import one_or_more
from lictor_actors.consul.struct import Struct
from lictor_messages.coordinates import Coordinate, NodeCoordinate

COORDINATE = Struct("Coordinate", Coordinate)
NODE_COORDINATE = Struct("CoordinateUpdate", NodeCoordinate, (one_or_more(COORDINATE),))
