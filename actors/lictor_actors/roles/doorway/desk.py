"""A doorway's desk: questions in, outcomes out, though servers, leaders and the network come and go.

It asks the agent, or first the server of its own node. A definite refusal that will pass (no leader yet, a server that
was not reached) is tried again with jitter for Consul's rpc_hold_timeout; an indefinite one only if asking twice does
no harm. What a server may have taken with it into its grave is asked again when the agent says so. Equal blocked
queries share one call, large answers are put together. Its outcome is an answer or a refusal, once for each asker.

The desk knows nothing of the protocol in which its doorway's clients speak. The doorway hands it each answer and timer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Generic, NamedTuple

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.doorway.call import A, Call, Crowd, portion
from lictor_actors.roles.doorway.calls import Calls
from lictor_actors.roles.doorway.collecting import SILENT_NS, Collecting, is_kept_by_its_sender
from lictor_actors.roles.doorway.question import Question
from lictor_messages.agent import ServerSilent
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.doorways import AskAgain, RetryDue
from lictor_messages.envelope import Envelope
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused
from lictor_messages.slices import AnswerSlice, Collected, LargeAnswer

NO_ANSWER = frozenset((Refused, Undeliverable, LargeAnswer, AnswerSlice))
"""What comes in place of an answer, or is but a part of one."""
JITTER_FRACTION = 16
"""Consul waits up to a sixteenth of the hold time between tries, and lets queries block for a sixteenth longer."""
SPREAD_NS = 250_000_000
"""Blocked queries that were lost with their server are asked again over this time."""
JOIN_LEAST_NS = 1_000_000_000
"""An asker that would be answered by more than this too early asks again for the rest of its wait."""


@cache
def is_served(kind: type[Message]) -> bool:
    """True for what servers are asked; all else is the agent's own."""
    return issubclass(kind, Query | Command)


class DeskOptions(NamedTuple):
    """Addresses that a desk asks, and its limits; times in nanoseconds."""

    agent: str
    """Address of the node's agent."""
    server: str = ""
    """Address of the server on this node, "" if there is none."""
    hold_ns: int = 7_000_000_000
    """How long a question is held while there is no leader or no server."""
    park_ns: int = 60_000_000_000
    """How long a blocked query is left with a server at a time: if its answer was lost, that is noticed then."""


