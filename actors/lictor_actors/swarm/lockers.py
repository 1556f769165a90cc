"""Clients that take turns with a lock: a session, an acquisition, renewals, and then they give it back or vanish."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.judges.sessions import SessionJudge, Tenure
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.kv import PutKey
from lictor_messages.sessions import CreateSession, DestroySession, RenewSession, SessionRecord, Sessions

TTL_NS = 10_000_000_000
CALL_S = 3.0
LOCK = "lock"


class Locker:
    """One client. It trusts its lock for one TTL after it sent the last renewal that was answered."""

    def __init__(
        self, world: World, judge: SessionJudge, node: str, name: str, rng: Random, *, nodes_leave: bool
    ) -> None:
        self._world = world
        self._judge = judge
        self._rng = rng
        self._door = world.door(node, name)
        self._nodes_leave = nodes_leave
        self._session, self._trusts_until = "", 0
        self._tenure: Tenure | None = None
        self._attempt = 0
        """Answers and timers of an earlier attempt are void."""
        self._going = True
        self._later(0.0, 3.0, self._begin)

    def stop(self) -> None:
        """Nothing new."""
        self._going = False

    def _begin(self) -> None:
        if not self._going:
            return
        self._attempt += 1
        self._tenure = None
        rng, sent = self._rng, self._world.time
        self._session = f"{rng.getrandbits(32):08x}-0000-4000-8000-{rng.getrandbits(48):012x}"
        # A session that gossip ends before its client knows needs a lock-delay as long as the client's trust:
        # because its node is ill, or because its node has left.
        checks: tuple[str, ...] = rng.choice(((), ("serfHealth",)))
        delay_ns = TTL_NS if checks or self._nodes_leave else 0
        session = SessionRecord(id=self._session, node="", ttl="10s", node_checks=checks, lock_delay_ns=delay_ns)
        self._trusts_until = sent + TTL_NS
        self._ask(CreateSession(session=session), self._created)

    def _created(self, answer: Message) -> None:
        if isinstance(answer, Written):
            self._acquire()
        else:
            self._later(0.3, 1.5, self._begin)

    def _acquire(self) -> None:
        self._ask(PutKey(key=LOCK, value=self._session.encode(), acquire=self._session), self._acquired)

    def _acquired(self, answer: Message) -> None:
        now = self._world.time
        if isinstance(answer, Written) and answer.ok and now < self._trusts_until:
            self._world.count("lock_taken")
            self._tenure = self._judge.told(LOCK, self._session, now, self._trusts_until)
            self._later(0.1, 8.0, self._leave)
            self._renew(self._renew_later)
        elif isinstance(answer, Written):
            self._world.count("lock_busy")
            self._renew(self._acquire_later)
        else:
            self._later(0.3, 1.5, self._begin)

    def _renew_later(self) -> None:
        self._later(0.5, 3.0, partial(self._renew, self._renew_later))

    def _acquire_later(self) -> None:
        self._later(0.3, 1.5, self._acquire)

    def _renew(self, then: Callable[[], None]) -> None:
        self._ask(RenewSession(id=self._session), partial(self._renewed, self._world.time, then))

    def _renewed(self, sent: int, then: Callable[[], None], answer: Message) -> None:
        if not isinstance(answer, Sessions) or not answer.sessions:
            self._later(0.3, 1.5, self._begin)
            return
        self._trusts_until = sent + TTL_NS
        if self._tenure is not None:
            self._judge.renewed(self._tenure, self._trusts_until)
        then()

    def _leave(self) -> None:
        assert self._tenure is not None
        self._judge.gives_up(self._tenure, self._world.time)
        self._tenure = None
        self._attempt += 1  # no more renewals
        match self._rng.choice(("release", "destroy", "vanish")):
            case "release":
                self._ask(PutKey(key=LOCK, release=self._session), lambda _: self._begin())
            case "destroy":
                self._ask(DestroySession(id=self._session), lambda _: self._begin())
            case _:
                self._begin()

    def _ask(self, message: Message, then: Callable[[Message], None]) -> None:
        attempt = self._attempt
        self._door.ask("agent", message, lambda answer: then(answer) if attempt == self._attempt else None, CALL_S)

    def _later(self, low_s: float, high_s: float, do: Callable[[], None]) -> None:
        attempt = self._attempt
        self._world.at(self._rng.uniform(low_s, high_s), lambda: do() if attempt == self._attempt else None)
