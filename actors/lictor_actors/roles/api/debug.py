"""/debug/pprof/: what the agent's process is doing. Python's profiles are texts, not the protocol buffers of Go's.

``profile`` counts stacks, one a line, as tools for flame graphs take them; ``trace`` has them in their order;
``goroutine`` has all stacks of one moment; ``heap`` counts objects by type.
"""

from __future__ import annotations

from lictor_actors.roles.api.question import HttpQuestion, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_messages.profiling import Look, LookAtProcess, ProfileTaken
from lictor_messages.web import HttpAnswered

SECONDS: dict[Look, int] = {"profile": 30, "trace": 1}
"""Go's defaults."""
SECONDS_MOST = 300
"""What fits in the time that an answer may take."""
SECOND_NS = 1_000_000_000
GUARD = "operator:read"
LACKING = {
    "allocs": "memory is not traced, which would slow down all that the agent does",
    "block": "Python does not count what waits for locks",
    "mutex": "Python does not count what waits for locks",
    "symbol": "stacks have their names already",
    "threadcreate": "Python does not count the threads that were started",
}
INDEX = """/debug/pprof/

Types of profiles available:
cmdline
goroutine
heap
profile?seconds=30
trace?seconds=1
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
        """What is seen of the process at once: its command line, its stacks, or its objects."""
        _allow(request)
        return HttpQuestion(LookAtProcess(look=look), _shown, to=request.here)

    return endpoint


def watched(look: Look) -> Endpoint:
    """The endpoint of what takes time to see."""

    def endpoint(request: HttpRequest) -> HttpQuestion:
        """Stacks of all threads that were seen within ``?seconds``."""
        _allow(request)
        raw = request.param("seconds") or str(SECONDS[look])
        if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and 0 < int(raw) <= SECONDS_MOST):
            raise HttpError(400, f"?seconds must be a whole number from 1 to {SECONDS_MOST}")
        ask = LookAtProcess(look=look, seconds=int(raw))
        return HttpQuestion(ask, _shown, to=request.here, safe=False, takes_ns=int(raw) * SECOND_NS)

    return endpoint


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
    Route("GET", "/debug/pprof/heap", looked("heap"), GUARD),
    Route("GET", "/debug/pprof/profile", watched("profile"), GUARD),
    Route("GET", "/debug/pprof/trace", watched("trace"), GUARD),
)
