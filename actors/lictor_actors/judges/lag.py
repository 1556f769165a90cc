"""A prober whose own host was late blames itself: it accuses no member by the round of that time, and gives suspects
that time back.

Dadgar, Phillips, Currey: "Lifeguard", 2017, section III: most false accusations come from members that process their
mail late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lictor_actors.hosts.world.trace import Tap
from lictor_actors.swim.member_table import MemberState, MemberTable
from lictor_actors.swim.suspicion import Suspicion
from lictor_messages.base import Message
from lictor_messages.envelope import node_of
from lictor_messages.host import LoopLagged
from lictor_messages.swim import ProbeDue


class BlamedOthers(AssertionError):
    """A node held its own lag against a member."""


class _Told(NamedTuple):
    """What an observer is told next, and which suspicions it has before."""

    observer: str
    message: Message
    suspicions: dict[str, tuple[Suspicion, int]]
    """Member → its suspicion, and when that would have ended."""


class LagJudge(Tap):
    """Sees what the host says to probers before their turn, and what they made of it after it."""

    def __init__(self, members_of: Callable[[str], MemberTable | None], least_ns: int) -> None:
        self._members_of = members_of
        """The table of this observer's prober."""
        self._least_ns = least_ns
        """A lag above this counts in every profile."""
        self._told: _Told | None = None
        self._doubts: set[str] = set()
        """Observers whose round under way is worth nothing."""

    def due(self, time: int, who: str, body: Message) -> None:
        """The host or a timer has something for an actor."""
        observer = node_of(who)
        if isinstance(body, LoopLagged) and body.lag_ns > self._least_ns:
            self._told = _Told(observer, body, self._suspicions(observer))
        elif isinstance(body, ProbeDue):
            self._told = _Told(observer, body, {})

    def note(self, time: int, who: str, event: str) -> None:
        """An actor said something. Raises BlamedOthers."""
        if event.startswith("suspects: ") and node_of(who) in self._doubts:
            raise BlamedOthers(f"{node_of(who)} was late itself in this round and {event}")

    def saw(self, observer: str) -> None:
        """A prober after a turn. Raises BlamedOthers."""
        told, self._told = self._told, None
        if told is None or told.observer != observer:
            return
        if not isinstance(told.message, LoopLagged):
            self._doubts.discard(observer)
            return
        self._doubts.add(observer)
        for node, (suspicion, deadline) in told.suspicions.items():
            if suspicion.deadline < deadline + told.message.lag_ns:
                late_s = told.message.lag_ns / 1e9
                raise BlamedOthers(f"{observer} was late by {late_s:.1f} s and gave {node}, a suspect, none of it back")

    def _suspicions(self, observer: str) -> dict[str, tuple[Suspicion, int]]:
        members = self._members_of(observer)
        accused = members.accused(MemberState.SUSPECT) if members is not None else []
        return {peer.node: (peer.suspicion, peer.suspicion.deadline) for peer in accused if peer.suspicion is not None}
