"""The asking side of queries: sends them off, and collects acks and answers until all are there or the time is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.member_table import MemberTable
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.queries import PoolQueries, size
from lictor_messages.codec import pack_body
from lictor_messages.pool import QUERY_MOST, AskPool, PoolAnswer, PoolAnswered, PoolQuery, QueryAnswer, QueryDue
from lictor_messages.refusals import Refused
from lictor_messages.swim import Gossip

OPEN_MOST = 64
"""Queries of one node that wait for answers at the same time."""
TIMEOUT_MOST_NS = 600_000_000_000

Done = Callable[[PoolAnswered, Turn], None]


@dataclass(slots=True)
class OpenQuery:
    """A query whose time is not over."""

    asked: dict[str, None]
    acks_wanted: bool
    deadline: int
    """Time from the question to the end, in nanoseconds."""
    done: Done
    acks: dict[str, None] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """No member that was asked has anything more to say."""
        return len(self.answers) >= len(self.asked) and (not self.acks_wanted or len(self.acks) >= len(self.asked))


class Asking:
    """The queries of this node that are open."""

    def __init__(self, profile: Profile, members: MemberTable, queries: PoolQueries) -> None:
        self._profile = profile
        self._members = members
        self._queries = queries
        self._open: dict[tuple[int, int], OpenQuery] = {}

    def asked(self, ask: AskPool, turn: Turn) -> None:
        """Ask for another actor of this node, which hears PoolAnswered or Refused."""
        ticket = turn.ticket()
        refused = self.ask(ask, lambda answered, turn: turn.answer(ticket, answered, early=True), turn)
        if refused is not None:
            turn.reply(refused)

    def ask(self, ask: AskPool, done: Done, turn: Turn) -> Refused | None:
        """Ask the pool; ``done`` is told what came back. Returns why it cannot be asked, or None."""
        if size(ask) > QUERY_MOST:
            return Refused(code="BadRequest", text=f"query exceeds limit of {QUERY_MOST} bytes")
        if len(self._open) >= OPEN_MOST:
            return Refused(
                code="Overloaded", text=f"{OPEN_MOST} queries of this node wait for answers: try again later"
            )
        query = self._query(ask, turn)
        present = [peer for peer in self._members.sorted() if peer.present and self._queries.selects(ask, peer)]
        timeout = min(ask.timeout_ns or self._profile.query_timeout(self._members.alive_count), TIMEOUT_MOST_NS)
        one = OpenQuery(dict.fromkeys(peer.node for peer in present), ask.acks, timeout, done)
        self._open[query.ltime, query.id] = one
        turn.set_timer(_timer(query.id), timeout, QueryDue(ltime=query.ltime, id=query.id))
        data = pack_body(query)
        self._queries.begin(query, data, turn)
        if ask.no_broadcast:
            for peer in present:
                if peer is not self._members.me:
                    turn.send(peer.address, Gossip(updates=(data,)), early=True)
        return None

    def answered(self, answer: QueryAnswer, turn: Turn) -> None:
        """An ack or an answer has arrived, or is to be passed on."""
        if answer.relay_to and answer.relay_to != self._members.me.node:
            self._queries.relay(answer, turn)
            return
        one = self._open.get((answer.ltime, answer.id))
        if one is None:
            turn.count("query_answers_late")
        elif answer.node not in one.asked:
            turn.count("query_answers_unasked")
        elif answer.node in (one.acks if answer.ack else one.answers):
            turn.count("query_answers_repeated")
        else:
            self._collect(answer, one, turn)

    def due(self, due: QueryDue, turn: Turn) -> None:
        """Those that have not answered by now are silent."""
        if (due.ltime, due.id) in self._open:
            self._finish(due.ltime, due.id, turn)

    def _query(self, ask: AskPool, turn: Turn) -> PoolQuery:
        me = self._members.me
        return PoolQuery(
            id=turn.rng.getrandbits(32),
            ltime=self._queries.clock.tick(),
            name=ask.name,
            payload=ask.payload,
            origin=me.node,
            gossip=me.alive.gossip,
            nodes=ask.nodes,
            tags=ask.tags,
            acks=ask.acks,
            no_broadcast=ask.no_broadcast,
            relay_factor=ask.relay_factor,
        )

    def _collect(self, answer: QueryAnswer, one: OpenQuery, turn: Turn) -> None:
        if answer.ack:
            one.acks[answer.node] = None
        else:
            one.answers[answer.node] = answer.payload
        if one.complete:
            self._finish(answer.ltime, answer.id, turn)

    def _finish(self, ltime: int, id_: int, turn: Turn) -> None:
        one = self._open.pop((ltime, id_))
        turn.cancel_timer(_timer(id_))
        answers = tuple(PoolAnswer(node=node, payload=payload) for node, payload in one.answers.items())
        asked, acks = tuple(one.asked), tuple(one.acks)
        one.done(PoolAnswered(asked=asked, acks=acks, answers=answers, deadline_ns=one.deadline), turn)


def _timer(id_: int) -> str:
    return f"query:{id_}"
