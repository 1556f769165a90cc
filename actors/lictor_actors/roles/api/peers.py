"""``?peer=``: Lictor is peered with no other cluster, so that any peer's part of the catalog is empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.roles.api.request import HttpRequest
from lictor_messages.answers import Rendered
from lictor_messages.web import HttpAnswered

Render = Callable[[Any, HttpRequest], HttpAnswered]


def of_peer(request: HttpRequest, render: Render, nothing: bytes = b"[]") -> Render:
    """How to say an answer, which with a peer is ``nothing``; its headers are those of the own catalog."""
    return emptied(render, nothing) if request.param("peer") else render


def emptied(render: Render, nothing: bytes = b"[]") -> Render:
    """How to say ``nothing`` with the headers of an answer."""

    def empty(answer: Rendered, asked: HttpRequest) -> HttpAnswered:
        last_contact, known = answer.last_contact_ms, answer.known_leader
        return render(
            Rendered(index=answer.index, known_leader=known, last_contact_ms=last_contact, body=nothing), asked
        )

    return empty
