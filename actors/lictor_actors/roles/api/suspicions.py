"""/v1/internal/lictor/suspicions: accusers, confirmers and outcome of each suspicion. Consul has no page for it."""

from __future__ import annotations

from typing import Any

from lictor_actors.roles.api.question import HttpQuestion, json_answer
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.durations import go_duration
from lictor_messages.members import ListSuspicions, Suspicions, SuspicionSeen
from lictor_messages.web import HttpAnswered


def suspicions(_: HttpRequest) -> HttpQuestion:
    """The suspicions of this agent's gossip: those that are open, then how the latest ended."""
    return HttpQuestion(ListSuspicions(), _rendered)


def _rendered(answer: Suspicions, request: HttpRequest) -> HttpAnswered:
    return json_answer([_row(seen, f".{request.options.dc}") for seen in answer.suspicions], request)


def _row(seen: SuspicionSeen, dc: str) -> dict[str, Any]:
    return {
        "Node": seen.node.removesuffix(dc),
        "Incarnation": seen.incarnation,
        "Accuser": seen.accuser.removesuffix(dc),
        "Confirmers": [node.removesuffix(dc) for node in seen.confirmers],
        "ConfirmationsWanted": seen.wanted,
        "BeganAt": seen.began_ns / 1e9,
        "Age": go_duration(seen.age_ns),
        "LastsAtMost": go_duration(seen.lasts_ns),
        "Outcome": seen.outcome,
        "EndedBy": seen.by.removesuffix(dc),
    }


ROUTES = (Route("GET", "/v1/internal/lictor/suspicions", suspicions, "node:read"),)
