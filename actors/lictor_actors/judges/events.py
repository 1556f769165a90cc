"""User events arrive at most once at each node, for as long as its prober lives (Serf's promise).

One that is fired after others were heard has a later time than those (Lamport, "Time, Clocks, and the Ordering of
Events in a Distributed System", 1978).
"""

from __future__ import annotations

from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.members import FireEvent, MemberJoined, UserEvent


class EventTwice(AssertionError):
    """A node was told of the same event again."""


class EventOutOfOrder(AssertionError):
    """An event's Lamport time is not above those that its node had heard of."""


class EventJudge:
    """Listens to what probers are asked to fire, and to what they tell the agents of their own nodes."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, None]] = {}
        """Node -> ids of the events that its present prober has told its agent."""
        self._latest: dict[str, int] = {}
        """Node -> the latest Lamport time that its present prober has told."""
        self._fired: dict[str, dict[str, None]] = {}
        """Node -> ids of the events that its present prober was asked to fire."""
        self.deliveries = 0

    def heard(self, envelope: Envelope) -> None:
        """One message that was posted. Raises EventTwice."""
        body = envelope.body
        if isinstance(body, FireEvent) and role_of(envelope.target) == "prober":
            self._fired.setdefault(node_of(envelope.target), {})[body.id] = None
        if not isinstance(body, (MemberJoined, UserEvent)) or role_of(envelope.source) != "prober":
            return
        if role_of(envelope.target) != "agent":
            return
        node = node_of(envelope.source)
        if isinstance(body, MemberJoined) and body.member.node == node:
            # Only a prober that begins tells of itself: it remembers nothing of before.
            self._told[node], self._fired[node], self._latest[node] = {}, {}, 0
        elif isinstance(body, UserEvent):
            self._once(node, body)

    def _once(self, node: str, event: UserEvent) -> None:
        told = self._told.setdefault(node, {})
        if event.id in told:
            raise EventTwice(f"{node} was told twice of event {event.name} {event.id}, Lamport time {event.ltime}")
        told[event.id] = None
        latest = self._latest.get(node, 0)
        if event.id in self._fired.get(node, ()) and event.ltime <= latest:
            raise EventOutOfOrder(f"{node} fired an event at Lamport time {event.ltime} and had heard of {latest}")
        self._latest[node] = max(latest, event.ltime)
        self.deliveries += 1
