"""The gateway: the doorway by which HTTP requests enter the cluster.

http > gateway     HttpAsked: parsed into a plan, asked of the agent; HttpGone: nobody waits any more
agent, server > gateway   the typed answer, or a refusal: rendered as HttpAnswered, or held and tried again

It keeps a ticket for each request. A definite refusal that will pass (no leader yet, a server that was not reached)
is tried again with jitter for Consul's rpc_hold_timeout; an indefinite one only if asking twice does no harm. What a
server may have taken with it into its grave is asked again when the agent says so.
"""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handlers, Vocabulary
from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.ask import Ask, error_answer, text
from lictor_actors.roles.api.collecting import SILENT_NS, Collecting
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.doorway.calls import Call, Deadlines, Waiter
from lictor_actors.roles.gateway.read_cache import CachedRead, ReadCache
from lictor_messages.agent import ServerSilent
from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import Message
from lictor_messages.doorways import AskAgain
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused
from lictor_messages.slices import AnswerSlice, Collected, LargeAnswer
from lictor_messages.web import DeadlinesDue, GatewayOptions, GoOn, HttpAnswered, HttpAsked, HttpGone, RetryDue

JITTER_FRACTION = 16
"""Consul waits up to a sixteenth of the hold time between tries, and lets queries block for a sixteenth longer."""
WAIT_STEP_NS = 100_000_000
SPREAD_NS = 250_000_000
"""Blocked queries that were lost with their server are asked again over this time."""
JOIN_LEAST_NS = 1_000_000_000
"""A waiter that would be answered by more than this too early asks again for the rest of its wait."""


