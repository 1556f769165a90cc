"""Who does what: which nodes fail, which stand in the two racks, who writes, and how long all of it may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lictor_actors.swim.profile import LAN

SERVICES_EACH = 5
NAMES = 50
"""So many names of services share all instances."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The nodes, by the part that they play."""

    servers: tuple[str, ...]
    racks: tuple[tuple[str, ...], tuple[str, ...]]
    """Each a twentieth of the cluster; they are parted from the rest and from each other."""
    doomed: tuple[str, ...]
    """One agent in ten, which fail one after the other."""
    others: tuple[str, ...]

    @property
    def agents(self) -> tuple[str, ...]:
        return (*self.racks[0], *self.racks[1], *self.doomed, *self.others)

    @property
    def everyone(self) -> tuple[str, ...]:
        return (*self.servers, *self.agents)

    @property
    def writers(self) -> dict[str, str]:
        """Where clients write: through which agent."""
        return {"rack 1": self.racks[0][0], "rack 2": self.racks[1][0], "the rest": self.others[0]}

    def part(self, node: str) -> int:
        """Which part of the parted cluster this node is in; 0 has the servers."""
        return 1 if node in self.racks[0] else 2 if node in self.racks[1] else 0


def cast(nodes: Sequence[str]) -> Cast:
    """``nodes``: servers first; enough of them for everyone to have a part."""
    servers = tuple(node for node in nodes if node.startswith("server-"))
    agents = nodes[len(servers) :]
    size = max(2, len(nodes) // 20)
    rest = agents[2 * size :]
    step = max(2, len(rest) * 10 // len(nodes))
    doomed = tuple(rest[1::step][: max(1, len(nodes) // 10)])
    others = tuple(node for node in rest if node not in doomed)
    return Cast(servers, (tuple(agents[:size]), tuple(agents[size : 2 * size])), doomed, others)


def bound_s(nodes: int) -> float:
    """Until the last knows of a death: three rounds until one has probed it in vain, the longest suspicion, and what
    gossip takes to reach all, log(N) rounds and as many again (SWIM section 4, Lifeguard section IV).
    """
    spread = 2 * LAN.retransmit_limit(nodes) * LAN.gossip_interval
    return (3 * LAN.probe_interval + LAN.suspicion_max(nodes) + spread) / 1e9
