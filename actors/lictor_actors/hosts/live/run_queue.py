"""The run queue of a process: one mail after the other for the actors of all its nodes, then what they said and wrote.

A tick is short, so that the loop reads its sockets; what is sent in one goes out in one frame, and what is written in
one is synced once.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import AbstractEventLoop
from collections import Counter, deque
from collections.abc import Callable
from typing import Protocol

from lictor_actors.hosts.live.ledger import LiveLedger
from lictor_actors.hosts.live.log_lines import about, log_of
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope

log = log_of("host")

FULL = 8192
"""Mail that waits while nothing more is to be read."""
TICK_MESSAGES_MAX = 256
TICK_S_MAX = 0.002
NOTHING = Message()
"""What a mark says."""
LONG_TURN_S = 0.005


class Taker(Protocol):
    """Takes mail of the queue in its turn: an actor's seat, or a mark that stands between the mail."""

    address: str

    def take(self, life: int, message: Message, envelope: Envelope | None, /) -> None:
        """One piece of mail."""
        ...

    def took(self, seconds: float, /) -> None:
        """So long was one of its turns. Only the first turn of a tick is told of: its length does not decide that."""
        ...


class Mark:
    """Stands behind the mail that waited when it was put in."""

    address = "mark"

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call

    def take(self, _life: int, _message: Message, _envelope: Envelope | None, /) -> None:
        """All that was before it has been taken."""
        self._call()

    def took(self, _seconds: float, /) -> None:
        """It is no actor."""


class RunQueue:
    """``start`` comes before anything is put in."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._mail: deque[tuple[Taker, int, Message, Envelope | None]] = deque()
        self._unsynced: dict[LiveLedger, None] = {}
        self._ticking = False

    def start(self, loop: AbstractEventLoop, send: Callable[[], None]) -> None:
        """``send`` is called at the end of each tick: it sends what was posted in it."""
        self._loop = loop
        self._send = send

    def put(self, seat: Taker, life: int, message: Message, envelope: Envelope | None) -> None:
        """See ``Ground.enqueue``."""
        self._mail.append((seat, life, message, envelope))
        if not self._ticking:
            self.wake()

    def behind_all(self, call: Callable[[], None]) -> None:
        """Call this once all mail that waits now has been taken."""
        self.put(Mark(call), 0, NOTHING, None)

    async def caught_up(self) -> None:
        """Wait for that: nodes that are added at this pace find little mail before their own."""
        done = asyncio.Event()
        self.behind_all(done.set)
        await done.wait()

    def full(self) -> bool:
        """True while so much waits that what comes over the wire should stay there."""
        return len(self._mail) > FULL

    def waiting(self) -> Counter[str]:
        """How much mail waits, by address."""
        return Counter(seat.address for seat, *_ in self._mail if type(seat) is not Mark)

    def sync_soon(self, ledger: LiveLedger) -> None:
        """This ledger was written to."""
        self._unsynced[ledger] = None
        self.wake()

    def forget(self, ledger: LiveLedger) -> None:
        """It is being closed: nothing is synced here any more."""
        self._unsynced.pop(ledger, None)

    def wake(self) -> None:
        """There is something to do: a tick is due."""
        if not self._ticking:
            self._ticking = True
            self._loop.call_soon(self.tick)

    def clear(self) -> None:
        """Drop the mail that is still here."""
        self._mail.clear()

    def tick(self) -> None:
        """Take mail for a while, then send and sync."""
        mail, clock = self._mail, time.perf_counter
        before = started = clock()
        for _ in range(TICK_MESSAGES_MAX):
            if not mail:
                break
            seat, life, message, envelope = mail.popleft()
            seat.take(life, message, envelope)
            now = clock()
            if now - before > LONG_TURN_S:
                self._long_turn(seat, message, envelope, now - before)
            if before is started:
                seat.took(now - before)
            if now - started > TICK_S_MAX:
                break
            before = now
        self._send()
        if self._unsynced:
            self._sync()
        self._ticking = False
        if mail:
            self.wake()

    def _sync(self) -> None:
        unsynced, self._unsynced = self._unsynced, {}
        for ledger in unsynced:
            ledger.flush()
        self._send()

    def _long_turn(self, seat: Taker, message: Message, envelope: Envelope | None, took: float) -> None:
        self._counters["long_turns"] += 1
        cause = envelope.cause if envelope is not None else ""
        line = "long turn: %s %s took %.1f ms", seat.address, message.kind, took * 1e3
        log.debug(*line, extra=about(cause))
