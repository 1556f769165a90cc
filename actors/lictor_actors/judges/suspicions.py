"""Who declares a member dead must have suspected it all the time that a suspicion lasts at least.

Dadgar, Phillips, Currey: "Lifeguard", 2017, section IV: a suspicion ends with its time-out or with a refutation, and
after a refutation nothing is left of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lictor_actors.hosts.world.trace import Tap
from lictor_actors.swim.member_table import MemberState, MemberTable
from lictor_messages.base import Message
from lictor_messages.envelope import node_of
from lictor_messages.swim import SuspicionDue


class Hasty(AssertionError):
    """A member was declared dead that was suspected no more, or not for long enough."""


class _Due(NamedTuple):
    """A suspicion's timer fires: whose, about whom, and how that member stood before."""

    observer: str
    node: str
    state: MemberState
    since: int


class SuspicionJudge(Tap):
    """Sees timers before a prober's turn, and what became of the member after it."""

    def __init__(self, members_of: Callable[[str], MemberTable | None], least_ns: int) -> None:
        self._members_of = members_of
        """The table of this observer's prober."""
        self._least_ns = least_ns
        """The shortest that any suspicion may be, by the observer's clock."""
        self._due: _Due | None = None
        self.suspicions = 0
        """How often a probe round went unanswered."""

    def note(self, time: int, who: str, event: str) -> None:
        """An actor said something."""
        self.suspicions += event.startswith("suspects: ")

    def due(self, time: int, who: str, body: Message) -> None:
        """A timer is about to be handled."""
        if not isinstance(body, SuspicionDue):
            return
        observer = node_of(who)
        members = self._members_of(observer)
        peer = members.others.get(body.node) if members is not None else None
        self._due = _Due(observer, body.node, peer.state, peer.since) if peer is not None else None

    def saw(self, observer: str) -> None:
        """A prober after a turn. Raises Hasty."""
        due, self._due = self._due, None
        if due is None or due.observer != observer:
            return
        members = self._members_of(observer)
        peer = members.others.get(due.node) if members is not None else None
        if peer is None or peer.present or due.state in (MemberState.DEAD, MemberState.LEFT):
            return
        if due.state is not MemberState.SUSPECT:
            raise Hasty(f"{observer} declared {due.node} dead by a suspicion that was over: it was {due.state.value}")
        lasted = peer.since - due.since
        if lasted < self._least_ns:
            raise Hasty(f"{observer} suspected {due.node} for {lasted / 1e6:.0f} ms only before declaring it dead")
