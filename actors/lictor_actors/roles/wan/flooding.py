"""A server brings the others of its datacenter into the pool of all (Consul's flood join).

So it is enough to join one server of each datacenter: its neighbours follow as soon as it knows them, and again a
minute later where that failed.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.wan.remote_servers import RemoteServers
from lictor_messages.addresses import lane_url
from lictor_messages.datacenters import FloodDue
from lictor_messages.members import Join, Member

EVERY_NS = 60_000_000_000
PORT_TAG = "wan_join_port"
"""Consul's tag of a server in its datacenter's pool: the port by which it is joined to the other one."""


class Flooding:
    """The servers of the own datacenter, and who of them is not in the pool of all."""

    def __init__(self, node: str, prober: str, pool: RemoteServers) -> None:
        self._node = node
        self._prober = prober
        self._pool = pool
        self._neighbours: dict[str, Member] = {}

    def begin(self, turn: Turn) -> None:
        """The first look at a random moment."""
        turn.set_timer("flood", int(turn.rng.random() * EVERY_NS), FloodDue())

    def due(self, turn: Turn) -> None:
        """Time to look for those that are missing."""
        turn.set_timer("flood", EVERY_NS, FloodDue())
        for member in self._neighbours.values():
            self._bring(member, turn)

    def changed(self, member: Member, turn: Turn) -> None:
        """A member of the datacenter's own pool came, changed or went."""
        known = self._neighbours.pop(member.node, None)
        if member.node != self._node and member.is_server and member.status == "alive" and PORT_TAG in member.tags:
            self._neighbours[member.node] = member
            if known is None:
                self._bring(member, turn)

    def listed(self, members: tuple[Member, ...], turn: Turn) -> None:
        """The whole pool of the datacenter."""
        self._neighbours.clear()
        for member in members:
            self.changed(member, turn)

    def _bring(self, member: Member, turn: Turn) -> None:
        port = member.tags[PORT_TAG]
        if not self._pool.has(member.node) and port.isascii() and port.isdigit():
            turn.ask(self._prober, Join(addresses=(lane_url(member.address, int(port)),)))
