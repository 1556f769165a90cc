"""User events arrive at most once at each node, for as long as its prober lives (Serf's promise)."""

from __future__ import annotations

from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.members import MemberJoined, UserEvent


class EventTwice(AssertionError):
    """A node was told of the same event again."""


class EventJudge:
    """Listens to what probers tell the agents of their own nodes."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, None]] = {}
        """Node -> ids of the events that its present prober has told its agent."""
        self.deliveries = 0

    def heard(self, envelope: Envelope) -> None:
        """One message that was posted. Raises EventTwice."""
        body = envelope.body
        if not isinstance(body, (MemberJoined, UserEvent)) or role_of(envelope.source) != "prober":
            return
        if role_of(envelope.target) != "agent":
            return
        node = node_of(envelope.source)
        if isinstance(body, MemberJoined) and body.member.node == node:
            self._told[node] = {}  # only a prober that begins tells of itself: it remembers nothing of before
        elif isinstance(body, UserEvent):
            self._once(node, body)

    def _once(self, node: str, event: UserEvent) -> None:
        told = self._told.setdefault(node, {})
        if event.id in told:
            raise EventTwice(f"{node} was told twice of event {event.name} {event.id}, Lamport time {event.ltime}")
        told[event.id] = None
        self.deliveries += 1
