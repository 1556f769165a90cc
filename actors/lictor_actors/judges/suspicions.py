"""Who declares a member dead must have suspected it all the time that a suspicion lasts at least.

Dadgar, Phillips, Currey: "Lifeguard", 2017, section IV: a suspicion ends with its time-out or with a refutation, and
after a refutation nothing is left of it.
"""

from __future__ import annotations

from lictor_actors.hosts.world.trace import Tap
from lictor_actors.swim.members import Members, State
from lictor_messages.base import Message
from lictor_messages.envelope import node_of
from lictor_messages.swim import SuspicionDue


class Hasty(AssertionError):
    """A member was declared dead that nobody suspected any more, or not for long enough."""


class SuspicionJudge(Tap):
    """Sees timers before a prober's turn, and the table of members after it."""

    def __init__(self, least_ns: int) -> None:
        self._least_ns = least_ns
        """The shortest that any suspicion may be, by the observer's clock."""
        self._seen: dict[str, tuple[Members, dict[str, tuple[State, int]]]] = {}
        """Observer -> its table, and for each member its state and since when (on the observer's clock)."""
        self._due: tuple[str, str] = ("", "")
        self.suspicions = 0

    def due(self, time: int, who: str, body: Message) -> None:
        """A timer of a prober is about to be handled."""
        if isinstance(body, SuspicionDue):
            self._due = node_of(who), body.node

    def saw(self, observer: str, members: Members) -> None:
        """A prober after a turn. Raises Hasty."""
        table, states = self._seen.get(observer, (None, {}))
        if table is not members:  # another life
            states = {}
            self._seen[observer] = members, states
        for node, peer in members.others.items():
            now = peer.state, peer.since
            if states.get(node) != now:
                self._changed(observer, node, states.get(node), now)
                states[node] = now
        self._due = "", ""

    def _changed(self, observer: str, node: str, was: tuple[State, int] | None, now: tuple[State, int]) -> None:
        state, since = now
        self.suspicions += state is State.SUSPECT
        if state not in (State.DEAD, State.LEFT) or self._due != (observer, node):
            return
        if was is None or was[0] is not State.SUSPECT:
            raise Hasty(f"{observer} declared {node} dead by a suspicion that was over: it was {was and was[0].value}")
        if since - was[1] < self._least_ns:
            raise Hasty(
                f"{observer} suspected {node} for {(since - was[1]) / 1e6:.0f} ms only before declaring it dead"
            )