class Desk(Generic[A]):
    """Asks for one doorway. ``tell`` hears each outcome, for all who waited for it."""

    def __init__(self, options: DeskOptions, tell: Callable[[Sequence[A], Message, Turn], None]) -> None:
        self._options = options
        self._tell = tell
        self._calls: Calls[A] = Calls()

    def __len__(self) -> int:
        """How many askers wait."""
        return len(self._calls)

    def check(self) -> None:
        """Every call is where its state says that it is."""
        self._calls.check()

    # -- in ------------------------------------------------------------------

    def ask(self, asker: A, turn: Turn) -> None:
        """Join an equal query that blocks or has yet to be sent, or make a call of one's own."""
        question, crowd = asker.question, asker.crowd
        message = question.message
        if crowd is not None:
            call = crowd.gathers or self._in_company(crowd, question, turn)
        elif isinstance(message, Query) and message.min_index:
            call = self._blocked(asker, message, turn)
        else:
            call = self._calls.begin(question, message, turn.now + self._most(question.takes_ns), None, turn)
            self._send(call, message, turn)
        self._calls.join(asker, call)

    def gone(self, request: str, turn: Turn) -> None:
        """The asker of this request waits no more."""
        call = self._calls.leave(request)
        # A blocked query stays parked at its server anyway: keep it here too, for the client to come back to.
        if call is not None and not call.askers and not call.parked:
            self._calls.end(call, turn)

    def _blocked(self, asker: A, query: Query, turn: Turn) -> Call[A]:
        asker.due = asker.due or turn.now + query.wait_ns
        left = min(asker.due - turn.now, self._options.park_ns)
        message, rights = portion(query, left), asker.question.rights
        call = self._calls.parked(message, rights)
        if call is None:
            call = self._calls.begin(asker.question, message, turn.now + self._most(left), None, turn)
            self._calls.park(call)
            self._send(call, message, turn)
        return call

    def _in_company(self, crowd: Crowd, question: Question, turn: Turn) -> Call[A]:
        """A lone request is sent at once; while several wait for the same, requests of the same moment share one."""
        last, message = crowd.last, question.message
        crowd.crowded = crowd.crowded or (last is not None and last.state == "sent")
        deadline = turn.now + self._most(question.takes_ns)
        call = crowd.last = self._calls.begin(question, message, deadline, crowd, turn)
        if crowd.crowded:
            crowd.gathers = call
            self._wake(call, 0, turn)
        else:
            self._send(call, message, turn)
        return call

    def _most(self, takes_ns: int) -> int:
        """A sixteenth more than the time for holding, so that the last try can still be answered."""
        most = takes_ns + self._options.hold_ns
        return most + most // JITTER_FRACTION

    def _send(self, call: Call[A], message: Message, turn: Turn, cause: str = "") -> None:
        to, budget, request = self._target(call), call.deadline - turn.now, call.doubtful
        if request:
            me, token = turn.me, call.question.token
            turn.forward(to, Envelope(me, me, message, request, me, budget=budget, cause=request, token=token))
        else:
            request = turn.ask(to, message, budget=budget, cause=cause, token=call.question.token)
        call.sent_at = turn.now
        if call.parked:
            assert isinstance(message, Query)
            call.wait_over = turn.now + message.wait_ns
        self._calls.sent(call, request)

    def _target(self, call: Call[A]) -> str:
        """A server's own doorway asks it directly at first; of the other servers only the agent knows."""
        if call.question.to:
            return call.question.to
        options = self._options
        if options.server and call.sent_at < 0 and is_served(type(call.message)):
            return options.server
        return options.agent

    # -- back ----------------------------------------------------------------

    def take(self, message: Message, turn: Turn) -> bool:
        """False if the mail in hand answers no question of this desk that is under way."""
        envelope = turn.envelope
        call = self._calls.asked.get(envelope.request) if envelope is not None else None
        if call is None:
            return False
        answer = self._complete(call, message, turn) if type(message) in NO_ANSWER else message
        if type(answer) is Refused:
            self._refused(call, answer, turn)
        elif answer is not None:
            self._answered(call, answer, turn)
        return True

    def _answered(self, call: Call[A], answer: Message, turn: Turn) -> None:
        unchanged = call.parked and call.is_unchanged(answer, turn.now)
        askers: Sequence[A] = self._calls.end(call, turn)
        if unchanged:
            askers = self._ask_on(askers, turn)
        self._tell(askers, answer, turn)

    def _ask_on(self, askers: Sequence[A], turn: Turn) -> Sequence[A]:
        """Nothing has changed: those who have time left ask for the rest of it. Returns the others."""
        patient = [asker for asker in askers if asker.due - turn.now > JOIN_LEAST_NS]
        for asker in patient:
            self.ask(asker, turn)
        return [asker for asker in askers if asker.due - turn.now <= JOIN_LEAST_NS] if patient else askers

    def _complete(self, call: Call[A], answer: Message, turn: Turn) -> Message | None:
        """What comes of this: an answer as a whole, or why there is none; None if more is waited for first."""
        if isinstance(answer, AnswerSlice | LargeAnswer):
            return self._collect(call, answer, turn)
        if call.collecting is not None:
            call.collecting = None  # what has come of an answer fits no other
            if isinstance(answer, Refused) and not answer.row.passing:
                return Refused(code="NotReady", text=answer.words)  # said of a slice, not of the question
        if isinstance(answer, Undeliverable):
            if answer.target == self._options.server and not call.question.to:
                self._send(call, call.message, turn)
                return None
            return Refused(code="Undeliverable", text=answer.down)
        return answer

    def _collect(self, call: Call[A], answer: LargeAnswer | AnswerSlice, turn: Turn) -> Collected | Refused | None:
        """A large answer comes slice by slice: None until it is whole."""
        if isinstance(answer, LargeAnswer):
            if not is_kept_by_its_sender(answer, turn.envelope):
                turn.count("large_answer_kept_elsewhere")
                return Refused(code="NotReady")
            collecting = call.collecting = Collecting(answer)
        elif call.collecting is None:
            return Refused(code="NotReady")
        else:
            collecting = call.collecting
            wrong = collecting.add(answer)
            if wrong is not None or answer.done:
                return wrong or collecting.whole()
        if call.askers:
            self._calls.deadlines.put_off(call, turn.now + self._most(0), turn)  # as much time again for the next
            self._ask_slice(call, collecting, turn)
        else:
            self._calls.end(call, turn)
        return None

    def _ask_slice(self, call: Call[A], collecting: Collecting, turn: Turn) -> None:
        budget, token = call.deadline - turn.now, call.question.token
        request = turn.ask(collecting.server, collecting.wanted(), budget=budget, cause=call.cause, token=token)
        self._calls.sent(call, request)
        self._wake(call, SILENT_NS, turn)

    # -- holding -------------------------------------------------------------

    def _refused(self, call: Call[A], refused: Refused, turn: Turn) -> None:
        if refused.code in call.question.final and call.askers:
            self._finish(call, refused, turn)
            return
        if call.doubtful and refused.row.definite:
            refused = Refused(code="TimedOut")
        row = refused.row
        again = row.passing and (row.definite or call.question.safe or call.doubtful != "")
        if not again or not self._hold(call, refused, turn):
            self._finish(call, refused, turn)

    def _hold(self, call: Call[A], refused: Refused, turn: Turn) -> bool:
        """Try again a little later; False if the time for holding is over."""
        hold = self._options.hold_ns
        if not call.hold_until or turn.now - call.sent_at > hold:
            call.hold_until = min(turn.now + hold, call.deadline)
        after = turn.rng.randrange(1, hold // JITTER_FRACTION + 2)
        if turn.now + after >= call.hold_until or not call.askers:
            return False
        self._calls.held(call, refused)
        self._wake(call, after, turn)
        return True

    def retry(self, due: RetryDue, turn: Turn) -> None:
        """The timer of one call."""
        call = self._calls.open.get(due.call)
        if call is None:
            return
        call.timer = False
        if call.collecting is not None:
            self._ask_slice(call, call.collecting, turn)
        elif call.state != "sent":
            message = call.rest(self._options.park_ns, turn.now) if call.parked else call.message
            self._send(call, message, turn, call.cause)

    def ask_again(self, told: AskAgain, turn: Turn) -> None:
        """Servers are gone, and with them what they were asked."""
        for call in [call for call in self._calls.open.values() if call.may_be_lost(told)]:
            if call.parked and not call.askers:
                self._calls.end(call, turn)
                continue
            call.doubtful = "" if isinstance(call.message, Query) else call.request
            self._calls.held(call, Refused(code="TimedOut"))
            # Thousands of blocked queries must not all come at once.
            self._wake(call, turn.rng.randrange(1, SPREAD_NS) if call.parked else 0, turn)

    def _wake(self, call: Call[A], after: int, turn: Turn) -> None:
        call.timer = True
        turn.set_timer(call.timer_name, after, RetryDue(call=call.number))

    # -- ends ----------------------------------------------------------------

    def deadlines_due(self, turn: Turn) -> None:
        """Some calls may have run out of time."""
        deadlines = self._calls.deadlines
        for number in deadlines.due(turn):
            self._out_of_time(self._calls.open[number], turn)
        deadlines.look_again(turn)

    def _out_of_time(self, call: Call[A], turn: Turn) -> None:
        refused = call.refusal or Refused(code="TimedOut")
        if call.state == "sent":
            refused = Refused(code="TimedOut")
            if is_served(type(call.message)):
                turn.send(self._options.agent, ServerSilent(request=call.request))
            if call.parked:
                self._park_on(call, turn)
        self._finish(call, refused, turn)

    def _park_on(self, call: Call[A], turn: Turn) -> None:
        """Nothing was heard of a blocked query. Those who have time left ask again, another server perhaps."""
        self._calls.unpark(call)
        for asker in [asker for asker in call.askers.values() if asker.due - turn.now > JOIN_LEAST_NS]:
            self._calls.leave(asker.ticket.request)
            self.ask(asker, turn)

    def _finish(self, call: Call[A], refused: Refused, turn: Turn) -> None:
        """The same refusal for all who wait."""
        self._tell(self._calls.end(call, turn), refused, turn)
