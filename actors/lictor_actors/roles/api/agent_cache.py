"""``?cached``: Lictor keeps no agent cache, so every such answer is fresh, and says so as Consul does: a miss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.roles.api.request import HttpRequest
from lictor_messages.web import HttpAnswered

Render = Callable[[Any, HttpRequest], HttpAnswered]


def cacheable(request: HttpRequest, render: Render) -> Render:
    """How to say the answer of an endpoint for which Consul has a cache."""
    if not request.has("cached"):
        return render

    def missed(answer: Any, asked: HttpRequest) -> HttpAnswered:
        said = render(answer, asked)
        return said.model_copy(update={"headers": (*said.headers, ("X-Cache", "MISS"))})

    return missed
