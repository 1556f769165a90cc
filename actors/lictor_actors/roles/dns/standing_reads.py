"""Standing reads: what questions rest on is asked once, and then a blocking query waits for its next index.

The first read may be stale, so any server answers it. The one that stands waits at the leader, which knows of each
write before the others: it answers at once if the first was behind. It stands for two seconds at a time and is renewed
only if a question has needed it meanwhile, so a name costs the servers no more than its questions alone would, and what
was lost on the way is noticed soon. Names without instances get none. Equal questions that wait for the same first
answer share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.dns.tails import Basis
from lictor_actors.roles.doorway.call import Asker
from lictor_actors.roles.doorway.desk import Desk
from lictor_actors.roles.doorway.question import Question, Rights
from lictor_messages.answers import Answer, Query
from lictor_messages.base import Message, Record
from lictor_messages.catalog import NodeRecord, NodeServices, ServiceHealth
from lictor_messages.refusals import Refused

STANDS_NS = 2_000_000_000
AGEING_STANDS_NS = 30_000_000_000
"""Where answers may age a read stands longer, and whether it is needed or not: for the time when no server is there."""
LATE_NS = 500_000_000
"""The way of a server's answer, beside the sixteenth of the wait over which it spreads the ends of waits."""
READS_MOST = 1024
FOREVER = 1 << 62

W = TypeVar("W")
"""What waits for an answer."""


class StandingRead(Basis):
    """An answer, and the blocked query that vouches for it."""

    __slots__ = ("answer", "query", "request", "since")

    def __init__(self, query: Query, answer: Answer) -> None:
        super().__init__()
        self.query = query
        self.answer = answer
        self.request = ""
        """Of the blocked query."""
        self.since = 0
        """When that was asked."""


class PendingRead(Asker):
    """One read on its way: the first of a query, or one that stands."""

    __slots__ = ("read",)

    def __init__(self, request: str, query: Query, rights: Rights, read: StandingRead | None = None) -> None:
        super().__init__(Ticket(request, "", "", request), Question(query, rights=rights))
        self.read = read


class StandingReads(Generic[W]):
    """The reads of one actor, for askers of equal rights."""

    def __init__(
        self,
        desk: Desk[PendingRead],
        rights: Rights,
        tell: Callable[[Sequence[W], Message, StandingRead | None, Turn], None],
        changed: Callable[[Basis], None],
        *,
        ages: bool = False,
        age_most: int = 0,
        rights_change: bool = False,
    ) -> None:
        """``tell`` hears each answer for all who waited for it, ``changed`` of each read that is not right any more.

        ``ages``: an answer may be given though no server confirms it, up to ``age_most`` ns (0: any age).
        ``rights_change``: what the askers may see may become another under the same index.
        """
        self._rights_change = rights_change
        self._stands = AGEING_STANDS_NS if ages else STANDS_NS
        self._desk = desk
        self._rights = rights
        self._tell = tell
        self._changed = changed
        self._ages = ages
        self._age_most = age_most
        self._waiting: dict[Query, list[W]] = {}
        self._standing: dict[Query, StandingRead] = {}
        self.waiting = 0
        """Questions without an answer yet."""

    def __len__(self) -> int:
        """How many reads stand."""
        return len(self._standing)

    def find(self, query: Query, now: int) -> StandingRead | None:
        """The read of this query, if it may be believed."""
        read = self._standing.get(query)
        if read is None or now > read.until:
            return None
        read.used = True
        return read

    def ask(self, query: Query, who: W, turn: Turn) -> None:
        """``who`` is told what the servers say."""
        self.waiting += 1
        others = self._waiting.get(query)
        if others is not None:
            others.append(who)
            return
        self._waiting[query] = [who]
        self._desk.ask(PendingRead(turn.new_request(), query, self._rights), turn)

    def outcome(self, readings: Sequence[PendingRead], answer: Message, turn: Turn) -> None:
        """From the desk."""
        for reading in readings:
            if reading.read is None:
                self._first(reading, answer, turn)
            elif self._standing.get(reading.read.query) is reading.read:
                self._stood(reading.read, answer, turn)

    def forget_all(self, turn: Turn) -> None:
        """Servers may have lost what stood there, or the rules have changed."""
        for read in list(self._standing.values()):
            self._drop(read, turn)

    def lost(self, turn: Turn) -> None:
        """Servers may have lost what stood there. The desk asks again; until then only what may age is believed."""
        if not self._ages:
            self.forget_all(turn)

    def _first(self, reading: PendingRead, answer: Message, turn: Turn) -> None:
        query = reading.question.message
        assert isinstance(query, Query)
        who = self._waiting.pop(query)
        self.waiting -= len(who)
        read = self._standing.get(query)
        if read is not None:
            self._drop(read, turn)
        read = None
        if isinstance(answer, Answer) and _rows(answer):
            read = StandingRead(query, answer)
            self._stand(read, turn)
        self._tell(who, answer, read, turn)

    def _stand(self, read: StandingRead, turn: Turn) -> None:
        if len(self._standing) >= READS_MOST:
            self._drop(next(iter(self._standing.values())), turn)
        query, read.used, read.request = read.query, False, turn.new_request()
        self._standing[query] = read
        read.since, stands = turn.now, self._stands
        age = (self._age_most or FOREVER) if self._ages else 0
        read.until = turn.now + max(stands + stands // 16 + LATE_NS, age)
        at_leader = {"consistency": "default", "max_stale_ns": 0}
        blocked = query.model_copy(update={"min_index": read.answer.index, "wait_ns": stands, **at_leader})
        self._desk.ask(PendingRead(read.request, blocked, self._rights, read), turn)

    def _stood(self, read: StandingRead, answer: Message, turn: Turn) -> None:
        """A blocked query has ended: by its index, by its time, or without an answer."""
        del self._standing[read.query]  # it stands again as the youngest
        if isinstance(answer, Answer):
            self._confirmed(read, answer, turn)
        elif self._ages and isinstance(answer, Refused) and answer.row.passing and turn.now < read.until:
            until = read.until
            self._stand(read, turn)
            read.until = until
        else:
            self._changed(read)

    def _confirmed(self, read: StandingRead, answer: Answer, turn: Turn) -> None:
        wanted = self._ages or (read.used and turn.now <= read.until)  # else it was long on its way
        if not self._is_same(read, answer, turn.now):
            self._changed(read)
            read = StandingRead(read.query, answer)
        if wanted and _rows(answer):
            self._stand(read, turn)
        else:
            self._changed(read)

    def _is_same(self, read: StandingRead, answer: Answer, now: int) -> bool:
        """Whether nothing has changed. Of a wait that ended by its time the index says so: to compare a thousand rows
        takes five milliseconds. One that ended before may have been ended by a restore, which can bring an index again.
        """
        if answer.index != read.answer.index:
            return False
        in_time = now - read.since >= self._stands
        return (in_time and not self._rights_change) or _rows(answer) == _rows(read.answer)

    def _drop(self, read: StandingRead, turn: Turn) -> None:
        del self._standing[read.query]
        self._changed(read)
        self._desk.gone(read.request, turn)


def _rows(answer: Answer) -> tuple[Record, ...]:
    """What records are made of. Names without any get no standing read: there is no end of such names."""
    match answer:
        case ServiceHealth():
            return answer.instances
        case NodeServices(node=NodeRecord() as node):
            return (node,)
    return ()
