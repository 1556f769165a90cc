"""/v1/query: prepared queries kept, looked up, run and explained."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.structs.queries import QUERY, SERVICE_QUERY
from lictor_actors.consul.uuids import as_made, new_uuid
from lictor_actors.roles.api.agent_cache import cacheable
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import check_datacenter, parse_bool, read_options
from lictor_actors.roles.api.question import (
    JSON,
    NOTHING_READ,
    HttpQuestion,
    done,
    json_answer,
    prettied,
    query_headers,
    query_meta,
    rendered_with_consistency,
    text,
)
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_actors.roles.api.uuids import known_uuid
from lictor_actors.store.render import shape, to_json
from lictor_messages.answers import Answer, Rendered, Written
from lictor_messages.bounds import INT64_MAX
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    ListPreparedQueries,
    PreparedQuery,
    QueryExecuted,
    UpdatePreparedQuery,
)
from lictor_messages.web import HttpAnswered

NOT_FOUND = "Query not found"


def create(request: HttpRequest) -> HttpQuestion:
    """Keep a query; answers its id."""
    check_datacenter(request)
    given = decoded(request, QUERY)
    if given.get("ID"):
        raise HttpError(500, "ID must be empty when creating a new prepared query")
    query = _query(given, new_uuid(request.secret(16)))

    def created(_: Written, asked: HttpRequest) -> HttpAnswered:
        return json_answer({"ID": query.id}, asked)

    return HttpQuestion(CreatePreparedQuery(query=query), created, safe=False)


def list_queries(request: HttpRequest) -> HttpQuestion:
    """Every query."""
    return HttpQuestion(ListPreparedQueries(**read_options(request)), rendered_with_consistency)


def look_up(request: HttpRequest) -> HttpQuestion | HttpAnswered:
    """One query; or, with /execute or /explain behind the name, what comes of it."""
    for suffix, endpoint in _BELOW.items():
        if request.rest.endswith(suffix):
            request.rest = request.rest[: -len(suffix)]
            return endpoint(request)
    query_id = known_uuid(request.rest, "prepared query")
    return HttpQuestion(GetPreparedQuery(id=query_id, **read_options(request)), _found)


def update(request: HttpRequest) -> HttpQuestion:
    """Replace a query."""
    check_datacenter(request)
    query = _query(decoded(request, QUERY), as_made(request.rest))
    return HttpQuestion(UpdatePreparedQuery(query=query), done, safe=False)


def delete(request: HttpRequest) -> HttpQuestion:
    """Forget a query."""
    check_datacenter(request)
    return HttpQuestion(DeletePreparedQuery(id=as_made(request.rest)), done, safe=False)


def execute(request: HttpRequest) -> HttpQuestion:
    """Run a query by id or name."""
    query = ExecutePreparedQuery(
        name_or_id=request.rest,
        limit=_limit(request.param("limit")),
        near=request.param("near"),
        agent=request.options.name,
        source_ip=request.header("x-forwarded-for").partition(",")[0].strip() or request.asked.peer,
        connect=_connect(request.param("connect")),
        **_now(request),
    )
    return cacheable(request, HttpQuestion(query, _executed), refreshed=False)


def explain(request: HttpRequest) -> HttpQuestion:
    """The query that execute would run."""
    return HttpQuestion(ExplainPreparedQuery(name_or_id=request.rest, **_now(request)), _explained)


def _now(request: HttpRequest) -> Any:
    """Consistency without blocking."""
    options = read_options(request, rendered=False)
    options.pop("min_index", None)
    options.pop("wait_ns", None)
    return options


def _connect(raw: str) -> bool:
    given = parse_bool(raw) if raw else False
    if given is None:
        raise HttpError(500, f"Error parsing 'connect' value: strconv.ParseBool: parsing \"{raw}\": invalid syntax")
    return given


def _limit(raw: str) -> int:
    digits = raw[1:] if raw[:1] in ("+", "-") else raw
    if not raw:
        return 0
    if not (digits.isascii() and digits.isdigit()):
        raise HttpError(500, f'Bad limit: strconv.Atoi: parsing "{raw}": invalid syntax')
    if len(digits) > 40 or int(digits) > INT64_MAX:
        raise HttpError(500, f'Bad limit: strconv.Atoi: parsing "{raw}": value out of range')
    return int(raw)


def _found(answer: Rendered, request: HttpRequest) -> HttpAnswered:
    return rendered_with_consistency(answer, request) if answer.found else text(404, NOT_FOUND, NOTHING_READ)


def _executed(answer: QueryExecuted, request: HttpRequest) -> HttpAnswered:
    return _shaped(answer, request) if answer.found else text(404, NOT_FOUND, NOTHING_READ)


def _explained(answer: Any, request: HttpRequest) -> HttpAnswered:
    return _shaped(answer, request) if answer.queries else text(404, NOT_FOUND, NOTHING_READ)


_EXPLAIN = ExplainPreparedQuery(name_or_id="")


def _shaped(answer: Answer, request: HttpRequest) -> HttpAnswered:
    consistency = (("X-Consul-Effective-Consistency", request.consistency),)
    body = prettied(to_json({**shape(_EXPLAIN, answer), **query_meta(answer, request.consistency)}), request)
    return HttpAnswered(status=200, headers=JSON + query_headers(answer) + consistency, body=body)


def _query(given: dict[str, Any], query_id: str) -> PreparedQuery:
    service = given.get("Service", {})
    near = service.get("Near") or given.get("Near", "")
    return QUERY.record(
        given,
        id=query_id,
        session=as_made(given.get("Session", "")),
        service=SERVICE_QUERY.record(service, near=near),
        create_index=0,
        modify_index=0,
    )


_BELOW: dict[str, Endpoint] = {"/execute": execute, "/explain": explain}
ROUTES = (
    Route("GET", "/v1/query", list_queries, tells_index=True),
    Route("POST", "/v1/query", create),
    Route("GET", "/v1/query/", look_up, tells_index=True),
    Route("PUT", "/v1/query/", update),
    Route("DELETE", "/v1/query/", delete),
)
