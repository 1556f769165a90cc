"""``?cached``: Lictor keeps no agent cache, so every such answer is fresh, and says so as Consul does: a miss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_messages.web import HttpAnswered

Render = Callable[[Any, HttpRequest], HttpAnswered]
AGES = ("max-age", "stale-if-error")


def cacheable(request: HttpRequest, render: Render) -> Render:
    """How to say the answer of an endpoint for which Consul has a cache. Raises HttpError 400 for a bad header."""
    if not request.has("cached"):
        return render
    _check_control(request.header("cache-control"))

    def missed(answer: Any, asked: HttpRequest) -> HttpAnswered:
        said = render(answer, asked)
        return said.model_copy(update={"headers": (*said.headers, ("X-Cache", "MISS"))})

    return missed


def _check_control(header: str) -> None:
    for directive in header.lower().split(","):
        name, _, seconds = directive.strip().partition("=")
        if name in AGES and not (seconds.isascii() and seconds.isdigit()):
            raise HttpError(400, "Invalid Cache-Control header.")
