"""The agent's cache: a hit of ``?cached`` asks no other actor (Consul's page on caching).

An answer is found by what was asked, without its wait and its consistency, and by the rights of the asker. Most are
kept right by a blocking query that any server answers; once that fails they are as old as the failure, and it is tried
again until they are forgotten. The others are asked for again when they are older than a client wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.api.question import Caching, HttpQuestion
from lictor_actors.roles.doorway.desk import Desk
from lictor_actors.roles.doorway.question import Rights
from lictor_actors.roles.gateway.asker import HttpAsker, rendered_for, tell
from lictor_messages.answers import Answer, Query
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.web import CacheRefreshDue, HttpAnswered

BYTES_MOST = 16 << 20
"""Bodies of all answers; of more the one that was used longest ago goes."""
ENTRIES_MOST = 1024
"""Each may have a query that waits at a server, however small its answer is."""
KEPT_NS = 72 * 3600 * 1_000_000_000
"""Consul keeps an entry for three days after its last use."""
WAIT_NS = 600_000_000_000
"""Of the query that keeps an answer right."""
RETRY_NS = 5_000_000_000
"""After a query that failed; the desk has held it for some seconds already."""


FORBIDDEN = ("AclNotFound", "PermissionDenied")
"""An asker who may not ask any more is told nothing, however old."""


class Key(NamedTuple):
    """What was asked, and with which rights."""

    query: Query
    rights: Rights


class Entry:
    """One answer."""

    __slots__ = ("answer", "asker", "came_at", "key", "lost_at", "number", "refresh", "size", "used_at")

    def __init__(self, number: int, key: Key, asker: HttpAsker) -> None:
        self.number = number
        self.key = key
        self.asker = asker
        """Who asked first: the query that keeps the answer right is asked as it was."""
        self.answer = Answer()
        self.size = 0
        self.came_at = self.used_at = 0
        self.lost_at = -1
        """Since when the answer is not known to be right; -1 while it is kept so."""
        self.refresh = ""
        """Id of the request of the query that keeps it right, "" while there is none."""

    @property
    def refreshed(self) -> bool:
        """Whether a query is to keep it right."""
        return caching_of(self.asker).refreshed

    def age(self, now: int) -> int:
        """In nanoseconds."""
        if not self.refreshed:
            return now - self.came_at
        return now - self.lost_at if self.lost_at >= 0 else 0

    def serves(self, caching: Caching, min_index: int, now: int) -> bool:
        """Whether it is news enough, and young enough, for this asker."""
        if min_index >= self.answer.index and self.refreshed:
            return False
        return self.refreshed or caching.age_most_ns is None or self.age(now) < caching.age_most_ns


class AgentCache:
    """Of one gateway, whose desk asks for what is not here."""

    def __init__(self, desk: Desk[HttpAsker]) -> None:
        self._desk = desk
        self._entries: dict[Key, Entry] = {}
        """The one that was used last stands last."""
        self._refreshing: dict[str, Entry] = {}
        self._count = 0
        self._bytes = 0

    def ask(self, asker: HttpAsker, turn: Turn) -> None:
        """Answer from here, or have it asked."""
        query = asker.question.message
        assert isinstance(query, Query)
        entry = self._entries.get(key_of(asker))
        if entry is None or not entry.serves(caching_of(asker), query.min_index, turn.now):
            turn.count("cache_miss")
            self._desk.ask(asker, turn)
            return
        turn.count("cache_hit")
        self._use(entry, turn)
        _tell_hit(asker, entry, turn)

    def outcome(self, asker: HttpAsker, answer: Message, turn: Turn) -> None:
        """What became of a question of this cache: a client's, or its own."""
        entry = self._refreshing.pop(asker.ticket.request, None)
        if entry is not None:
            entry.refresh = ""
            self._refreshed(entry, answer, turn)
        elif isinstance(answer, Answer):
            self._first(asker, answer, turn)
        else:
            self._failed(asker, answer, turn)

    def refresh_due(self, due: CacheRefreshDue, turn: Turn) -> None:
        """Some time after a failure."""
        entry = next((entry for entry in self._entries.values() if entry.number == due.entry), None)
        if entry is not None and not entry.refresh:
            self._refresh(entry, turn)

    def __len__(self) -> int:
        return len(self._entries)

    def check(self) -> None:
        """Sizes add up to less than the bound, and each query keeps an answer right that is here."""
        assert self._bytes == sum(entry.size for entry in self._entries.values()) <= BYTES_MOST
        assert all(entry.refresh == request for request, entry in self._refreshing.items())
        assert all(self._entries.get(entry.key) is entry for entry in self._refreshing.values())

    # -- answers -------------------------------------------------------------

    def _first(self, asker: HttpAsker, answer: Answer, turn: Turn) -> None:
        outcome = rendered_for(asker, answer)
        assert isinstance(outcome, HttpAnswered), "what may be cached is answered by one message"
        tell(asker, _with(outcome, (("X-Cache", "MISS"),)), turn)
        if outcome.status != 200:
            return
        key = key_of(asker)
        entry = self._entries.get(key)
        if entry is None:
            self._count += 1
            entry = self._entries[key] = Entry(self._count, key, asker)
        self._take(entry, answer, outcome, turn)
        self._use(entry, turn)
        if entry.refreshed and not entry.refresh:
            self._refresh(entry, turn)
        self._make_room(turn)

    def _failed(self, asker: HttpAsker, refused: Message, turn: Turn) -> None:
        """An older answer may be better than none."""
        entry = self._entries.get(key_of(asker))
        forbidden = isinstance(refused, Refused) and refused.code in FORBIDDEN
        if entry is not None and not forbidden and entry.age(turn.now) < caching_of(asker).stale_if_error_ns:
            _tell_hit(asker, entry, turn)
            return
        outcome = rendered_for(asker, refused)
        assert isinstance(outcome, HttpAnswered), "a refusal leads to no other question"
        tell(asker, outcome, turn)

    def _refreshed(self, entry: Entry, answer: Message, turn: Turn) -> None:
        if isinstance(answer, Answer):
            outcome = rendered_for(entry.asker, answer)
            assert isinstance(outcome, HttpAnswered)
            self._take(entry, answer, outcome, turn)
            self._refresh(entry, turn)
            self._make_room(turn)
        elif isinstance(answer, Refused) and answer.code in FORBIDDEN:
            self._bytes -= entry.size
            del self._entries[entry.key]
        else:
            entry.lost_at = entry.lost_at if entry.lost_at >= 0 else turn.now
            after = RETRY_NS + turn.rng.randrange(RETRY_NS)
            turn.set_timer(_timer(entry), after, CacheRefreshDue(entry=entry.number))

    # -- entries -------------------------------------------------------------

    def _take(self, entry: Entry, answer: Answer, outcome: HttpAnswered, turn: Turn) -> None:
        size = len(outcome.body) + sum(map(len, outcome.more))
        self._bytes += size - entry.size
        entry.answer, entry.size, entry.came_at, entry.lost_at = answer, size, turn.now, -1

    def _use(self, entry: Entry, turn: Turn) -> None:
        entry.used_at = turn.now
        self._entries[entry.key] = self._entries.pop(entry.key)

    def _refresh(self, entry: Entry, turn: Turn) -> None:
        query = entry.key.query.model_copy(update={"min_index": entry.answer.index, "wait_ns": WAIT_NS})
        first = entry.asker.question
        question = HttpQuestion(query, first.render, rights=entry.key.rights, token=first.token)
        question.caching = caching_of(entry.asker)
        entry.refresh = turn.new_request()
        self._refreshing[entry.refresh] = entry
        ticket = Ticket(entry.refresh, "", "", entry.refresh)
        self._desk.ask(HttpAsker(ticket, question, entry.asker.request, turn.now), turn)

    def _make_room(self, turn: Turn) -> None:
        for entry in list(self._too_many(turn.now)):
            del self._entries[entry.key]
            if entry.refresh:
                del self._refreshing[entry.refresh]
                self._desk.gone(entry.refresh, turn)
            else:
                turn.cancel_timer(_timer(entry))

    def _too_many(self, now: int) -> Iterator[Entry]:
        for left, entry in zip(range(len(self._entries), 0, -1), self._entries.values(), strict=True):
            if left <= ENTRIES_MOST and self._bytes <= BYTES_MOST and now - entry.used_at < KEPT_NS:
                return
            self._bytes -= entry.size
            yield entry


def caching_of(asker: HttpAsker) -> Caching:
    """What an asker of this cache has said."""
    caching = asker.question.caching
    assert caching is not None
    return caching


def key_of(asker: HttpAsker) -> Key:
    """By what its answer is found. Any server's answer will do, as in Consul."""
    query = asker.question.message
    assert isinstance(query, Query)
    plain = {"min_index": 0, "wait_ns": 0, "consistency": "stale", "max_stale_ns": 0}
    return Key(query.model_copy(update=plain), asker.question.rights)


def _tell_hit(asker: HttpAsker, entry: Entry, turn: Turn) -> None:
    outcome = rendered_for(asker, entry.answer)
    assert isinstance(outcome, HttpAnswered)
    age = entry.age(turn.now) // 1_000_000_000
    tell(asker, _with(outcome, (("X-Cache", "HIT"), ("Age", str(age)))), turn)


def _with(outcome: HttpAnswered, headers: tuple[tuple[str, str], ...]) -> HttpAnswered:
    return outcome.model_copy(update={"headers": (*outcome.headers, *headers)})


def _timer(entry: Entry) -> str:
    return f"cache {entry.number}"
