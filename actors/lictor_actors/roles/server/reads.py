"""Reads on a server: parked until they may be answered, answered typed or rendered, blocked until something changes."""

from __future__ import annotations

import heapq
from typing import NamedTuple

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.server.authorize import Authorize
from lictor_actors.roles.server.elsewhere import Elsewhere
from lictor_actors.roles.server.large_answers import WHOLE_BYTES_MAX, LargeAnswers
from lictor_actors.roles.server.prepared_answers import in_order
from lictor_actors.store.acl.identities import ANONYMOUS_ACCESSOR
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.admission import negative_wait
from lictor_actors.store.body_cache import Body, BodyCache
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.families.queries.hiding import executed
from lictor_actors.store.hiding import hidden, rows_of
from lictor_actors.store.render import render
from lictor_actors.store.slices import can_be_cut, exceeds
from lictor_actors.store.store import Store
from lictor_actors.store.watches import Watches, may_block
from lictor_messages.answers import Answer, Query, Rendered, RenderedInPart
from lictor_messages.base import Message
from lictor_messages.queries import ExecutePreparedQuery, QueryExecuted
from lictor_messages.refusals import Refused
from lictor_messages.server import BlockedDue, ServerOptions

ONE_MESSAGE_BYTES_MAX = 16 << 20
"""What weighs more as JSON and cannot be cut into slices is refused: to pack it would keep everything else waiting."""

TOO_LARGE = Refused(
    code="TooLarge",
    text=f"the answer is larger than {ONE_MESSAGE_BYTES_MAX >> 20} MiB: ask for less at a time (a longer prefix, "
    "fewer keys, a filter), or read it over HTTP",
)


class _Parked(NamedTuple):
    query: Query
    ticket: Ticket
    watch: int
    due: int
    sight: Sight | None


