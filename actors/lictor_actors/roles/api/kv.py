"""/v1/kv/: get, list, names, put with flags and compare-and-set, delete."""

from __future__ import annotations

from urllib.parse import urlencode

from lictor_actors.consul.uuids import as_made
from lictor_actors.roles.api.query import check_datacenter, parse_uint, read_options
from lictor_actors.roles.api.question import SHARED, HttpQuestion, query_headers, rendered, written
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.kv import DeleteKey, Entries, GetKey, ListKeyNames, ListKeys, PutKey
from lictor_messages.web import HttpAnswered, too_large

RAW = (("Content-Type", "text/plain"), ("Content-Security-Policy", "sandbox"), *SHARED)


def get(request: HttpRequest) -> HttpQuestion:
    """One entry, all entries under a prefix, or their names."""
    if not request.params:
        return HttpQuestion(GetKey(key=_key(request), rendered=True), rendered)
    if request.has("keys"):
        separator = request.param("separator") or request.param("seperator")
        return HttpQuestion(ListKeyNames(prefix=request.rest, separator=separator, **read_options(request)), rendered)
    if request.has("recurse"):
        return HttpQuestion(ListKeys(prefix=request.rest, **read_options(request)), rendered)
    key = _key(request)
    if request.has("raw"):
        return HttpQuestion(GetKey(key=key, **read_options(request, rendered=False)), _raw)
    return HttpQuestion(GetKey(key=key, **read_options(request)), rendered)


def put(request: HttpRequest) -> HttpQuestion:
    """Write one entry."""
    key = _key(request)
    check_datacenter(request)
    _refuse_conflict(request, "cas", "acquire", "release")
    limit, size = request.options.kv_max_value_size, len(request.body)
    if size > limit:
        raise HttpError(413, too_large(size, limit, "kv_max_value_size"))
    if not request.params:
        return HttpQuestion(PutKey(key=key, value=request.body), written, safe=False)
    flags = parse_uint(request.param("flags")) if request.has("flags") else 0
    cas = parse_uint(request.param("cas")) if request.has("cas") else None
    command = PutKey(key=key, value=request.body, flags=flags, cas=cas)
    if "acquire" in request.params or "release" in request.params:
        acquire, release = (_session(request, name) for name in ("acquire", "release"))
        command = command.model_copy(update={"acquire": acquire, "release": release})
    return HttpQuestion(command, written, safe=False)


def delete(request: HttpRequest) -> HttpQuestion:
    """Remove one entry, or with ``recurse`` all under a prefix."""
    check_datacenter(request)
    _refuse_conflict(request, "recurse", "cas")
    recurse = request.has("recurse")
    key = request.rest if recurse else _key(request)
    cas = parse_uint(request.param("cas")) if request.has("cas") else None
    return HttpQuestion(DeleteKey(key=key, recurse=recurse, cas=cas), written, safe=False)


def _key(request: HttpRequest) -> str:
    if not request.rest:
        raise HttpError(400, "Missing key name")
    return request.rest


def _session(request: HttpRequest, name: str) -> str | None:
    return as_made(request.param(name)) if request.has(name) else None


def _raw(answer: Entries, request: HttpRequest) -> HttpAnswered:
    if not answer.entries:
        return HttpAnswered(status=404, headers=SHARED + query_headers(answer))
    return HttpAnswered(status=200, headers=RAW + query_headers(answer), body=answer.entries[0].value)


def _refuse_conflict(request: HttpRequest, *names: str) -> None:
    if request.params and sum(request.has(name) for name in names) > 1:
        pairs = [(name, value) for name in sorted(request.params) for value in request.params[name]]
        raise HttpError(400, "Conflicting flags: " + urlencode(pairs))


ROUTES = (
    Route("GET", "/v1/kv/", get),
    Route("PUT", "/v1/kv/", put),
    Route("DELETE", "/v1/kv/", delete),
)
