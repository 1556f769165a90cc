"""What the doorways of all nodes must hear: a server that kept questions of theirs keeps them no more.

A question that was handed over and lost with its server is answered by silence, and a blocked query is silent for
minutes anyway. So servers spread two user events by gossip, as Consul's leaders spread theirs, and each agent tells
the doorways of its node.
"""

from __future__ import annotations

from lictor_messages.base import Message

NEW_LEADER = "lictor:new-leader"
"""Name of the event that a new leader fires: what its predecessor kept may be lost."""
SERVER_STARTED = "lictor:server-started"
"""Name of the event that a server fires in each life: what it kept in its last one is lost, and what it was asked
before it knew the other nodes may be."""


class AskAgain(Message):
    """To the doorways of a node: ask open questions again, the stale reads or all others."""

    stale: bool
