"""A write to the catalog past the agent that owns the node: done, and soon undone. The answer says so.

An agent's own services and checks are the truth of its node: anti-entropy makes the catalog equal to them. Consul
answers ``true`` here and leaves it at that; the header is Lictor's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import get_args

from lictor_actors.roles.api.question import HttpQuestion, written
from lictor_actors.roles.api.request import HttpRequest
from lictor_messages.answers import Written
from lictor_messages.members import ListMembers, Members
from lictor_messages.refusals import Code
from lictor_messages.web import HttpAnswered

HEADER = "X-Lictor-Will-Be-Undone"
OWNS = ("alive", "leaving")
Answered = Callable[[Written, HttpRequest], HttpAnswered | HttpQuestion]


def told_of_owner(node: str) -> Answered:
    """Render what was written about a node; where its agent is alive, the header says what will become of it."""

    def answered(outcome: Written, request: HttpRequest) -> HttpAnswered | HttpQuestion:
        said = written(outcome, request)
        if not node:
            return said
        # Done is done: a prober that does not answer is no reason to say anything else.
        final = dict.fromkeys(get_args(Code), lambda _: said)
        return HttpQuestion(ListMembers(name=node), partial(_warned, said), final=final)

    return answered


def _warned(said: HttpAnswered, members: Members, _: HttpRequest) -> HttpAnswered:
    owner = next((member for member in members.members if member.status in OWNS), None)
    if owner is None:
        return said
    words = (
        f"the agent of {owner.name} is alive and makes the catalog equal to what it has registered itself, within "
        "minutes: register and deregister with that agent (/v1/agent/service/..., /v1/agent/check/...)"
    )
    return said.model_copy(update={"headers": (*said.headers, (HEADER, words))})
