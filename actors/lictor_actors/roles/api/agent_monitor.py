"""/v1/agent/monitor: the log of this agent's process, line by line until the client goes."""

from __future__ import annotations

from lictor_actors.consul.log_levels import LEVELS
from lictor_actors.roles.api.question import TEXT
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.web import HttpAnswered, LogTail


def monitor(request: HttpRequest) -> HttpAnswered:
    """Lines from ``?loglevel`` on (INFO), as objects with ``?logjson``."""
    level = request.param("loglevel") or "INFO"
    python = LEVELS.get(level.upper())
    if python is None:
        raise HttpError(400, f"Bad request: Unknown log level: {level}")
    return HttpAnswered(status=200, headers=TEXT, log=LogTail(level=python, json_lines=request.has("logjson")))


ROUTES = (Route("GET", "/v1/agent/monitor", monitor, guard="agent:read"),)
