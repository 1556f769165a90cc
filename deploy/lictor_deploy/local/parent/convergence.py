"""Is a datacenter whole? The parent compares what every node reports of its own view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class View(NamedTuple):
    """What one node sees: members alive and a hash of their names; servers also the leader, the catalog, and how many
    servers of all datacenters are alive."""

    alive: int
    members: str
    leader: str
    catalog: int
    servers: int = 0


class Wholeness(NamedTuple):
    """How far a cluster has come."""

    nodes: int
    """Nodes of the plan."""
    up: int
    """Nodes that report."""
    converged: int
    """Nodes that see every node alive, and the same ones."""
    leader: str
    """The leader that all servers agree on, "" if they do not."""
    catalog: int
    """Nodes passing in the catalog of the server that has the fewest."""
    linked: int = 0
    """Servers of all datacenters that are seen by the server that sees the fewest."""

    @property
    def whole(self) -> bool:
        """Every node is alive in every view, a leader is elected, every node is in every server's catalog."""
        return self.converged == self.nodes and bool(self.leader) and self.catalog == self.nodes


class Convergence:
    """The last report of every node of one datacenter."""

    def __init__(self, servers: Iterable[str], agents: Iterable[str]) -> None:
        self._servers = tuple(servers)
        self._all = (*self._servers, *agents)
        self._views: dict[str, View] = {}

    def report(self, seen: dict[str, Any]) -> None:
        """News from one process: node → view."""
        for node, view in seen.items():
            self._views[node] = View(*view)

    def replace(self, server: str, by: str) -> None:
        """This server is gone for good, and another has come in its place."""
        self._servers = tuple(by if node == server else node for node in self._servers)
        self._all = tuple(by if node == server else node for node in self._all)
        self.forget([server])

    def forget(self, nodes: Iterable[str]) -> None:
        """These nodes' process died: what it last said is void."""
        for node in nodes:
            self._views.pop(node, None)

    @property
    def leader(self) -> str:
        """The leader by the word of most servers, "" if most know none; for fault selectors."""
        named = [view.leader for node, view in self._views.items() if node in self._servers and view.leader]
        best = max(sorted(set(named)), key=named.count, default="")
        return best if named.count(best) * 2 > len(self._servers) else ""

    def is_server(self, node: str) -> bool:
        """Whether this node is a server of the plan."""
        return node in self._servers

    def late(self) -> list[str]:
        """The nodes that do not see every node alive, or that nothing is known of."""
        everyone = len(self._all)
        return [name for name in self._all if name not in self._views or self._views[name].alive != everyone]

    @property
    def alive(self) -> int:
        """How many members the leader holds for alive; 0 without one."""
        leader = self._views.get(self.leader)
        return leader.alive if leader is not None else 0

    def summary(self) -> Wholeness:
        """How far the cluster has come."""
        views = [self._views[node] for node in self._all if node in self._views]
        complete = [view.members for view in views if view.alive == len(self._all)]
        servers = [self._views[node] for node in self._servers if node in self._views]
        leaders = {view.leader for view in servers}
        agreed = len(servers) == len(self._servers) and len(leaders) == 1
        return Wholeness(
            nodes=len(self._all),
            up=len(views),
            converged=max((complete.count(members) for members in sorted(set(complete))), default=0),
            leader=next(iter(leaders)) if agreed else "",
            catalog=min((view.catalog for view in servers), default=0),
            linked=min((view.servers for view in servers), default=0),
        )
