"""The leader's clock on sessions: a session that is not renewed for twice its TTL ends.

Only the leader reckons. A new one starts every TTL in full, so a session ends between one TTL and two TTLs plus the
time without a leader after its last renewal, and never too early (algorithms.md 4.3). One timer serves all sessions.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.store.families.sessions.table import ttl_ns
from lictor_actors.store.store import Store
from lictor_messages.answers import Command
from lictor_messages.sessions import DestroySession, SessionRecord, SessionsDue

GRACE = 2
"""The timer is so many times the TTL: a renewal may be late by a change of leader."""
AGAIN_NS = 10_000_000_000
"""When to propose the end of a session again that did not make it into the log."""
TIMER = "sessions"


class SessionTimers:
    """Deadlines by session. Renewing costs one dictionary write: the heap learns of it when the old place comes up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._replaced = store.replaced
        self._ttls: dict[str, int] = {}
        self._deadlines: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._expiring: dict[str, None] = {}
        """Sessions whose end was proposed: they cannot be renewed any more."""
        self._alarm = 0

    def __len__(self) -> int:
        """Sessions whose TTL runs."""
        return sum(session in self._store.sessions.rows for session in self._ttls)

    def begin(self, turn: Turn) -> None:
        """This server leads now: every TTL starts in full."""
        self._start(self._store.sessions, turn)

    def end(self, turn: Turn) -> None:
        """Another server reckons from now on."""
        turn.cancel_timer(TIMER)

    def applied(self, opened: Sequence[SessionRecord], turn: Turn) -> None:
        """Commands were applied: start the TTL of new sessions, and every TTL anew if the store was replaced.

        Ended sessions are found out when their time comes.
        """
        if self._store.replaced != self._replaced:
            self._replaced = self._store.replaced
            self._ttls, self._deadlines, self._heap, self._expiring, self._alarm = {}, {}, [], {}, 0
            self._start(self._store.sessions, turn)
        elif opened:
            self._start(opened, turn)

    def renew(self, session_id: str, turn: Turn) -> bool:
        """Start the TTL anew; False if the session is gone, or as good as gone."""
        if session_id not in self._store.sessions.rows or session_id in self._expiring:
            return False
        ttl = self._ttls.get(session_id)
        if ttl is not None:
            self._deadlines[session_id] = turn.now + GRACE * ttl
        return True

    def due(self, turn: Turn) -> list[Command]:
        """What to propose now: the end of every session whose time is up."""
        self._alarm = 0
        over: list[Command] = []
        while self._heap and self._heap[0][0] <= turn.now:
            _, session_id = heapq.heappop(self._heap)
            deadline = self._deadlines.get(session_id)
            if deadline is None:
                continue
            if session_id not in self._store.sessions.rows:
                self._drop(session_id)
                continue
            if deadline <= turn.now:
                over.append(DestroySession(id=session_id))
                turn.sample("session_ttl.invalidate", 0.0)
                self._expiring[session_id] = None
                deadline = self._deadlines[session_id] = turn.now + AGAIN_NS
            heapq.heappush(self._heap, (deadline, session_id))
        self._arm(turn)
        return over

    def _start(self, sessions: Iterable[SessionRecord], turn: Turn) -> None:
        for session in sessions:
            ttl = ttl_ns(session)
            if ttl:
                self._ttls[session.id] = ttl
                self._deadlines[session.id] = turn.now + GRACE * ttl
                heapq.heappush(self._heap, (self._deadlines[session.id], session.id))
        self._arm(turn)

    def _arm(self, turn: Turn) -> None:
        if self._heap and (not self._alarm or self._heap[0][0] < self._alarm):
            self._alarm = self._heap[0][0]
            turn.set_timer(TIMER, self._alarm - turn.now, SessionsDue())

    def _drop(self, session_id: str) -> None:
        del self._deadlines[session_id]
        del self._ttls[session_id]
        self._expiring.pop(session_id, None)
