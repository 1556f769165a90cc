"""``lictor rtt``: how far two nodes are from each other, by their coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lictor_actors.consul.structs.coordinates import COORDINATE
from lictor_deploy.cli.http_api import HttpApi, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure
from lictor_messages.coordinates import Coordinate, distance_s


class Measured(NamedTuple):
    """The nodes among which coordinates were measured: those of different pools cannot be compared."""

    name: str
    own: str
    """The agent's own node, as this pool names it."""
    rows: dict[str, dict[str, Any]]
    """Coordinates by name, in lower case."""

    def coordinate(self, node: str) -> Coordinate:
        """Of this node. Raises Failure if it has said none."""
        if node.lower() not in self.rows:
            raise Failure(f"Could not find a coordinate for node {node!r}. A new node says one within half a minute.")
        return COORDINATE.record(COORDINATE(self.rows[node.lower()], "Coord"))


def rtt(node: str = "", other: str = "", /, *, wan: bool = False, reach: Reach = DEFAULT_REACH) -> None:
    """Estimate the round-trip time between two nodes, without sending anything between them.

    Example: lictor rtt web-1 db-1

    Parameters
    ----------
    node
        Name of a node; with -wan of a server, as NODE.DATACENTER.
    other
        Name of another one; the agent's own by default.
    wan
        Between servers of any datacenters.
    """
    if not node:
        raise Failure("One or two node names must be specified. Example: lictor rtt web-1 db-1")
    if wan and not all("." in name for name in (node, other) if name):
        raise Failure("With -wan a node is named with its datacenter. Example: lictor rtt -wan n1.dc1 n1.dc2")
    among = of_servers(reach.api()) if wan else of_datacenter(reach.api())
    other = other or among.own
    estimate = distance_s(among.coordinate(node), among.coordinate(other)) * 1000
    print(f"Estimated {node} <-> {other} rtt: {estimate:.3f} ms (using {among.name} coordinates)")


def of_datacenter(api: HttpApi) -> Measured:
    """The agent's datacenter."""
    rows = expect(api.get("/v1/coordinate/nodes")).rows()
    return Measured("LAN", own(api)["NodeName"], {row["Node"].lower(): row["Coord"] for row in rows})


def of_servers(api: HttpApi) -> Measured:
    """The servers of all datacenters."""
    me = own(api)
    rows = expect(api.get("/v1/coordinate/datacenters")).rows()
    return Measured("WAN", f"{me['NodeName']}.{me['Datacenter']}", dict(named(rows)))


def named(datacenters: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each server's name with its datacenter, and its coordinate."""
    for datacenter in datacenters:
        for row in datacenter["Coordinates"] or ():
            name = row["Node"].removesuffix(f".{datacenter['Datacenter']}")
            yield f"{name}.{datacenter['Datacenter']}".lower(), row["Coord"]


def own(api: HttpApi) -> dict[str, Any]:
    """What the agent says of its own node."""
    config: dict[str, Any] = expect(api.get("/v1/agent/self")).fields()["Config"]
    return config
