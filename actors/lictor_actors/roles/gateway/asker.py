"""One HTTP request that waits for its outcome, and how the outcome is said."""

from __future__ import annotations

from lictor_actors.consul.client_api import call_of
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.api.question import HttpQuestion, error_answer, refusal_answer, under_policy
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.doorway.call import Asker
from lictor_actors.roles.gateway.read_cache import CachedRead
from lictor_actors.roles.gateway.wan_addresses import translated
from lictor_messages.base import Message
from lictor_messages.envelope import node_of
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered


class HttpAsker(Asker):
    """One HTTP request that waits for its outcome."""

    __slots__ = ("began", "request")
    question: HttpQuestion
    crowd: CachedRead | None

    def __init__(
        self, ticket: Ticket, question: HttpQuestion, request: HttpRequest, began: int, read: CachedRead | None = None
    ) -> None:
        """``began``: when the request came, on the node's clock."""
        # Without super(): one is made for every request.
        self.ticket = ticket
        self.question = question
        self.crowd = read
        self.request = request
        self.began = began
        self.due = 0


def tell(asker: HttpAsker, outcome: HttpAnswered, turn: Turn) -> None:
    """Answer it."""
    turn.answer(asker.ticket, outcome)
    turn.sample(asker.request.metric, (turn.now - asker.began) / 1e6)
    if outcome.status >= 500 and (call := call_of(asker.request.metric)):
        turn.count(f"client.rpc.error.{call};node={node_of(turn.me).rpartition('.')[0]}")


def rendered_for(asker: HttpAsker, answer: Message) -> HttpQuestion | HttpAnswered:
    """An answer or a refusal, as this request is to hear it."""
    said = _said(asker, answer)
    return under_policy(said, asker.request.options) if isinstance(said, HttpAnswered) else said


def _said(asker: HttpAsker, answer: Message) -> HttpQuestion | HttpAnswered:
    try:
        if type(answer) is Refused:
            say = asker.question.final.get(answer.code)
            return say(asker.request) if say is not None else refusal_answer(answer, asker.request)
        said = asker.question.render(answer, asker.request)
    except HttpError as error:
        return error_answer(error, asker.request)
    return translated(said, asker.request) if isinstance(said, HttpAnswered) else said
