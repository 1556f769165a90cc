"""What doorways hear beside requests and answers: their timers, and that a server keeps questions of theirs no more.

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


class RetryDue(Message, kind="web.retry_due"):
    """A doorway's timer: one of its calls is to be sent, or a slice to be asked for, again."""

    call: int
    """Its number."""


class DeadlinesDue(Message, kind="web.deadlines_due"):
    """A doorway's timer: some of its calls may have run out of time."""
