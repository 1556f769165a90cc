"""Where this node lies, told to the servers now and then (Consul's coordinate updates).

The interval grows with the cluster, so that the servers hear 64 a second at most. One that is lost is not repeated: the
next one says more.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_messages.coordinates import (
    CoordinateDue,
    GetOwnCoordinate,
    NodeCoordinate,
    OwnCoordinate,
    UpdateCoordinate,
)

INTERVAL_NS = 15_000_000_000
SHARE_NS = 15_625_000
"""Of each node in the interval: 64 nodes a second."""
TIMER = "coordinate"


class OwnCoordinateReports:
    """Asks the prober, and passes on what it says."""

    def __init__(self, name: str, prober: str, routes: ServerRoutes) -> None:
        self._name = name
        self._prober = prober
        self._routes = routes

    def begin(self, turn: Turn) -> None:
        """The first time at a random moment: nodes that start together do not report together."""
        turn.set_timer(TIMER, int(turn.rng.random() * INTERVAL_NS), CoordinateDue())

    def due(self, nodes: int, turn: Turn) -> None:
        """Time to report, in a cluster of so many."""
        interval = max(INTERVAL_NS, nodes * SHARE_NS)
        turn.set_timer(TIMER, interval + int(turn.rng.random() * interval / 2), CoordinateDue())
        turn.ask(self._prober, GetOwnCoordinate())

    def found(self, own: OwnCoordinate, turn: Turn) -> None:
        """The prober's answer."""
        server = self._routes.first()
        if own.coordinate is not None and server:
            lies = NodeCoordinate(node=self._name, coord=own.coordinate)
            turn.ask(server, UpdateCoordinate(coordinate=lies), token=self._routes.tokens.own)
