"""When to restart an actor, and when to give up: at most N restarts in T seconds, then it escalates."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from lictor_actors.kernel.actor import Poisoned


class Verdict(Enum):
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
    _times: deque[int] = field(default_factory=deque)
    _poison: str = ""

    def crashed(self, error: BaseException, now: int) -> Verdict:
        """Judge one more crash at ``now``."""
        if isinstance(error, Poisoned):
            if error.what == self._poison:
                return Verdict.STOP
            self._poison = error.what
        self._times.append(now)
        while self._times and self._times[0] <= now - self.within_ns:
            self._times.popleft()
        return Verdict.ESCALATE if len(self._times) > self.most else Verdict.RESTART
