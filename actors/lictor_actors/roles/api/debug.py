"""/debug/pprof/: what the agent's process is doing. Python's profiles are texts, not the protocol buffers of Go's.

``profile`` counts stacks, one a line, as tools for flame graphs take them; ``goroutine`` has all stacks of one moment.
"""

from __future__ import annotations

from lictor_actors.roles.api.question import HttpQuestion, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_messages.profiling import Look, LookAtProcess, ProfileTaken
from lictor_messages.web import HttpAnswered

SECONDS, SECONDS_MOST = 30, 300
"""Go's default, and what fits in the time that an answer may take."""
SECOND_NS = 1_000_000_000
GUARD = "operator:read"
LACKING = {
    "allocs": "memory is not traced, which would slow down all that the agent does",
    "block": "Python does not count what waits for locks",
    "heap": "memory is not traced, which would slow down all that the agent does",
    "mutex": "Python does not count what waits for locks",
    "symbol": "stacks have their names already",
    "threadcreate": "Python does not count the threads that were started",
    "trace": "Python has no execution trace; profile shows where time is spent",
}
INDEX = """/debug/pprof/

Types of profiles available:
cmdline
goroutine
profile?seconds=30
"""


def index(request: HttpRequest) -> HttpAnswered:
    """What there is."""
    _allow(request)
    why = LACKING.get(request.rest)
    if why is not None:
        raise HttpError(404, f"There is no {request.rest} profile here: {why}")
    if request.rest:
        raise HttpError(404, "Unknown profile")
    return text(200, INDEX)


def looked(look: Look) -> Endpoint:
    """The endpoint of what is seen at once."""

    def endpoint(request: HttpRequest) -> HttpQuestion:
        """What is seen of the process at once: its command line, or the stacks of tasks and threads."""
        _allow(request)
        return HttpQuestion(LookAtProcess(look=look), _shown, to=request.here)

    return endpoint


def profile(request: HttpRequest) -> HttpQuestion:
    """Stacks that were seen within ``?seconds``."""
    _allow(request)
    raw = request.param("seconds") or str(SECONDS)
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and 0 < int(raw) <= SECONDS_MOST):
        raise HttpError(400, f"?seconds must be a whole number from 1 to {SECONDS_MOST}")
    ask = LookAtProcess(look="profile", seconds=int(raw))
    return HttpQuestion(ask, _shown, to=request.here, safe=False, takes_ns=int(raw) * SECOND_NS)


def _allow(request: HttpRequest) -> None:
    """As Consul without ACLs: nothing is there unless the configuration says so."""
    if not request.options.enable_debug:
        raise HttpError(404)


def _shown(answer: ProfileTaken, _: HttpRequest) -> HttpAnswered:
    return text(200, answer.text)


ROUTES = (
    Route("GET", "/debug/pprof/", index, GUARD),
    Route("GET", "/debug/pprof/cmdline", looked("cmdline"), GUARD),
    Route("GET", "/debug/pprof/goroutine", looked("goroutine"), GUARD),
    Route("GET", "/debug/pprof/profile", profile, GUARD),
)
