"""The second prober of a server: its part in the pool of the servers of all datacenters."""

from __future__ import annotations

from lictor_actors.consul.status_json import as_asked
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handler
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.wan.distances import by_distance, maps
from lictor_messages.base import Message
from lictor_messages.datacenters import DatacenterCoordinates, ListDatacenterCoordinates
from lictor_messages.status import Datacenters, ListDatacenters


class WanProber(Prober):
    """A prober with a lane of its own, which also knows how far the other datacenters are."""

    hears = Prober.hears.on(ListDatacenters, ListDatacenterCoordinates)
    lane = "wan"

    def _table(self) -> dict[type[Message], Handler]:
        return {
            **super()._table(),
            ListDatacenters: self._list_datacenters,
            ListDatacenterCoordinates: self._list_coordinates,
        }

    def _list_datacenters(self, query: ListDatacenters, turn: Turn) -> None:
        names = by_distance(self.members, self.pool.places, self.pool.coordinate)
        turn.reply(as_asked(query, Datacenters(names=tuple(names))), early=True)

    def _list_coordinates(self, query: ListDatacenterCoordinates, turn: Turn) -> None:
        known = tuple(maps(self.members, self.pool.places, self.pool.coordinate))
        turn.reply(as_asked(query, DatacenterCoordinates(maps=known)), early=True)
