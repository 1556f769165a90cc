"""The nodes of Ray on which a cluster has hosts, as its parent knows them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from lictor_deploy.local.json_lines import Said

CONNECT_WITHIN_S = 0.5


@dataclass(frozen=True)
class RayMachine:
    """One node of Ray and the host on it."""

    process: str
    """The host's name among the parent's processes."""
    ray_node: str
    ip: str
    pid: int = 0
    lanes: tuple[str, ...] = ()
    """Gossip and rest; none while its host is not open."""
    data: str = ""
    servers: tuple[str, ...] = field(default=(), compare=False)
    """Those whose journals were there when its host opened."""


class Machines:
    """All that there ever were; a machine that is back is another node of Ray at the same address."""

    def __init__(self, ray_nodes: Callable[[], list[dict[str, Any]]]) -> None:
        """``ray_nodes``: those that Ray has now, as ``ray.nodes`` tells of them."""
        self._ray_nodes = ray_nodes
        self._by_process: dict[str, RayMachine] = {}
        self.gone: set[str] = set()
        """Processes that are out of reach."""
        self.arrivals()

    def all(self) -> list[RayMachine]:
        """In the order in which they came, without those that are out of reach."""
        return [machine for name, machine in self._by_process.items() if name not in self.gone]

    def of(self, process: str) -> RayMachine:
        """The one of this process."""
        return self._by_process[process]

    def opened(self, process: str, facts: Said) -> RayMachine:
        """Its host has said where it listens and what is there."""
        self.gone.discard(process)
        self._by_process[process] = replace(
            self._by_process[process],
            pid=facts["pid"],
            lanes=tuple(facts["lanes"]),
            data=facts["data"],
            servers=tuple(facts["servers"]),
        )
        return self._by_process[process]

    def lose(self, process: str) -> None:
        """It is out of reach."""
        self._by_process[process] = replace(self._by_process[process], lanes=(), pid=0)
        self.gone.add(process)

    def alive(self, process: str) -> bool:
        """Whether its node of Ray lives. Ray notices some 14 s late that one was killed; its port tells at once."""
        nodes = [node for node in self._ray_nodes() if node["NodeID"] == self.of(process).ray_node]
        return any(node["Alive"] and listens(node["NodeManagerAddress"], node["NodeManagerPort"]) for node in nodes)

    def arrivals(self) -> list[RayMachine]:
        """Nodes of Ray that are new."""
        known = {machine.ray_node for machine in self._by_process.values()}
        alive = {node["NodeID"]: node["NodeManagerAddress"] for node in self._ray_nodes() if node["Alive"]}
        new = []
        for ray_node in sorted(alive.keys() - known, key=lambda ray_node: (alive[ray_node], ray_node)):
            process = f"ray-{len(self._by_process) + 1}"
            self._by_process[process] = RayMachine(process, ray_node, alive[ray_node])
            new.append(self._by_process[process])
        return new

    def lanes_of(self, processes: Iterable[str]) -> list[str]:
        """Gossip lanes of these, by which others join."""
        return [self.of(process).lanes[0] for process in sorted(processes) if self.of(process).lanes]

    def described(self) -> list[Said]:
        """For the control socket."""
        return [
            {"process": m.process, "ray_node": m.ray_node, "ip": m.ip, "pid": m.pid, "data": m.data} for m in self.all()
        ]


def listens(ip: str, port: int) -> bool:
    """Whether this port of TCP takes connections."""
    try:
        socket.create_connection((ip, port), CONNECT_WITHIN_S).close()
    except OSError:
        return False
    return True
