"""Mail between actors of one node, which meets neither the bus nor the codec."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.hosts.node import Node
from lictor_messages.envelope import Envelope, node_of, role_of


class HomeMail:
    """Remembers the ways that it has found."""

    def __init__(self) -> None:
        self.paths: dict[tuple[str, str], Callable[[Envelope], None]] = {}
        """(source, target) on one node → who takes the mail there: found once instead of for every message."""

    def deliver(self, node: Node, envelope: Envelope) -> None:
        """Hand it over, and remember the way if it will always be this one."""
        taker = node.taker(role_of(envelope.target))
        if taker is None:
            node.deliver(envelope)
        else:
            self.paths[envelope.source, envelope.target] = taker
            taker(envelope)

    def end(self, node: str) -> None:
        """This node is hosted here no more."""
        for path in [path for path in self.paths if node_of(path[1]) == node]:
            del self.paths[path]
