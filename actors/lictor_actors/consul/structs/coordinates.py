"""Network coordinates."""

from __future__ import annotations

from lictor_actors.consul.parts import one_or_more
from lictor_actors.consul.struct import Struct
from lictor_messages.coordinates import Coordinate, NodeCoordinate
from lictor_messages.datacenters import DatacenterMap

COORDINATE = Struct("Coordinate", Coordinate)
NODE_COORDINATE = Struct("CoordinateUpdate", NodeCoordinate, (one_or_more(COORDINATE),))
DATACENTER_MAP = Struct("DatacenterMap", DatacenterMap, (one_or_more(NODE_COORDINATE),))
