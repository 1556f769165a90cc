"""Network coordinates: where a node lies among the others, in seconds of round-trip time (Vivaldi, SIGCOMM 2004)."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Field

from lictor_messages.base import Record
from lictor_messages.json_names import Json

DIMENSIONS = 8
FARTHEST = 1e6
"""Seconds: no estimate of a round trip comes anywhere near it, and sums of such numbers stay finite."""

Seconds = Annotated[float, Ge(-FARTHEST), Le(FARTHEST)]
Vector = Annotated[tuple[Seconds, ...], Field(min_length=DIMENSIONS, max_length=DIMENSIONS)]


class Coordinate(Record):
    """A point with a height above the plane: what the node's own link adds to each of its round trips."""

    vec: Annotated[Vector, Json("Vec")] = (0.0,) * DIMENSIONS
    error: Annotated[Annotated[float, Ge(0), Le(FARTHEST)], Json("Error")] = 1.5
    """How far off its estimates are, relative to what is measured; 1.5 is the most, of a node that knows nothing."""
    adjustment: Annotated[Seconds, Json("Adjustment")] = 0.0
    """Half of what estimates were too short by of late, to be added to each."""
    height: Annotated[Seconds, Json("Height")] = 1e-5
