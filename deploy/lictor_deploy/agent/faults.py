"""Faults of a single agent that was started for them: it breaks its own part of a cluster, and nothing else.

Of a network fault it carries out what it sends; actors, clock and disk are its own. A fault that has to act on several
agents is told to each of them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable
from random import Random

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.in_force import Faults
from lictor_actors.faults.levels import UnsupportedFault
from lictor_actors.faults.selectors import NodeView, roles_of
from lictor_actors.faults.vocabulary import Verb
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.node import Node
from lictor_messages.faults import ClockRule, DiskRule, FaultRule, HandleActor, SetRules, SpoilOnce

log = logging.getLogger("lictor")


class AgentFaults:
    """The stage of a desk, and the backend of its faults."""

    def __init__(self, host: LiveHost, node: Node) -> None:
        self.book = FaultBook(lambda: seen_by(node), "agent", Random(secrets.randbits(64)))
        self._host = host
        self._node = node
        self._rules = SetRules(rules=())
        self._faults = Faults(self.book, self)

    # -- for the desk --------------------------------------------------------

    def inject(self, verb: Verb, confirmed: Callable[[Fault, int], object] | None = None) -> Fault:
        """Put a fault in force. Raises what ``FaultBook.inject`` raises."""
        if getattr(verb, "wipe", False):
            raise UnsupportedFault("restart with wipe", "agent", "its files are in use")
        fault = self._faults.inject(verb).fault
        self._refuse_others(verb, fault)
        if confirmed is not None:
            confirmed(fault, len(fault.now))
        return fault

    def heal(self, ids: Iterable[str], confirmed: Callable[[list[str]], object] | None = None) -> None:
        """End these faults, as far as they are in force."""
        healed = [name for name in ids if name in self.book.faults]
        for name in healed:
            self._faults.heal(name)
        if confirmed is not None:
            confirmed(healed)

    def calm(self) -> None:
        """End all faults; plans go on."""
        self._faults.calm()

    # -- what faults do here -------------------------------------------------

    def set_rules(self, rules: tuple[FaultRule, ...]) -> None:
        """See ``Backend``."""
        self._set(rules=rules)

    def set_disks(self, rules: tuple[DiskRule, ...]) -> None:
        """See ``Backend``."""
        self._set(disks=rules)

    def set_clocks(self, rules: tuple[ClockRule, ...]) -> None:
        """See ``Backend``."""
        self._set(clocks=rules)

    def handle_actor(self, wish: HandleActor) -> None:
        """See ``Backend``: a wish for another node is that node's affair."""
        self._host.handle_actor(wish)

    def spoil(self, wish: SpoilOnce) -> None:
        """See ``Backend``."""
        self._host.jump(wish.node, wish.by_ns)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """See ``Backend``."""
        asyncio.get_running_loop().call_later(seconds, call)

    def wait(self, seconds: float) -> None:
        """See ``Backend``: time passes by itself here."""

    def log(self, event: str) -> None:
        """See ``Backend``: the same lines as in ``faults.log``."""
        log.warning("! %s", event)

    def _refuse_others(self, verb: Verb, fault: Fault) -> None:
        for wish in (*fault.now, *fault.disks, *fault.clocks):
            if wish.node != self._node.name:
                self._faults.heal(fault.id)
                raise ValueError(
                    f"{verb.name} is for the node itself: ask {wish.node} for it, this is {self._node.name}"
                )

    def _set(self, **rules: tuple[FaultRule, ...] | tuple[DiskRule, ...] | tuple[ClockRule, ...]) -> None:
        self._rules = self._rules.model_copy(update=rules)
        self._host.set_rules(self._rules)


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
