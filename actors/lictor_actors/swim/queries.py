"""Queries: asked of the whole pool or of some members, carried by gossip, answered directly (Serf).

This is the part of those that hear one. It is taken once, whichever members bring it; passed on unless it says
otherwise; and answered, if its filters select this node, to the node that asks: only where that one is known to live,
so that no forged query makes a whole pool talk to a stranger. What the asking node does is in ``asking``.
"""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.broadcasts import Rank
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.lamport import LamportClock, News, RecentIds
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.updates import Hearing
from lictor_messages.base import Message
from lictor_messages.pool import QUERY_MOST, AskPool, PoolQuery, QueryAnswer

ID_CONFLICT = "_lictor_id_conflict"
"""Which node of this id did you meet first? Serf has no such question."""
CONFLICT = "_serf_conflict"
"""Where does the node of this name live? Serf's own name for it. The asking node may be one that is not believed to be
who it says it is, so this alone is answered where the query says that it lives."""
PING = "_serf_ping"
"""Does this reach you? The answer is empty."""

Matches = Callable[[str, str], bool]
"""Whether a user's pattern is found in a text. Raises ValueError for what is no pattern."""
Answerer = Callable[[PoolQuery, Turn], bytes | None]
"""What this node answers to a query of some name; None for nothing, or for an answer in a later turn."""


def size(query: AskPool | PoolQuery) -> int:
    """Bytes of what may be long in a query."""
    texts = (query.name, *query.nodes, *query.tags, *query.tags.values())
    return len(query.payload) + sum(len(text.encode()) for text in texts)


class PoolQueries:
    """Hears queries, passes them on and answers them."""

    def __init__(self, members: MemberTable, gossiper: Gossiper, matches: Matches) -> None:
        self.clock = LamportClock()
        self._members = members
        self._gossiper = gossiper
        self._matches = matches
        self._recent = RecentIds(self.clock)
        self._answerers: dict[str, Answerer] = {PING: lambda _, __: b""}

    def on(self, name: str, answerer: Answerer) -> None:
        """Have queries of this name answered."""
        self._answerers[name] = answerer

    def heard(self, query: Message, data: bytes, _: Hearing, turn: Turn) -> bool:
        """A query from elsewhere: old ones and repeats stop here."""
        assert isinstance(query, PoolQuery)
        if self.clock.too_far(query.ltime, turn):
            return False
        if size(query) > QUERY_MOST:
            turn.count("gossip_refused_query_size")
            return True
        self.clock.witness(query.ltime)
        news = self._recent.take(query.ltime, query.id)
        if news is not News.NEW:
            turn.count(f"gossip_queries_{news.value}")
            return True
        try:
            selected = self.selects(query, self._members.me)
        except ValueError:
            turn.count("gossip_refused_query_filter")
        else:
            self._take(query, data, selected, turn)
        return True

    def begin(self, query: PoolQuery, data: bytes, turn: Turn) -> None:
        """A query of this node itself."""
        self._recent.take(query.ltime, query.id)
        self._take(query, data, self.selects(query, self._members.me), turn)

    def _take(self, query: PoolQuery, data: bytes, selected: bool, turn: Turn) -> None:
        if not query.no_broadcast:
            self._gossiper.spread(f"query:{query.ltime}:{query.id}", data, turn, Rank.QUERY)
        if not selected:
            return
        if query.acks:
            self._answer(query, QueryAnswer(ltime=query.ltime, id=query.id, node=self._me, ack=True), turn)
        answerer = self._answerers.get(query.name)
        payload = answerer(query, turn) if answerer is not None else None
        if payload is not None:
            self.answer(query, payload, turn)

    def answer(self, query: PoolQuery, payload: bytes, turn: Turn) -> None:
        """What this node has to say; in a later turn, if it could not be said at once."""
        answer = QueryAnswer(ltime=query.ltime, id=query.id, node=self._me, payload=payload)
        self._answer(query, answer, turn)

    def selects(self, query: AskPool | PoolQuery, peer: Peer) -> bool:
        """Whether this member is one of those that are to answer. Raises ValueError for a filter that is no pattern."""
        tags = peer.alive.tags  # every pattern is looked at, so that a wrong one is noticed by all
        fits = [self._matches(pattern, tags.get(tag, "")) and tag in tags for tag, pattern in query.tags.items()]
        return all(fits) and (not query.nodes or peer.node in query.nodes)

    def relay(self, answer: QueryAnswer, turn: Turn) -> None:
        """Pass on another's answer, to a member."""
        peer = self._members.get(answer.relay_to)
        if peer is None:
            turn.count("query_relays_to_strangers")
        else:
            turn.send(peer.address, answer.model_copy(update={"relay_to": ""}), early=True)

    @property
    def _me(self) -> str:
        return self._members.me.node

    def _answer(self, query: PoolQuery, answer: QueryAnswer, turn: Turn) -> None:
        to = self._way_to(query)
        if not to:
            turn.count("queries_of_strangers")
            return
        turn.send(to, answer, early=True)
        relayed = answer.model_copy(update={"relay_to": query.origin})
        for peer in self._relays(query, turn):
            turn.send(peer.address, relayed, early=True)

    def _way_to(self, query: PoolQuery) -> str:
        peer = self._members.get(query.origin)
        if peer is not None and peer.alive.gossip == query.gossip:
            return peer.address
        return self._members.address(query.gossip) if query.name == CONFLICT else ""

    def _relays(self, query: PoolQuery, turn: Turn) -> list[Peer]:
        """Others at random, none if there are not enough (Serf)."""
        if not query.relay_factor:
            return []

        def may_relay(peer: Peer) -> bool:
            return peer.state is MemberState.ALIVE and peer.node != query.origin

        found = self._members.pick(query.relay_factor, may_relay, turn.rng)
        return found if len(found) == query.relay_factor else []
