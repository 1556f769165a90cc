"""A prepared query that has found nothing in its own datacenter is run in others, one after the other.

First in the ``NearestN`` by distance, then in the ``Datacenters`` that are listed, as far as they are known and were
not asked yet; or in the ``Targets`` alone. The first that finds something answers (Consul's ``queryFailover``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.wan.crossings import Crossings
from lictor_actors.store.render import render
from lictor_messages.answers import Answer, Rendered
from lictor_messages.base import Message
from lictor_messages.datacenters import FailOver
from lictor_messages.queries import QueryExecuted, QueryFailover, RunPreparedQuery
from lictor_messages.status import Datacenters, ListDatacenters


@dataclass(slots=True)
class Search:
    """One query under way."""

    ticket: Ticket
    failover: FailOver
    places: Iterator[str] = field(default_factory=lambda: iter(()))
    asked: int = 0


class Failover:
    """The searches, each with one datacenter at a time."""

    def __init__(self, dc: str, prober: str, crossings: Crossings) -> None:
        self._dc = dc
        self._prober = prober
        self._crossings = crossings
        self._unordered: dict[str, Search] = {}
        """Those that wait to hear how far the datacenters are."""

    def begin(self, failover: FailOver, turn: Turn) -> None:
        """Nothing was found here."""
        self._unordered[turn.ask(self._prober, ListDatacenters())] = Search(turn.ticket(), failover)

    def ordered(self, request: str, answer: Message, turn: Turn) -> bool:
        """The prober's answer, or word that there is none; False if it was not asked for one."""
        search = self._unordered.pop(request, None)
        if search is None:
            return False
        names = [name for name in answer.names if name != self._dc] if isinstance(answer, Datacenters) else []
        search.places = iter(order(search.failover.query.service.failover, names))
        self._next(search, turn)
        return True

    def _next(self, search: Search, turn: Turn) -> None:
        place = next(search.places, "")
        if not place:
            self._say(search, search.failover.nothing, turn)
            return
        search.asked += 1
        asked = search.failover.asked
        query = RunPreparedQuery(
            query=search.failover.query,
            limit=asked.limit,
            connect=asked.connect,
            dc=place,
            consistency=asked.consistency,
            max_stale_ns=asked.max_stale_ns,
        )
        self._crossings.begin(place, query, lambda answer, _, turn: self._heard(search, answer, turn), turn)

    def _heard(self, search: Search, answer: Message, turn: Turn) -> None:
        if isinstance(answer, QueryExecuted) and answer.instances:
            self._say(search, answer, turn)
        else:
            self._next(search, turn)

    def _say(self, search: Search, found: QueryExecuted, turn: Turn) -> None:
        whole = found.model_copy(update={"failovers": search.asked})
        turn.answer(search.ticket, _as_asked(search.failover, whole))


def order(failover: QueryFailover, others: list[str]) -> list[str]:
    """The datacenters to ask, of those that are known, the nearest first."""
    if failover.targets:
        listed = [target.datacenter for target in failover.targets]
    else:
        listed = [*others[: failover.nearest_n], *failover.datacenters]
    return [dc for dc in dict.fromkeys(listed) if dc in others]


def _as_asked(failover: FailOver, answer: QueryExecuted) -> Answer:
    if not failover.asked.rendered:
        return answer
    body, found = render(failover.asked, answer)
    return Rendered(index=answer.index, body=body, found=found)
