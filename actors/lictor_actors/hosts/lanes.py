"""By which of a node's two URLs an actor is reached: gossip has a lane of its own."""

from __future__ import annotations

from lictor_actors.kernel.actor import Actor

Lanes = tuple[str, str]
"""URLs of one node, for gossip and for the rest."""


class RoleLanes:
    """The lane of each role, as its actors' class declares it.

    A role that no node of this process or world has seated is reached by the rest. An inbox takes mail for any role, so
    a wrong lane costs time and no mail.
    """

    def __init__(self) -> None:
        self._gossip: set[str] = set()

    def seated(self, role: str, actor: Actor) -> None:
        """This actor is about to live."""
        if actor.lane == "gossip":
            self._gossip.add(role)

    def url(self, lanes: Lanes, role: str) -> str:
        """Where mail for this role of a node with these lanes goes."""
        return lanes[0] if role in self._gossip else lanes[1]
