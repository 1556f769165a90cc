"""Query parameters that many endpoints share: blocking, consistency, datacenter, filters, Go's numbers."""

from __future__ import annotations

from typing import TypedDict

from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_messages.answers import Consistency
from lictor_messages.bounds import UINT64_MAX
from lictor_messages.durations import parse_go_duration

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


OWN_NODE = "_agent"


class QueryFields(TypedDict, total=False):
    """Fields of Query that come from the URL."""

    consistency: Consistency
    max_stale_ns: int
    min_index: int
    wait_ns: int
    rendered: bool


class Selection(TypedDict, total=False):
    """Fields that select among the rows of a catalog query."""

    filter: str
    near: str
    node_meta: tuple[tuple[str, str], ...]


def read_options(request: HttpRequest, *, rendered: bool = True) -> QueryFields:
    """Blocking and consistency; raises HttpError with Consul's words for what does not fit."""
    options: QueryFields = {"rendered": rendered}
    if request.options.discovery_max_stale_ns:
        _discovery(request, options)
    if not request.params:
        return options
    check_datacenter(request)
    _consistency(request, options)
    index, wait = request.param("index"), request.param("wait")
    if wait:
        options["wait_ns"] = _wait(wait, request)
    if index:
        options["min_index"] = _index(index)
    if options.get("min_index") and not options.get("wait_ns"):
        options["wait_ns"] = request.options.default_query_time_ns
    elif not options.get("min_index"):
        options.pop("wait_ns", None)
    return options


def wait_time(request: HttpRequest) -> int:
    """How long what blocks by a hash may wait, in nanoseconds; raises HttpError 400 for what is no duration."""
    raw = request.param("wait")
    return _wait(raw, request) if raw else request.options.default_query_time_ns


def check_datacenter(request: HttpRequest) -> None:
    """Note which datacenter is asked; and there is only the namespace ``default``."""
    if not request.params:
        return
    request.ask_datacenter(request.param("dc"))
    for name, of in _TENANCY.items():
        if request.param(name).lower() not in ("", "default"):
            raise HttpError(400, f'Invalid query parameter: "{name}" - {of} are a Consul Enterprise feature')


_DISCOVERY = ("/v1/catalog", "/v1/health")
_CHOSEN = frozenset(("leader", "stale", "consistent", "max_stale", "cached"))
"""Parameters that say how fresh an answer has to be."""
_TENANCY = {"ns": "Namespaces", "partition": "Partitions"}


def selection(request: HttpRequest) -> Selection:
    """``?filter``, ``?node-meta=key:value`` and ``?near``."""
    chosen: Selection = {}
    if request.has("near"):
        chosen["near"] = near_node(request)
    if request.has("filter"):
        chosen["filter"] = request.param("filter")
    if request.has("node-meta"):
        pairs = dict(_pair(raw) for raw in request.params["node-meta"])
        chosen["node_meta"] = tuple(pairs.items())
    return chosen


def near_node(request: HttpRequest) -> str:
    """The node of ``?near``; ``_agent`` is this one."""
    near = request.param("near")
    return request.options.name if near == OWN_NODE else near


def parse_uint(raw: str) -> int:
    """Go's strconv.ParseUint in base 10 and 64 bits; raises HttpError 500 with its words."""
    if not (raw.isascii() and raw.isdigit()):
        raise HttpError(500, f'strconv.ParseUint: parsing "{raw}": invalid syntax')
    if len(raw) > 40 or int(raw) > UINT64_MAX:
        raise HttpError(500, f'strconv.ParseUint: parsing "{raw}": value out of range')
    return int(raw)


def parse_bool(raw: str) -> bool | None:
    """Go's strconv.ParseBool; None if it is no boolean."""
    return True if raw in _TRUE else False if raw in _FALSE else None


def _consistency(request: HttpRequest, options: QueryFields) -> None:
    stale, consistent = request.has("stale"), request.has("consistent")
    max_stale = request.param("max_stale")
    if max_stale:
        age = _duration(max_stale, f'Invalid max_stale value "{max_stale}"')
        if age > 0:
            stale, options["max_stale_ns"] = True, age
    if stale and consistent:
        raise HttpError(400, "Cannot specify ?stale with ?consistent, conflicting semantics.")
    if request.has("cached") and consistent:
        raise HttpError(400, "Cannot specify ?cached with ?consistent, conflicting semantics.")
    if stale or consistent:
        options["consistency"] = "stale" if stale else "consistent"
        request.consistency = options["consistency"]


def _discovery(request: HttpRequest, options: QueryFields) -> None:
    """What asks for no consistency about the catalog or health is answered as discovery_max_stale says."""
    if request.path.startswith(_DISCOVERY) and request.params.keys().isdisjoint(_CHOSEN):
        options["consistency"] = request.consistency = "stale"
        options["max_stale_ns"] = request.options.discovery_max_stale_ns


def _wait(raw: str, request: HttpRequest) -> int:
    wait = _duration(raw, "Invalid wait time")
    return min(wait, request.options.max_query_time_ns) if wait > 0 else request.options.default_query_time_ns


def _index(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit()) or len(raw) > 40 or int(raw) > UINT64_MAX:
        raise HttpError(400, "Invalid index")
    return int(raw)


def _duration(raw: str, words: str) -> int:
    try:
        return parse_go_duration(raw)
    except ValueError as error:
        raise HttpError(400, words) from error


def _pair(raw: str) -> tuple[str, str]:
    key, _, value = raw.partition(":")
    return key, value