class Gateway(Actor):
    """One per node that has an HTTP listener."""

    hears = Vocabulary(any_answer=True).on(HttpAsked, HttpGone, AskAgain, GoOn, RetryDue, DeadlinesDue)

    def __init__(self, options: GatewayOptions) -> None:
        self.options = options
        self._agent = at("agent", options.node)
        self._count = 0
        self._calls: dict[int, Call] = {}
        self._asked: dict[str, Call] = {}
        """By the id of the request under way."""
        self._waiting: dict[str, Call] = {}
        """By the id of the HTTP request."""
        self._parked: dict[Message, Call] = {}
        """Blocked queries: an equal one joins."""
        self._deadlines = Deadlines()
        self._cache = ReadCache()
        self._alarm = 0
        self._handlers = Handlers(
            self.hears,
            {
                HttpAsked: self._http_asked,
                HttpGone: self._gone,
                AskAgain: self._ask_again,
                GoOn: lambda *_: None,  # its request has ended meanwhile
                RetryDue: self._retry,
                DeadlinesDue: lambda _, turn: self._deadlines_due(turn),
            },
        )

    def handle(self, message: Message, turn: Turn) -> None:
        """HTTP in, answers back, timers."""
        envelope = turn.envelope
        if type(message) is HttpAsked:
            self._http_asked(message, turn)
            return
        call = self._asked.pop(envelope.request, None) if envelope is not None else None
        if call is not None:
            self._answered(call, message, turn)
        elif envelope is None or envelope.reply_to or not envelope.request:
            self._handlers[type(message)](message, turn)
        # Else it answers a call that has ended: its client has its answer, or has hung up.

    def check(self) -> None:
        """Every waiter belongs to a call, every request under way too."""
        for request, call in self._waiting.items():
            assert request in call.waiters
            assert self._calls.get(call.number) is call
        for request, call in self._asked.items():
            assert call.request == request
            assert self._calls.get(call.number) is call

    @property
    def open_requests(self) -> int:
        """HTTP requests without an answer yet."""
        return len(self._waiting)

    # -- in ------------------------------------------------------------------

    def _http_asked(self, asked: HttpAsked, turn: Turn) -> None:
        known = self._cache.find(asked)
        if known is not None:
            self._place(Waiter(turn.ticket(), known.plan, known.request, 0, None if known.blocks else known), turn)
            return
        try:
            request = HttpRequest(asked, self.options, turn)
            outcome = ROUTER.endpoint(request)(request)
        except HttpError as error:
            turn.reply(error_answer(error))
            return
        except ValidationError as error:
            turn.reply(text(400, f"Bad request: {error.errors(include_url=False, include_input=False)[0]['msg']}"))
            return
        if isinstance(outcome, Ask):
            self._cache.keep(outcome, request)
            self._place(Waiter(turn.ticket(), outcome, request, 0), turn)
        else:
            turn.reply(outcome)

    def _place(self, waiter: Waiter, turn: Turn) -> None:
        """Join an equal query that blocks or has yet to be sent, or make a call of one's own."""
        plan = waiter.plan
        if isinstance(plan.message, Query) and plan.message.min_index:
            waiter.due = waiter.due or turn.now + plan.message.wait_ns
            left = min(waiter.due - turn.now, self.options.park_ns)
            plan = _portion(plan, left)
            call = self._parked.get(plan.message)
            if call is None:
                call = self._ask(plan, left, turn)
                self._parked[plan.message], call.parked = call, True
        elif waiter.known is not None:
            call = waiter.known.gathers or self._read(waiter.known, turn)
        else:
            call = self._ask(plan, plan.takes_ns, turn)
        call.waiters[waiter.ticket.request] = waiter
        self._waiting[waiter.ticket.request] = call

    def _ask(self, plan: Ask, takes_ns: int, turn: Turn) -> Call:
        call = self._new_call(plan, takes_ns, turn)
        self._send(call, call.message, turn)
        return call

    def _read(self, known: CachedRead, turn: Turn) -> Call:
        """A lone request is sent at once; while several wait for the same, requests of the same moment share one."""
        last, plan = known.last, known.plan
        known.crowded = known.crowded or (last is not None and last.request != "")
        call = known.last = self._new_call(plan, plan.takes_ns, turn, known)
        if known.crowded:
            known.gathers = call
            turn.set_timer(_retry_timer(call), 0, RetryDue(call=call.number))
        else:
            self._send(call, call.message, turn)
        return call

    def _new_call(self, plan: Ask, takes_ns: int, turn: Turn, known: CachedRead | None = None) -> Call:
        self._count += 1
        call = Call(self._count, plan.message, plan, turn.now + self._most(takes_ns), known)
        self._calls[call.number] = call
        look = self._deadlines.add(call)
        if not self._alarm or look < self._alarm:
            self._set_alarm(look, turn)
        return call

    def _most(self, takes_ns: int) -> int:
        """A sixteenth more than the time for holding, so that the last try can still be answered."""
        most = takes_ns + self.options.rpc_hold_timeout_ns
        return most + most // JITTER_FRACTION

    def _send(self, call: Call, message: Message, turn: Turn, cause: str = "") -> None:
        to, budget = self._whom(call), call.deadline - turn.now
        if call.doubtful:
            me, request = turn.me, call.doubtful
            turn.forward(to, Envelope(me, me, message, request=request, reply_to=me, budget=budget, cause=request))
        call.request = call.doubtful or turn.ask(to, message, budget=budget, cause=cause)
        call.sent = turn.now
        call.wait_over = turn.now + (message.wait_ns if isinstance(message, Query) else 0)
        self._asked[call.request] = call

    def _whom(self, call: Call) -> str:
        """A server's own gateway asks it directly at first; of the other servers only the agent knows."""
        if call.plan.to:
            return call.plan.to
        if self.options.server and call.sent < 0 and isinstance(call.message, Query | Command):
            return self.options.server
        return self._agent

    def _gone(self, gone: HttpGone, turn: Turn) -> None:
        call = self._waiting.pop(gone.request, None)
        if call is None:
            return
        del call.waiters[gone.request]
        # A blocked query stays parked at its server anyway: keep it here too, for the client to come back to.
        if not call.waiters and not call.parked:
            self._end(call, turn)

    # -- back ----------------------------------------------------------------

    def _answered(self, call: Call, answer: Message, turn: Turn) -> None:
        call.request = ""
        if type(answer) is AnswerSlice or type(answer) is LargeAnswer:
            collected = self._collect(call, answer, turn)
            if collected is None:
                return
            answer = collected
        if isinstance(answer, Undeliverable):
            call.collecting = None
            if answer.target == self.options.server:
                self._send(call, call.message, turn)
                return
            answer = Refused(code="Undeliverable", text=answer.down)
        if isinstance(answer, Refused):
            self._refused(call, answer, turn)
            return
        self._end(call, turn)
        said: dict[str, HttpAnswered] = {}
        unchanged = _is_unchanged(call, answer, turn.now)
        for waiter in call.waiters.values():
            del self._waiting[waiter.ticket.request]
            if unchanged and waiter.due - turn.now > JOIN_LEAST_NS:
                self._place(waiter, turn)
            else:
                self._render(waiter, answer, said, turn)

    def _collect(self, call: Call, answer: LargeAnswer | AnswerSlice, turn: Turn) -> Collected | None:
        """A large answer comes slice by slice: None until it is whole."""
        if isinstance(answer, LargeAnswer):
            call.collecting = Collecting(answer)
        elif call.collecting is None or not call.collecting.takes(answer):
            self._refused(call, Refused(code="NotReady"), turn)
            return None
        elif answer.done:
            return call.collecting.whole()
        if call.waiters:
            self._put_off(call, turn)
            self._ask_slice(call, turn)
        else:
            self._end(call, turn)
        return None

    def _ask_slice(self, call: Call, turn: Turn) -> None:
        assert call.collecting is not None
        to, budget = call.collecting.server, call.deadline - turn.now
        cause = next((waiter.ticket.cause for waiter in call.waiters.values()), "")
        call.request = turn.ask(to, call.collecting.wanted(), budget=budget, cause=cause)
        self._asked[call.request] = call
        turn.set_timer(_retry_timer(call), SILENT_NS, RetryDue(call=call.number))

    def _put_off(self, call: Call, turn: Turn) -> None:
        """Something has come: as much time again for the next."""
        self._deadlines.drop(call)
        call.deadline = max(call.deadline, turn.now + self._most(0))
        self._deadlines.add(call)

    def _render(self, waiter: Waiter, answer: Message, said: dict[str, HttpAnswered], turn: Turn) -> None:
        """``said``: what others who waited for the same answer were told, by their target; mostly it is one for all."""
        known, request = waiter.known, waiter.request
        if known is not None and known.answer is answer and known.said is not None:
            turn.answer(waiter.ticket, known.said)
            return
        outcome = said.get(request.asked.target) or _outcome(waiter, answer)
        if isinstance(outcome, Ask):
            self._place(replace(waiter, plan=outcome), turn)
            return
        if known is not None and not outcome.more:
            self._cache.remember(known, answer, outcome)
        if not request.personal:
            said[request.asked.target] = outcome
        turn.answer(waiter.ticket, outcome)

    def _refused(self, call: Call, refused: Refused, turn: Turn) -> None:
        call.collecting = None  # what has come of an answer fits no other
        said = call.plan.refused and self._say_refusal(call, refused, turn)
        if said:
            return
        if call.doubtful and refused.row.definite:
            refused = Refused(code="TimedOut")
        row = refused.row
        call.refusal = refused
        again = row.definite or call.plan.safe or call.doubtful
        if not row.passing or not again or not self._hold(call, turn):
            self._finish(call, text(row.status, refused.words), turn)

    def _say_refusal(self, call: Call, refused: Refused, turn: Turn) -> bool:
        """In the endpoint's own words, if it has any for this refusal. Such plans never share a call."""
        assert call.plan.refused is not None
        for waiter in call.waiters.values():
            answer = call.plan.refused(refused, waiter.request)
            if answer is None:
                return False
            self._finish(call, answer, turn)
            return True
        return False

    # -- holding -------------------------------------------------------------

    def _hold(self, call: Call, turn: Turn) -> bool:
        """Try again a little later; False if the time for holding is over."""
        hold = self.options.rpc_hold_timeout_ns
        if not call.hold_until or turn.now - call.sent > hold:
            call.hold_until = min(turn.now + hold, call.deadline)
        after = turn.rng.randrange(1, hold // JITTER_FRACTION + 2)
        if turn.now + after >= call.hold_until or not call.waiters:
            return False
        turn.set_timer(_retry_timer(call), after, RetryDue(call=call.number))
        return True

    def _retry(self, due: RetryDue, turn: Turn) -> None:
        call = self._calls.get(due.call)
        if call is None:
            return
        if call.collecting is not None:
            self._asked.pop(call.request, None)
            self._ask_slice(call, turn)
            return
        if call.request:
            return
        message, known = call.message, call.known
        if known is not None and known.gathers is call:
            known.gathers, known.crowded = None, len(call.waiters) > 1
        if call.parked:
            rest = max((waiter.due for waiter in call.waiters.values()), default=0) - turn.now
            message = message.model_copy(update={"wait_ns": min(max(rest, 1), self.options.park_ns)})
        first = next(iter(call.waiters.values()), None)
        self._send(call, message, turn, first.ticket.cause if first is not None else "")

    # -- servers that are gone -------------------------------------------------

    def _ask_again(self, message: AskAgain, turn: Turn) -> None:
        for call in [call for call in self._calls.values() if call.request and _may_be_lost(call, message)]:
            if call.parked and not call.waiters:
                self._end(call, turn)
                continue
            del self._asked[call.request]
            call.doubtful = "" if isinstance(call.message, Query) else call.request
            call.request, call.refusal, call.collecting = "", Refused(code="TimedOut"), None
            # Thousands of blocked queries must not all come at once.
            after = turn.rng.randrange(1, SPREAD_NS) if call.parked else 0
            turn.set_timer(_retry_timer(call), after, RetryDue(call=call.number))

    # -- ends ----------------------------------------------------------------

    def _deadlines_due(self, turn: Turn) -> None:
        self._alarm = 0
        for number in list(self._deadlines.expired(turn.now)):
            self._out_of_time(self._calls[number], turn)
        look = self._deadlines.next()
        # Whoever was parked anew just now has set the alarm for itself, and others are due long before.
        if look is not None and (not self._alarm or look < self._alarm):
            self._set_alarm(look, turn)

    def _out_of_time(self, call: Call, turn: Turn) -> None:
        refused = call.refusal or Refused(code="TimedOut")
        if call.request:
            refused = Refused(code="TimedOut")
            if isinstance(call.message, Query | Command):
                turn.send(self._agent, ServerSilent(request=call.request))
            if call.parked:
                self._park_on(call, turn)
        self._finish(call, text(refused.row.status, refused.words), turn)

    def _park_on(self, call: Call, turn: Turn) -> None:
        """Nothing was heard of a blocked query. Who has time left asks again, another server perhaps."""
        patient = [waiter for waiter in call.waiters.values() if waiter.due - turn.now > JOIN_LEAST_NS]
        del self._parked[call.message]
        call.parked = False
        for waiter in patient:
            del self._waiting[waiter.ticket.request], call.waiters[waiter.ticket.request]
            self._place(waiter, turn)

    def _finish(self, call: Call, answer: HttpAnswered, turn: Turn) -> None:
        """The same answer for everybody who waits."""
        self._end(call, turn)
        for waiter in call.waiters.values():
            del self._waiting[waiter.ticket.request]
            turn.answer(waiter.ticket, answer)

    def _end(self, call: Call, turn: Turn) -> None:
        """Forget the call; its waiters are the caller's affair."""
        del self._calls[call.number]
        self._deadlines.drop(call)
        if call.known is not None and call.known.last is call:
            call.known.last = None  # a cycle that the collector has set aside would never be freed
        if call.collecting is not None:
            call.collecting = None
            turn.cancel_timer(_retry_timer(call))
        if call.request:
            self._asked.pop(call.request, None)
        elif call.refusal is not None:
            turn.cancel_timer(_retry_timer(call))
        elif call.known is not None and call.known.gathers is call:
            call.known.gathers = None
            turn.cancel_timer(_retry_timer(call))
        if call.parked:
            del self._parked[call.message]

    def _set_alarm(self, look: int, turn: Turn) -> None:
        self._alarm = look
        turn.set_timer("deadlines", look - turn.now, DeadlinesDue())


def _may_be_lost(call: Call, told: AskAgain) -> bool:
    """Stale reads are kept by any server, all other reads and the writes by the leader."""
    if isinstance(call.message, Query):
        return (call.message.consistency == "stale") == told.stale
    return isinstance(call.message, Command) and not told.stale


def _outcome(waiter: Waiter, answer: Message) -> Ask | HttpAnswered:
    try:
        return waiter.plan.render(answer, waiter.request)
    except HttpError as error:
        return error_answer(error)


def _retry_timer(call: Call) -> str:
    return f"retry {call.number}"


def _is_unchanged(call: Call, answer: Message, now: int) -> bool:
    """True for a blocked query that was answered because its time was up, not because the store was replaced."""
    message = call.message
    return (
        isinstance(message, Query)
        and message.min_index > 0
        and isinstance(answer, Answer)
        and answer.index == message.min_index
        and now >= call.wait_over
    )


def _portion(plan: Ask, wait: int) -> Ask:
    """The query for a part of its time, in steps of a tenth of a second, so that equal ones meet again."""
    assert isinstance(plan.message, Query)
    wait = -(-wait // WAIT_STEP_NS) * WAIT_STEP_NS
    if wait == plan.message.wait_ns:
        return plan
    return replace(plan, message=plan.message.model_copy(update={"wait_ns": wait}))