class Reads:
    """Answers queries from the store; keeps those that block."""

    def __init__(self, store: Store, options: ServerOptions, acl: Authorize) -> None:
        self.store = store
        self.known_leader = True
        self.last_contact_ms = 0
        self._options = options
        self._acl = acl
        self._elsewhere = Elsewhere(options)
        self._watches: Watches[int] = Watches()
        self._cache = BodyCache(options.rendered_bytes_max)
        self.large = LargeAnswers()
        self._deadlines: list[tuple[int, int]] = []
        self._parked: dict[int, _Parked] = {}
        self._count = 0
        self._replaced = store.replaced

    def read(self, query: Query, ticket: Ticket, turn: Turn, sight: Sight | None = None, due: int = 0) -> None:
        """Answer now, or when the query's index has passed ``min_index``, or when it has waited long enough.

        ``sight``: whose question it is, None without ACLs. ``due``: when one that waited before has waited long enough.
        """
        seen = self._acl.executing(query, sight, turn)
        if isinstance(seen, Refused):
            turn.answer(ticket, seen, early=True)
            return
        made = self._made_before(query, query.min_index, seen, turn)
        if made is not None:
            turn.answer(ticket, made, early=True)
            return
        try:
            answer = self.store.evaluate(query)
        except QueryRefused as refused:
            turn.answer(ticket, refused.refusal, early=True)
            return
        if type(answer) is QueryExecuted:
            if seen is not None:
                answer = executed(query, answer, seen)
            distances = self.store.catalog.distance_from
            answer = in_order(answer, query, distances, self._options.dc, turn)
            if isinstance(query, ExecutePreparedQuery) and self._elsewhere.searches(
                query, answer, self.store, ticket, turn
            ):
                return
        if query.min_index and answer.index <= query.min_index and may_block(query):
            if query.wait_ns < 0:
                turn.answer(ticket, negative_wait(query.wait_ns), early=True)
            else:
                self._park(query, ticket, sight, due, turn)
        else:
            turn.answer(ticket, self._said(query, answer, seen, turn), early=True)  # early: see ``_answer``

    def wake(self, turn: Turn) -> None:
        """After a batch of writes: answer the blocked queries whose result may have changed."""
        if self.store.replaced != self._replaced:
            self._start_over(turn)
        self.weigh_anew(turn)
        for query, answer, tickets in self._watches.wake(self.store):
            for handle in tickets:
                parked = self._parked.pop(handle, None)
                if parked is not None:
                    self._answer(query, answer, parked, turn)

    def weigh_anew(self, turn: Turn) -> None:
        """Look again at what waits, if rights have changed."""
        if self._acl.on and self._acl.changed():
            self._look_again(turn)

    def secrets(self) -> set[str]:
        """The tokens of all that waits."""
        return {parked.sight.secret for parked in self._parked.values() if parked.sight is not None}

    def _look_again(self, turn: Turn) -> None:
        """Rights have changed: a question whose asker may not ask it any more ends, and others may see other rows."""
        for handle, parked in list(self._parked.items()):
            now = self._acl.sight(parked.sight.secret, turn) if parked.sight is not None else None
            if now is None or (
                isinstance(now, Sight) and parked.sight is not None and now.rights == parked.sight.rights
            ):
                continue
            self._forget(handle)
            self._read_anew(parked, parked.query, turn)

    def _read_anew(self, parked: _Parked, query: Query, turn: Turn) -> None:
        sight = self._acl.sight(parked.sight.secret, turn) if parked.sight is not None else None
        refused = self._acl.refuses_query(query, sight)
        if refused is not None:
            turn.answer(parked.ticket, refused, early=True)
        elif not isinstance(sight, Refused):
            self.read(query, parked.ticket, turn, sight, parked.due)

    def _start_over(self, turn: Turn) -> None:
        """The store was replaced: indexes may have fallen, so blocked queries are read anew, and no answer is kept."""
        self._replaced = self.store.replaced
        self._cache.clear()
        self.large.clear()
        for handle in list(self._parked):
            parked = self._forget(handle)
            if parked is not None:
                self._read_anew(parked, parked.query.model_copy(update={"min_index": 0}), turn)

    def due(self, turn: Turn) -> None:
        """Answer what has waited long enough, unchanged."""
        while self._deadlines and self._deadlines[0][0] <= turn.now:
            _, handle = heapq.heappop(self._deadlines)
            parked = self._forget(handle)
            if parked is not None:
                self._answer(parked.query, self.store.evaluate(parked.query), parked, turn)
        self._arm(turn)

    def refuse_all(self, refusal: Message, turn: Turn) -> None:
        """This server leads no more: queries that need a leader's answer are sent back to find the new one."""
        for handle in [h for h, parked in self._parked.items() if parked.query.consistency != "stale"]:
            parked = self._forget(handle)
            if parked is not None:
                turn.answer(parked.ticket, refusal, early=True)

    @property
    def blocked(self) -> int:
        """How many queries wait."""
        return len(self._parked)

    def _park(self, query: Query, ticket: Ticket, sight: Sight | None, due: int, turn: Turn) -> None:
        if not due:
            wait = min(query.wait_ns or self._options.default_wait_ns, self._options.max_wait_ns)
            due = turn.now + wait + turn.rng.randrange(wait // 16 + 1)
        self._count += 1
        handle = self._count
        self._parked[handle] = _Parked(query, ticket, self._watches.park(query, handle, _rights(sight)), due, sight)
        heapq.heappush(self._deadlines, (due, handle))
        if self._deadlines[0][1] == handle:
            self._arm(turn)
        if len(self._deadlines) > 2 * len(self._parked) + 1024:
            self._deadlines = [d for d in self._deadlines if d[1] in self._parked]
            heapq.heapify(self._deadlines)

    def _forget(self, handle: int) -> _Parked | None:
        parked = self._parked.pop(handle, None)
        if parked is not None:
            self._watches.cancel(parked.watch)
        return parked

    def _arm(self, turn: Turn) -> None:
        if self._deadlines:
            turn.set_timer("blocked", self._deadlines[0][0] - turn.now, BlockedDue())

    def _answer(self, query: Query, answer: Answer, parked: _Parked, turn: Turn) -> None:
        made = self._made_before(query, 0, parked.sight, turn) or self._said(query, answer, parked.sight, turn)
        # Early: what is read here is committed, a quorum has it on disk already.
        turn.answer(parked.ticket, made, early=True)

    def _said(self, query: Query, answer: Answer, sight: Sight | None, turn: Turn) -> Answer | Refused:
        """The answer as it was asked for, without what the asker may not see, with what is known of the leader."""
        answer, in_part = self._hidden(query, answer, sight)
        sliced = query.rendered and can_be_cut(answer)
        if exceeds(answer, WHOLE_BYTES_MAX if sliced else ONE_MESSAGE_BYTES_MAX):
            version = self.store.version(query)
            large = self.large.open(query, answer, version, turn, _rights(sight), in_part) if sliced else TOO_LARGE
            return large if isinstance(large, Refused) else self._with_leader(large)
        if query.rendered:
            return self._with_body(self._rendered(query, answer, in_part, sight))
        return self._with_leader(answer)

    def _hidden(self, query: Query, answer: Answer, sight: Sight | None) -> tuple[Answer, bool]:
        """The answer as this asker may see it, and whether any row is hidden, also of those that no filter chose."""
        if sight is None:
            return answer, False
        shown, whole = hidden(self.store, query, answer, sight)
        filtered = getattr(query, "filter", "")
        if filtered:
            every = query.model_copy(update={"filter": ""})
            of_all, whole = hidden(self.store, every, self.store.evaluate(every), sight)
        else:
            of_all = shown
        return shown, sight.accessor != ANONYMOUS_ACCESSOR and rows_of(of_all) < rows_of(whole)

    def _made_before(self, query: Query, above: int, sight: Sight | None, turn: Turn) -> Answer | None:
        """What another asker of this question was told, if it is still right and its index is higher than this."""
        if not query.rendered:
            return None
        version = self.store.version(query)
        made = self._cache.get(query, version, _rights(sight))
        if made is not None:
            return self._with_body(made) if made.index > above else None
        large = self.large.find(query, version, above, turn, _rights(sight)) if self.large else None
        return None if large is None else self._with_leader(large)

    def _with_leader(self, answer: Answer) -> Answer:
        return answer.model_copy(update={"known_leader": self.known_leader, "last_contact_ms": self.last_contact_ms})

    def _rendered(self, query: Query, answer: Answer, in_part: bool, sight: Sight | None) -> Body:
        body, found = render(query, answer)
        made = Body(self.store.version(query), answer.index, body, found, in_part)
        self._cache.put(query, made, _rights(sight))
        return made

    def _with_body(self, made: Body) -> Rendered:
        said = made.said
        if said is None or said.known_leader != self.known_leader or said.last_contact_ms != self.last_contact_ms:
            said = made.said = (RenderedInPart if made.in_part else Rendered)(
                index=made.index,
                known_leader=self.known_leader,
                last_contact_ms=self.last_contact_ms,
                body=made.body,
                found=made.found,
            )
        return said


def _rights(sight: Sight | None) -> str:
    return "" if sight is None else sight.rights
