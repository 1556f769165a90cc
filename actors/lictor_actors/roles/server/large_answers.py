"""Large answers on a server: kept as rows while gateways read them slice by slice.

A slice a turn, and the next one only when the mail that came meanwhile has had its turn: however many read however
much, a heartbeat or a vote waits for no more than one slice.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.store.body_cache import Body, BodyCache, Key
from lictor_actors.store.query_key import question
from lictor_actors.store.slices import Slices
from lictor_messages.answers import Answer, Query
from lictor_messages.refusals import Refused
from lictor_messages.slices import AnswerSlice, LargeAnswer, LargeIdleDue, ReadSlice, SliceDue

WHOLE_BYTES_MAX = 1024 * 1024
"""What weighs more than this goes in slices: rendered and packed at once it would take some ten milliseconds."""
KEPT_NS = 15_000_000_000
"""How long an answer is kept after it was last asked for: doorways ask again for what was lost within seconds."""
IN_USE_NS = 3_000_000_000
"""Who reads an answer asks for more of it within this time, or has hung up, or is unreachable."""
KEPT_MOST = 8
"""Answers at a time: each keeps the rows alive that were overwritten since."""
MADE_BYTES_MAX = 8 << 20
"""Slices that are kept for others who read the same answer."""
WAITING_MOST = 1024
"""Slices that are asked for and not made yet; one more is refused."""


@dataclass(slots=True)
class _OpenAnswer:
    key: Key
    version: int
    index: int
    slices: Slices
    in_part: bool
    asked_at: int = 0
    readers: int = 0
    """Who was told of it and has not had the last slice."""


class LargeAnswers:
    """Keeps the answers of one moment each, and hands out their slices."""

    def __init__(self) -> None:
        self._made = BodyCache(MADE_BYTES_MAX)
        self._kept: dict[str, _OpenAnswer] = {}
        """In the order in which they were last asked for."""
        self._latest: dict[Key, str] = {}
        self._waiting: deque[tuple[ReadSlice, Ticket]] = deque()
        self._busy = False
        """True from one slice until the mail that came meanwhile has had its turn."""

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, query: Query, version: int, above: int, turn: Turn, rights: str = "") -> LargeAnswer | None:
        """The answer to this question at ``Store.version``, if it is kept and its index is higher than this."""
        name = self._latest.get((question(query), rights), "")
        kept = self._kept.get(name)
        if kept is None or kept.version != version or kept.index <= above:
            return None
        return self._opened(name, kept, turn)

    def open(
        self, query: Query, answer: Answer, version: int, turn: Turn, rights: str = "", in_part: bool = False
    ) -> LargeAnswer | Refused:
        """Keep this answer; refused if all that are kept are being read."""
        if len(self._kept) >= KEPT_MOST and not self._make_room(turn):
            return Refused(code="Overloaded", text="too many large answers are being read: try again later")
        name, key = turn.secret(8).hex(), (question(query), rights)
        self._latest[key] = name
        return self._opened(name, _OpenAnswer(key, version, answer.index, Slices(query, answer), in_part), turn)

    def read(self, query: ReadSlice, ticket: Ticket, turn: Turn) -> None:
        """Answer with one slice, now or in a turn of its own; the same question gets the same slice."""
        if len(self._waiting) >= WAITING_MOST:
            turn.answer(ticket, Refused(code="Overloaded"), early=True)
            return
        self._waiting.append((query, ticket))
        if not self._busy:
            self._next(turn)

    def due(self, turn: Turn) -> None:
        """Make the next slice that is waited for."""
        self._busy = False
        if self._waiting:
            self._next(turn)

    def idle_due(self, turn: Turn) -> None:
        """Forget what was not asked for since."""
        for name in [name for name, kept in self._kept.items() if turn.now - kept.asked_at >= KEPT_NS]:
            self._forget(name)
        self._arm(turn)

    def clear(self) -> None:
        """Forget everything: the store was replaced."""
        for name in list(self._kept):
            self._forget(name)

    def _opened(self, name: str, kept: _OpenAnswer, turn: Turn) -> LargeAnswer:
        kept.readers += 1
        self._asked_for(name, kept, turn)
        return LargeAnswer(index=kept.index, id=name, server=turn.me, in_part=kept.in_part)

    def _next(self, turn: Turn) -> None:
        query, ticket = self._waiting.popleft()
        # Early: a quorum has on disk what was applied when the answer was kept.
        turn.answer(ticket, self._slice(query, turn), early=True)
        self._busy = True
        turn.set_timer("server.slice", 0, SliceDue())

    def _slice(self, query: ReadSlice, turn: Turn) -> AnswerSlice | Refused:
        kept = self._kept.get(query.id)
        if kept is None:
            return Refused(code="NotReady", text="the server does not keep that answer any more: ask anew")
        self._asked_for(query.id, kept, turn)
        data = self._data(query, kept)
        if data is None:
            return Refused(code="Invalid", text=f"no slice {query.number}: they are read in order, from 0 on")
        done = kept.slices.ends_with(query.number)
        if done:
            self._read_by_one(query.id, kept)
        return AnswerSlice(index=kept.index, number=query.number, data=data, done=done)

    def _data(self, query: ReadSlice, kept: _OpenAnswer) -> bytes | None:
        made = self._made.get(query, kept.version)
        if made is not None:
            return made.body
        data = kept.slices.slice(query.number)
        if data is not None:
            self._made.put(query, Body(kept.version, kept.index, data, found=True))
        return data

    def _read_by_one(self, name: str, kept: _OpenAnswer) -> None:
        kept.readers -= 1
        if kept.readers <= 0 and self._latest.get(kept.key) != name:
            self._forget(name)  # the store has moved on: new askers get another one

    def _make_room(self, turn: Turn) -> bool:
        for name, kept in self._kept.items():
            if kept.readers <= 0 or turn.now - kept.asked_at >= IN_USE_NS:
                self._forget(name)
                return True
        return False

    def _asked_for(self, name: str, kept: _OpenAnswer, turn: Turn) -> None:
        first = not self._kept
        self._kept.pop(name, None)
        self._kept[name] = kept
        kept.asked_at = turn.now
        if first:
            self._arm(turn)

    def _forget(self, name: str) -> None:
        kept = self._kept.pop(name)
        if self._latest.get(kept.key) == name:
            del self._latest[kept.key]
        if not self._kept:
            self._made.clear()

    def _arm(self, turn: Turn) -> None:
        if self._kept:
            oldest = next(iter(self._kept.values())).asked_at
            turn.set_timer("server.large", oldest + KEPT_NS - turn.now, LargeIdleDue())
