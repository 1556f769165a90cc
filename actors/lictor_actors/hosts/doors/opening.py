"""How the doors of a node are opened and closed: a host knows no more of HTTP, DNS or client actors than this."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lictor_actors.hosts.node import Node
from lictor_messages.envelope import Envelope

if TYPE_CHECKING:
    from lictor_actors.hosts.doors.http.door import Ask


class Site(NamedTuple):
    """What a door finds at its node."""

    node: Node
    boot: int
    """Drawn by the process, so that no request has the id of one from before a restart."""
    cluster: bytes
    """Of the frames of this cluster."""
    asked: Callable[[Envelope], None]
    """To be shown each request that comes in, for a timeline."""
    beside: Mapping[str, Ask]
    """Paths of HTTP that do not lead to an actor, and what answers there."""


class OpenDoor(Protocol):
    """A door that is open."""

    role: str
    """The actor of the node that stands behind it."""

    def actor_crashed(self) -> None:
        """That actor has died with what it knew; another life of it begins."""
        ...

    def node_ended(self, why: str) -> None:
        """The node's actors do not come back: nothing would ever answer the requests that are open."""
        ...

    async def close(self) -> None:
        """Take no more requests, and end those that are open."""
        ...


Opening = Callable[[Site], Awaitable[OpenDoor]]
"""Opens one door; raises OSError, in words, if its address cannot be had."""
