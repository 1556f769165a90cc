"""How far the datacenters are, by the coordinates of their servers.

A datacenter is as far as the middle one of its servers. The own one is nearest, and one whose servers have not been
measured yet is farthest; what is equally far is in the order of names (Consul's ``GetDatacentersByDistance``).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.coordinates import Coordinate, NodeCoordinate, distance_s
from lictor_messages.datacenters import DatacenterMap


def by_distance(members: MemberTable, here: Coordinate | None) -> list[str]:
    """The names of all datacenters, the nearest first."""
    own = members.me.alive.dc
    distances = {dc: 0.0 if dc == own else _middle(peers, here) for dc, peers in _by_datacenter(members).items()}
    return sorted(distances, key=lambda dc: (dc != own, distances[dc]))


def maps(members: MemberTable, here: Coordinate | None) -> Iterator[DatacenterMap]:
    """Where the servers of each datacenter lie, without those that have not been measured."""
    for dc, peers in _by_datacenter(members).items():
        known = ((peer, here if peer is members.me else peer.coordinate) for peer in peers)
        rows = tuple(NodeCoordinate(node=peer.node, coord=lies) for peer, lies in known if lies is not None)
        yield DatacenterMap(datacenter=dc, coordinates=rows)


def _by_datacenter(members: MemberTable) -> dict[str, list[Peer]]:
    """In the order of names; those that left are in none."""
    found: dict[str, list[Peer]] = {}
    for peer in sorted(members.sorted(), key=lambda peer: peer.alive.dc):
        if peer.state is not MemberState.LEFT:
            found.setdefault(peer.alive.dc, []).append(peer)
    return found


def _middle(peers: list[Peer], here: Coordinate | None) -> float:
    distances = sorted(
        inf if here is None or peer.coordinate is None else distance_s(here, peer.coordinate) for peer in peers
    )
    return distances[len(distances) // 2]
