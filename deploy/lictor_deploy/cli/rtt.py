"""``lictor rtt``: how far two nodes are from each other, by their coordinates."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.structs.coordinates import COORDINATE
from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure
from lictor_messages.coordinates import Coordinate, distance_s


def rtt(node: str = "", other: str = "", /, *, reach: Reach = DEFAULT_REACH) -> None:
    """Estimate the round-trip time between two nodes, without sending anything between them.

    Example: lictor rtt web-1 db-1

    Parameters
    ----------
    node
        Name of a node.
    other
        Name of another one; the agent's own by default.
    """
    if not node:
        raise Failure("One or two node names must be specified. Example: lictor rtt web-1 db-1")
    api = reach.api()
    other = other or expect(api.get("/v1/agent/self")).fields()["Config"]["NodeName"]
    rows = expect(api.get("/v1/coordinate/nodes")).rows()
    estimate = distance_s(coordinate(rows, node), coordinate(rows, other)) * 1000
    print(f"Estimated {node} <-> {other} rtt: {estimate:.3f} ms (using LAN coordinates)")


def coordinate(rows: list[dict[str, Any]], node: str) -> Coordinate:
    """The coordinate of this node among all."""
    for row in rows:
        if row["Node"].lower() == node.lower():
            return COORDINATE.record(COORDINATE(row["Coord"], "Coord"))
    raise Failure(f"Could not find a coordinate for node {node!r}. A new node says one within half a minute.")
