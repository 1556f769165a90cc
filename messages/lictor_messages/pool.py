"""Serf's queries: a question that gossip carries to the members of a pool, and that each answers directly.

gateway > agent > prober   AskPool, answered by PoolAnswered when all have answered or the time is over
prober > pool              PoolQuery, in gossip
prober > asking prober     QueryAnswer, an ack or an answer; also through a few others, chosen at random
"""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le, MaxLen

from lictor_messages.base import CLAIM, WIRE, FrozenMap, Message, ReadOnly, Record
from lictor_messages.bounds import Natural

QUERY_MOST = 1024
"""Bytes of a query's name, payload and filters together (Serf's QuerySizeLimit)."""
ANSWER_MOST = 1024
"""Bytes of one member's answer (Serf's QueryResponseSizeLimit)."""
RELAYS_MOST = 5
"""Members through which an answer may also travel, as in Consul's ``relay-factor``."""

QueryId = Annotated[int, Ge(0), Le(2**32 - 1)]
"""Drawn at random: two queries of one Lamport time have different ones."""
RelayFactor = Annotated[int, Ge(0), Le(RELAYS_MOST)]


class AskPool(Message):
    """Ask the members of the prober's pool; answered by PoolAnswered, or Refused if it can be no query."""

    name: str
    """What is asked; members that do not know it only acknowledge it."""
    payload: bytes = b""
    nodes: tuple[str, ...] = ()
    """Names, ``name.dc``, of the members that are to answer; none for all."""
    tags: ReadOnly = FrozenMap()
    """Tag → the regular expression that its value must match at the members that are to answer."""
    acks: bool = False
    """Have each of them say at once that the query has arrived."""
    no_broadcast: bool = False
    """Send it to ``nodes`` alone instead of having gossip carry it."""
    relay_factor: RelayFactor = 0
    timeout_ns: Natural = 0
    """How long to wait; 0 for the time that gossip needs in a pool of this size."""


class PoolAnswer(Record):
    """What one member has answered."""

    node: str
    """``name.dc``."""
    payload: bytes


class PoolAnswered(Message):
    """The answers that have arrived in time, in the order of their arrival."""

    asked: tuple[str, ...]
    """The live members that the filters select, as the asking node knows them."""
    acks: tuple[str, ...] = ()
    answers: tuple[PoolAnswer, ...] = ()
    deadline_ns: Natural = 0
    """How long all of them had for it."""


class PoolQuery(Message, kind="swim.query", on=CLAIM):
    """A query as gossip carries it."""

    id: QueryId
    ltime: Natural
    """Of the pool's clock of queries."""
    name: str
    payload: bytes = b""
    origin: str
    """The node that asks, ``name.dc``."""
    gossip: str
    """Its gossip URL."""
    nodes: tuple[str, ...] = ()
    tags: ReadOnly = FrozenMap()
    acks: bool = False
    no_broadcast: bool = False
    relay_factor: RelayFactor = 0


class QueryAnswer(Message, kind="swim.query_answer", on=WIRE):
    """A member's ack of a query, or its answer to it."""

    ltime: Natural
    id: QueryId
    node: str
    """The member, ``name.dc``."""
    ack: bool = False
    payload: Annotated[bytes, MaxLen(ANSWER_MOST)] = b""
    relay_to: str = ""
    """The node that asked, if the one that hears this is to pass it on."""


class QueryDue(Message):
    """The time to answer this query is over."""

    ltime: int
    id: int
