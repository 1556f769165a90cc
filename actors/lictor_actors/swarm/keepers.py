"""Clients that keep a session alive and do nothing else: steadily, or each time at the last moment.

The late ones renew around the time at which the leader gives a session up, twice its TTL after the last renewal: there
a renewal meets an end that is proposed and not committed yet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.judges.lifetimes import LifetimeJudge
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.sessions import CreateSession, RenewSession, SessionRecord, Sessions

SECOND = 1_000_000_000
STEADY = (0.2, 0.7)
"""When they renew, in TTLs."""
LATE = 2.0
JUST_S = (-0.01, 0.08)
"""Before or after that, in seconds: an entry is on its way for some milliseconds, by a slow disk for some dozens."""
AGAIN_S = (0.05, 0.4)


class Keeper:
    """One client and one session after the other. A session without checks ends by its TTL alone."""

    def __init__(self, world: World, judge: LifetimeJudge, node: str, name: str, rng: Random, ttl_ns: int, late: bool):
        self._world = world
        self._judge = judge
        self._rng = rng
        self._node = node.partition(".")[0]
        self._door = world.door(node, name)
        self._ttl_ns = ttl_ns
        self._late = late
        self._session = ""
        self._going = True
        world.at(rng.uniform(0.0, 3.0), self._begin)

    def stop(self) -> None:
        """Nothing new, and nothing is relied on any more."""
        self._going = False
        self._judge.over(self._session)

    def _begin(self) -> None:
        if not self._going:
            return
        rng = self._rng
        self._judge.over(self._session)
        self._session = f"{rng.getrandbits(32):08x}-0000-4000-8000-{rng.getrandbits(48):012x}"
        session = SessionRecord(id=self._session, node="", ttl=f"{self._ttl_ns}ns", node_checks=())
        self._ask(CreateSession(session=session), self._created)

    def _created(self, sent: int, answer: Message) -> None:
        if isinstance(answer, Written):
            self._world.count("session_begun")
            self._judge.began(self._session, self._node, answer.index, sent + self._ttl_ns)
            self._renew_after(sent)
        else:
            self._later(AGAIN_S, self._begin)

    def _renew_after(self, sent: int) -> None:
        ttl_s = self._ttl_ns / SECOND
        since_s = LATE * ttl_s + self._rng.uniform(*JUST_S) if self._late else self._rng.uniform(*STEADY) * ttl_s
        self._world.at(max(0.0, since_s - (self._world.time - sent) / SECOND), self._renew)

    def _renew(self) -> None:
        if self._going:
            self._ask(RenewSession(id=self._session), self._renewed)

    def _renewed(self, sent: int, answer: Message) -> None:
        if isinstance(answer, Sessions) and answer.sessions:
            self._world.count("session_renewed")
            self._judge.renewed(self._session, sent + self._ttl_ns)
            self._renew_after(sent)
        elif isinstance(answer, Sessions):
            self._world.count("session_gone")
            self._later(AGAIN_S, self._begin)
        else:
            self._later(AGAIN_S, self._renew)

    def _ask(self, message: Message, then: Callable[[int, Message], None]) -> None:
        self._door.ask("agent", message, partial(self._answered, then, self._world.time), self._ttl_ns / SECOND)

    def _answered(self, then: Callable[[int, Message], None], sent: int, answer: Message) -> None:
        if self._going:
            then(sent, answer)

    def _later(self, within_s: tuple[float, float], do: Callable[[], None]) -> None:
        self._world.at(self._rng.uniform(*within_s), do)
