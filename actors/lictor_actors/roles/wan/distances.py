"""How far the datacenters are, by the coordinates of their servers.

A datacenter is as far as the middle one of its servers. The own one is nearest, and one whose servers have not been
measured yet is farthest; what is equally far is in the order of names (Consul's ``GetDatacentersByDistance``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.coordinates import Coordinate, NodeCoordinate, distance_s
from lictor_messages.datacenters import DatacenterMap

Places = Mapping[str, Coordinate]
"""Where nodes lie, by name; without those that have not been measured."""


def by_distance(members: MemberTable, places: Places, here: Coordinate | None) -> list[str]:
    """The names of all datacenters, the nearest first."""
    own = members.me.alive.dc
    distances = {
        dc: 0.0 if dc == own else _middle(peers, places, here) for dc, peers in _by_datacenter(members).items()
    }
    return sorted(distances, key=lambda dc: (dc != own, distances[dc]))


def maps(members: MemberTable, places: Places, here: Coordinate | None) -> Iterator[DatacenterMap]:
    """Where the servers of each datacenter lie, by their names in it, without those that have not been measured."""
    for dc, peers in _by_datacenter(members).items():
        known = ((peer, here if peer is members.me else places.get(peer.node)) for peer in peers)
        rows = tuple(NodeCoordinate(node=peer.alive.name, coord=lies) for peer, lies in known if lies is not None)
        yield DatacenterMap(datacenter=dc, coordinates=rows)


def _by_datacenter(members: MemberTable) -> dict[str, list[Peer]]:
    """In the order of names; those that left are in none."""
    found: dict[str, list[Peer]] = {}
    for peer in sorted(members.sorted(), key=lambda peer: peer.alive.dc):
        if peer.state is not MemberState.LEFT:
            found.setdefault(peer.alive.dc, []).append(peer)
    return found


def _middle(peers: list[Peer], places: Places, here: Coordinate | None) -> float:
    theirs = (places.get(peer.node) for peer in peers)
    distances = sorted(inf if here is None or lies is None else distance_s(here, lies) for lies in theirs)
    return distances[len(distances) // 2]
