"""Faults of a single agent that was started for them: it breaks its own part of a cluster, and nothing else.

Of a network fault it carries out what it sends; actors, clock and disk are its own. A fault that has to act on several
agents is told to each of them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from random import Random

from lictor_actors.faults.book import Deed, Fault, FaultBook
from lictor_actors.faults.engine import Engine
from lictor_actors.faults.ground import Confirmed, FaultGround
from lictor_actors.faults.levels import UnsupportedFault
from lictor_actors.faults.selectors import NodeView, roles_of
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.node import Node
from lictor_messages.faults import HandleActor, SetRules

log = logging.getLogger("lictor")


def agent_faults(host: LiveHost, node: Node) -> Engine:
    """The engine of this agent's faults."""
    return Engine(FaultBook(lambda: seen_by(node), "agent", Random(secrets.randbits(64))), AgentGround(host, node.name))


class AgentGround(FaultGround):
    """One agent, which does everything itself and at once."""

    def __init__(self, host: LiveHost, node: str) -> None:
        self._host = host
        self._node = node

    def refuse(self, fault: Fault) -> None:
        """See ``FaultGround``."""
        for deed in (*fault.writing.now, *fault.writing.disks, *fault.writing.clocks):
            if deed.node != self._node:
                raise ValueError(f"{fault.verb} is for the node itself: ask {deed.node} for it, this is {self._node}")
            if getattr(deed, "wipe", False):
                raise UnsupportedFault("restart with wipe", "agent", "its files are in use")

    def carry_out(self, rules: SetRules | None, deeds: Sequence[Deed], confirmed: Confirmed) -> None:
        """See ``FaultGround``."""
        if rules is not None:
            self._host.set_rules(rules)
        for deed in deeds:
            if isinstance(deed, HandleActor):
                self._host.handle_actor(deed)
            else:
                self._host.jump(deed.node, deed.by_ns)
        confirmed(len(deeds))

    def hits(self) -> Mapping[str, int]:
        """See ``FaultGround``."""
        return self._host.hits()

    def now(self) -> float:
        """See ``FaultGround``."""
        return asyncio.get_running_loop().time()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """See ``FaultGround``."""
        asyncio.get_running_loop().call_later(seconds, call)

    def log(self, event: str) -> None:
        """See ``FaultGround``: the same lines as in ``faults.log``."""
        log.warning("! %s", event)


def seen_by(node: Node) -> list[NodeView]:
    """The nodes that this one holds for alive; the leader is known to servers only."""
    prober, server = node.actor("prober"), node.actor("server")
    leader = getattr(server, "leader", "")
    members = getattr(prober, "members", None)
    if members is None:  # its prober is down, perhaps by a fault
        return [_view(node.name, server is not None, leader)]
    peers = [peer for peer in members.sorted() if peer.present]
    return [_view(peer.node, peer.alive.tags.get("role") == "consul", leader) for peer in peers]


def _view(name: str, server: bool, leader: str) -> NodeView:
    return NodeView(name, server, name == leader, roles_of(server))
