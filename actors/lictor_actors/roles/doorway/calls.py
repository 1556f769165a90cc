"""All calls of a desk: the one place where a state changes, and with it everything by which a call is found."""

from __future__ import annotations

from typing import Generic

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.doorway.call import MOVES, A, Call, Crowd, State
from lictor_actors.roles.doorway.deadlines import Deadlines
from lictor_actors.roles.doorway.question import UNRESOLVED, Question, Rights
from lictor_messages.base import Message
from lictor_messages.refusals import Refused


class Calls(Generic[A]):
    """All calls that have not ended, by everything they are looked for by."""

    __slots__ = ("_count", "_parked", "_waiting", "asked", "deadlines", "open")

    def __init__(self) -> None:
        self._count = 0
        self._waiting: dict[str, Call[A]] = {}
        """By the id of each asker's request."""
        self._parked: dict[tuple[Message, Rights], Call[A]] = {}
        self.open: dict[int, Call[A]] = {}
        self.asked: dict[str, Call[A]] = {}
        """By the id of the try under way."""
        self.deadlines = Deadlines()

    def __len__(self) -> int:
        """How many askers wait."""
        return len(self._waiting)

    def begin(self, question: Question, message: Message, deadline: int, crowd: Crowd | None, turn: Turn) -> Call[A]:
        """A new call, gathering."""
        self._count += 1
        call: Call[A] = Call(self._count, question, message, deadline, crowd)
        self.open[call.number] = call
        self.deadlines.add(call, turn)
        return call

    def parked(self, message: Message, rights: Rights) -> Call[A] | None:
        """The blocked query that an equal one of equal rights may join."""
        return self._parked.get((message, rights))

    def park(self, call: Call[A]) -> None:
        """Let equal blocked queries of equal rights join this one."""
        call.parked = True
        self._parked[call.message, call.question.rights] = call

    def unpark(self, call: Call[A]) -> None:
        """Let none join it any more."""
        call.parked = False
        del self._parked[call.message, call.question.rights]

    def join(self, asker: A, call: Call[A]) -> None:
        """This asker waits for that call."""
        request = asker.ticket.request
        call.askers[request] = asker
        self._waiting[request] = call

    def leave(self, request: str) -> Call[A] | None:
        """The asker of this request waits no more; returns what it waited for."""
        call = self._waiting.pop(request, None)
        if call is not None:
            del call.askers[request]
        return call

    def sent(self, call: Call[A], request: str) -> None:
        """A try is under way."""
        self._move(call, "sent")
        if call.crowd is not None and call.crowd.gathers is call:
            call.crowd.gathers, call.crowd.crowded = None, len(call.askers) > 1
        call.request = request
        self.asked[request] = call

    def held(self, call: Call[A], refusal: Refused) -> None:
        """The last try came to nothing, for this reason; the desk sets a timer for the next."""
        self._move(call, "held")
        call.refusal, call.collecting = refusal, None

    def end(self, call: Call[A], turn: Turn) -> list[A]:
        """Forget the call; returns those who waited for it, in the order in which they came."""
        self._move(call, "ended")
        del self.open[call.number]
        self.deadlines.drop(call)
        if call.timer:
            turn.cancel_timer(call.timer_name)
        crowd = call.crowd
        if crowd is not None:  # no cycle may be left: one that the collector has set aside would never be freed
            crowd.last = None if crowd.last is call else crowd.last
            crowd.gathers = None if crowd.gathers is call else crowd.gathers
        if call.parked:
            self.unpark(call)
        for request in call.askers:
            del self._waiting[request]
        return list(call.askers.values())

    def _move(self, call: Call[A], to: State) -> None:
        assert to in MOVES[call.state], f"a call goes from {call.state} to {to}"
        if call.request:
            del self.asked[call.request]
            call.request = ""
        call.state = to

    def check(self) -> None:
        """Every table agrees with the calls' states, and no call serves askers of unlike rights."""
        asked = {call.request: call for call in self.open.values() if call.state == "sent"}
        assert self.asked == asked
        waiting = {request: call for call in self.open.values() for request in call.askers}
        assert self._waiting == waiting
        parked = {(call.message, call.question.rights): call for call in self.open.values() if call.parked}
        assert self._parked == parked
        for call in self.open.values():
            rights = call.question.rights
            assert rights != UNRESOLVED
            assert all(asker.question.rights == rights for asker in call.askers.values())
            assert call.state != "ended"
            assert call.collecting is None or (call.state == "sent" and call.timer)
            assert call.state == "sent" or call.timer, "nothing would ever send it"
