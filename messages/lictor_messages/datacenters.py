"""Several datacenters: how they lie to each other, and what crosses from one to another.

server > router      a Query or Command for another datacenter, FailOver
router > server      of that datacenter: the same, asked by the router; RunPreparedQuery
server > prober      FireEvent, of a FireEventElsewhere from another datacenter: the prober answers past the server
server > prober-wan  ListDatacenters, ListDatacenterCoordinates
"""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Query
from lictor_messages.base import WIRE, Message, Record
from lictor_messages.coordinates import NodeCoordinate
from lictor_messages.json_names import Json
from lictor_messages.members import FireEvent
from lictor_messages.queries import ExecutePreparedQuery, PreparedQuery, QueryExecuted


class ListDatacenterCoordinates(Query, kind="datacenters.list_coordinates", on=WIRE):
    """/v1/coordinate/datacenters; answered by DatacenterCoordinates."""


class DatacenterMap(Record):
    """Where the servers of one datacenter lie, as far as they are known to the one that answers."""

    datacenter: Annotated[str, Json("Datacenter")]
    area_id: Annotated[str, Json("AreaID")] = "WAN"
    coordinates: Annotated[tuple[NodeCoordinate, ...], Json("Coordinates")] = ()


class DatacenterCoordinates(Answer, kind="datacenters.coordinates", on=WIRE):
    """In the order of the datacenters' names."""

    maps: tuple[DatacenterMap, ...]


class FireEventElsewhere(Query, kind="datacenters.fire_event", on=WIRE):
    """Have a server of datacenter ``dc`` spread this event among its own members; answered by EventFired or Refused.

    It rests on no log, so it is no Command: a second server is never asked, for that could fire it twice.
    """

    event: FireEvent


class FailOver(Message):
    """From a server to its router: this query has found nothing here; its asker is to be told what others find."""

    asked: ExecutePreparedQuery
    query: PreparedQuery
    """What was run, its template filled in."""
    nothing: QueryExecuted
    """What its asker is told if all others have nothing, too."""


class SilentDue(Message):
    """The router's timer: a server of another datacenter has not answered in time."""

    request: str


class FloodDue(Message):
    """The router's timer: look for servers of the own datacenter that are not in the pool of all."""
