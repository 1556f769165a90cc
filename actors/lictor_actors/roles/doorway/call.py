"""A call: what a desk asks, for which askers, and in which state that is.

gathering > sent     alone at once, in company when the others of the same moment have come
sent > sent          once more: by another way, or for the next slice of a large answer
sent > held          refused, or lost with its server: tried again a little later
held > sent
each > ended         there is an outcome, or every asker has gone
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from lictor_actors.kernel.turn import Ticket
from lictor_actors.roles.doorway.collecting import Collecting
from lictor_actors.roles.doorway.question import Question
from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import Message
from lictor_messages.doorways import AskAgain
from lictor_messages.refusals import Refused

WAIT_STEP_NS = 100_000_000

State = Literal["gathering", "sent", "held", "ended"]
MOVES: dict[State, tuple[State, ...]] = {
    "gathering": ("sent", "ended"),
    "sent": ("ended", "held", "sent"),
    "held": ("sent", "ended"),
    "ended": (),
}


class Crowd:
    """One read that comes again and again: while several of them are under way, those of the same moment share a call.

    Its owner keeps one for each question and rights, and hands it in with every asker.
    """

    __slots__ = ("crowded", "gathers", "last")

    def __init__(self) -> None:
        self.last: Call[Any] | None = None
        """What asked it last, until that has ended."""
        self.crowded = False
        """True while several ask at the same moment: then they are asked for together."""
        self.gathers: Call[Any] | None = None
        """The call that is about to be sent for all who have come."""


class Asker:
    """One client's request that waits for an outcome. Doorways derive their own, with what rendering needs."""

    __slots__ = ("crowd", "due", "question", "ticket")

    def __init__(self, ticket: Ticket, question: Question, crowd: Crowd | None = None) -> None:
        self.ticket = ticket
        self.question = question
        self.crowd = crowd
        """Of a read that comes again and again and does not block."""
        self.due = 0
        """When the ``wait`` of its blocking query is over; it may have joined one that ends earlier."""


A = TypeVar("A", bound=Asker)


class Call(Generic[A]):
    """One question on its way, and all who wait for its answer.

    Hardly any call is refused, parked or lost: the class says how all begin, and an instance what is different.
    """

    state: State = "gathering"
    request: str = ""
    """Id of the try that is under way, "" unless it is sent."""
    parked: bool = False
    """True for a blocked query that equal ones may join."""
    timer: bool = False
    """True while its timer is set: to send it, or to ask for a slice again."""
    refusal: Refused | None = None
    """Why the last try failed."""
    hold_until: int = 0
    """When holding ends; counted from the first refusal."""
    sent_at: int = -1
    """When the last try was sent, -1 before the first."""
    doubtful: str = ""
    """Id under which a write may have been carried out: every further try has it too, so that twice is once, and no
    refusal is definite any more."""
    wait_over: int = 0
    """When the server answers a blocked query even if nothing has changed."""
    collecting: Collecting | None = None
    """What has come of a large answer."""
    bucket: dict[int, None]
    """See ``deadlines``."""

    def __init__(
        self, number: int, question: Question, message: Message, deadline: int, crowd: Crowd | None = None
    ) -> None:
        self.number = number
        self.question = question
        self.message = message
        """What is sent: of a blocking query a portion of its wait."""
        self.deadline = deadline
        self.crowd = crowd
        self.askers: dict[str, A] = {}
        """By the id of the client's request."""

    @property
    def timer_name(self) -> str:
        """Its own timer among those of the actor."""
        return f"retry {self.number}"

    @property
    def cause(self) -> str:
        """Of what is sent in another turn than its first asker's."""
        for asker in self.askers.values():
            return asker.ticket.cause
        return ""

    def may_be_lost(self, told: AskAgain) -> bool:
        """Stale reads are kept by any server, all other reads and the writes by the leader."""
        if self.state != "sent":
            return False
        if isinstance(self.message, Query):
            return (self.message.consistency == "stale") == told.stale
        # A write for another datacenter is not sent again: that would be by another server, as another asker.
        return isinstance(self.message, Command) and not self.message.dc and not told.stale

    def is_unchanged(self, answer: Message, now: int) -> bool:
        """True for a blocked query that was answered because its time was up, not because the store was replaced."""
        query = self.message
        return (
            isinstance(query, Query)
            and isinstance(answer, Answer)
            and answer.index == query.min_index
            and now >= self.wait_over
        )

    def rest(self, most: int, now: int) -> Message:
        """Of a blocked query, what to send the next time: for what is left of its wait, and not more than this."""
        left = max((asker.due for asker in self.askers.values()), default=0) - now
        return self.message.model_copy(update={"wait_ns": min(max(left, 1), most)})


def portion(query: Query, wait: int) -> Query:
    """The query for all of its time, or for a part in steps of a tenth of a second, so that equal ones meet again."""
    wait = -(-wait // WAIT_STEP_NS) * WAIT_STEP_NS
    return query if wait >= query.wait_ns else query.model_copy(update={"wait_ns": wait})
