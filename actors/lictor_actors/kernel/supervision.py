"""When to restart an actor, and when to give up: at most N restarts in T seconds, then it escalates.

An exception always costs the actor its life: its memory and the effects that were dropped would not agree afterwards.
Escalation is for faults of our own state."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from lictor_actors.kernel.actor import Poisoned


class Directive(Enum):
    """What the supervisor does with an actor that crashed."""

    RESTART = "restart"
    STOP = "stop"
    """The same poison twice: restarting would crash for ever, so the actor stays down and says why."""
    ESCALATE = "escalate"
    """Too many restarts: the node goes down; its process and the other nodes go on."""


@dataclass(slots=True)
class Restarts:
    """The crash record of one actor on one node."""

    most: int = 5
    within_ns: int = 30_000_000_000
    pause_first_ns: int = 50_000_000
    pause_most_ns: int = 5_000_000_000
    pause_ns: int = 0
    """After the latest crash: how long the next life has to wait."""
    _times: deque[int] = field(default_factory=deque)
    _provoked: deque[int] = field(default_factory=deque)
    _poison: str = ""

    def crashed(self, error: BaseException, now: int, *, provoked: bool = False) -> Directive:
        """Judge one more crash at ``now``; a restart is to wait for ``pause_ns``.

        ``provoked``: in a turn on mail from outside the node. How many of those are borne must not be in the hands of
        a stranger: they never end the node, but each makes the actor wait longer.
        """
        if isinstance(error, Poisoned):
            if error.what == self._poison:
                return Directive.STOP
            self._poison = error.what
        times = self._provoked if provoked else self._times
        times.append(now)
        while times[0] <= now - self.within_ns:
            times.popleft()
        self.pause_ns = self._pause(len(times) - 2) if provoked else 0
        return Directive.ESCALATE if len(times) > self.most and not provoked else Directive.RESTART

    def _pause(self, doublings: int) -> int:
        return min(self.pause_first_ns << min(doublings, 10), self.pause_most_ns) if doublings >= 0 else 0
