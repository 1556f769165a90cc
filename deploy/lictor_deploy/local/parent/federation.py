"""Are all datacenters whole, and do they see each other?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lictor_deploy.local.parent.convergence import Convergence, Wholeness


class Federation:
    """What is known of each datacenter; with one it is that alone."""

    def __init__(self, servers: Iterable[str], agents: Iterable[str]) -> None:
        """Nodes are ``name.dc``."""
        servers, agents = list(servers), list(agents)
        self._servers = frozenset(servers)
        self._of = {
            dc: Convergence([n for n in servers if dc_of(n) == dc], [n for n in agents if dc_of(n) == dc])
            for dc in dict.fromkeys(map(dc_of, (*servers, *agents)))
        }

    def report(self, seen: dict[str, Any]) -> None:
        """News from one process: node → view."""
        for node, view in seen.items():
            self._of[dc_of(node)].report({node: view})

    def replace(self, server: str, by: str) -> None:
        """This server is gone for good, and another of its datacenter has come in its place."""
        self._servers = self._servers - {server} | {by}
        self._of[dc_of(server)].replace(server, by)

    def forget(self, nodes: Iterable[str]) -> None:
        """These nodes' process died: what it last said is void."""
        for node in nodes:
            self._of[dc_of(node)].forget([node])

    @property
    def leader(self) -> str:
        """The leader of the first datacenter."""
        return next(iter(self._of.values())).leader

    @property
    def leaders(self) -> frozenset[str]:
        """The leaders of all datacenters."""
        return frozenset(each.leader for each in self._of.values() if each.leader)

    def is_server(self, node: str) -> bool:
        """Whether this node is a server of the plan."""
        return node in self._servers

    def late(self) -> list[str]:
        """The nodes that do not see every node of their datacenter alive, or that nothing is known of."""
        return [node for each in self._of.values() for node in each.late()]

    @property
    def alive(self) -> int:
        """How many members the leaders hold for alive, all together."""
        return sum(each.alive for each in self._of.values())

    def summary(self) -> Wholeness:
        """How far all of it has come."""
        parts = [each.summary() for each in self._of.values()]
        return Wholeness(
            nodes=sum(part.nodes for part in parts),
            up=sum(part.up for part in parts),
            converged=sum(part.converged for part in parts),
            leader=parts[0].leader if all(part.leader for part in parts) else "",
            catalog=sum(part.catalog for part in parts),
            linked=min(part.linked for part in parts),
        )

    @property
    def whole(self) -> bool:
        """Every datacenter is, and each server sees those of all."""
        state = self.summary()
        return state.whole and (len(self._of) == 1 or state.linked == len(self._servers))


def dc_of(node: str) -> str:
    """``n1.dc1`` → ``dc1``."""
    return node.rpartition(".")[2]
