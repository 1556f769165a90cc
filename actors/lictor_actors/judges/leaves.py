"""A member counts as left only if it left, or was forced out, since it last said that it lives.

Serf orders intents by Lamport times, here incarnations do: what was said of an older one is over, however often gossip
brings it again.
"""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.swim.claims import claim_of
from lictor_actors.swim.member_table import MemberTable
from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.members import ForcedOut, ForceLeave, MemberLeft
from lictor_messages.swim import (
    Ack,
    Dead,
    Gossip,
    IndirectPing,
    LeaveIntent,
    Ping,
    PushPull,
    PushPullAnswer,
    ViewsCompared,
)

SAYS = (Gossip, Ping, Ack, IndirectPing, PushPull, PushPullAnswer, ViewsCompared)
"""What claims travel on."""


class LeftUnasked(AssertionError):
    """A member counts as left, and neither it nor an operator has said so of this incarnation."""


class LeaveJudge:
    """Listens to what probers say to each other, and to what they tell their own node."""

    def __init__(self, members_of: Callable[[str], MemberTable | None]) -> None:
        self._members_of = members_of
        """The table of this observer's prober."""
        self._said: dict[bytes, None] = {}
        self._asked: dict[str, int] = {}
        """Member -> the highest incarnation of which it, or an operator, has said that it leaves."""
        self._forcing: dict[str, tuple[str, str]] = {}
        """Request -> the prober's node and the member that it is to force out, until that is done."""

    def heard(self, envelope: Envelope) -> None:
        """One message that was posted. Raises LeftUnasked."""
        body = envelope.body
        if isinstance(body, ForceLeave):
            self._forcing[envelope.request] = node_of(envelope.target), body.node
        elif role_of(envelope.source) != "prober":
            return
        elif isinstance(body, SAYS):
            self._said_by(node_of(envelope.source), body.updates)
        elif isinstance(body, ForcedOut):
            self._forced_out(*self._forcing.pop(envelope.request, ("", "")))
        elif isinstance(body, MemberLeft):
            self._left(node_of(envelope.source), body)

    def _said_by(self, node: str, updates: tuple[bytes, ...]) -> None:
        for data in updates:
            if data in self._said:
                continue
            claim = claim_of(data).update
            if isinstance(claim, LeaveIntent) or (isinstance(claim, Dead) and claim.accuser == claim.node == node):
                self._leaves(claim.node, claim.incarnation)
                self._said[data] = None

    def _forced_out(self, observer: str, name: str) -> None:
        members = self._members_of(observer)
        peer = members.named(name) if members is not None else None
        if peer is not None:
            self._leaves(peer.node, peer.incarnation)

    def _left(self, observer: str, event: MemberLeft) -> None:
        member = event.member
        if any((observer, name) in self._forcing.values() for name in (member.name, member.node)):
            self._leaves(member.node, member.incarnation)
        asked = self._asked.get(member.node, -1)
        if asked < member.incarnation:
            raise LeftUnasked(
                f"{observer} holds {member.node} at incarnation {member.incarnation} for left, "
                f"and the last word of a leave was of {asked}"
            )

    def _leaves(self, node: str, incarnation: int) -> None:
        self._asked[node] = max(incarnation, self._asked.get(node, -1))
