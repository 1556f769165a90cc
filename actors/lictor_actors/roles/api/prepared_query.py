"""/v1/query: prepared queries kept, looked up, run and explained."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.decode import Struct, anything, boolean, integer, string, string_map, strings
from lictor_actors.consul.uuids import as_made, new_uuid
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import INT64_MAX, check_datacenter, read_options
from lictor_actors.roles.api.question import (
    JSON,
    HttpQuestion,
    done,
    json_answer,
    prettied,
    query_headers,
    rendered_with_consistency,
    text,
)
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_actors.roles.api.uuids import known_uuid
from lictor_actors.store.render import shape, to_json
from lictor_messages.answers import Answer, Rendered, Written
from lictor_messages.base import FrozenMap
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    ListPreparedQueries,
    PreparedQuery,
    QueryExecuted,
    QueryFailover,
    QueryTemplate,
    ServiceQuery,
    UpdatePreparedQuery,
)
from lictor_messages.web import HttpAnswered

NOT_FOUND = "Query not found"


def create(request: HttpRequest) -> HttpQuestion:
    """Keep a query; answers its id."""
    check_datacenter(request)
    given = decoded(request, _QUERY)
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
    query = _query(decoded(request, _QUERY), as_made(request.rest))
    return HttpQuestion(UpdatePreparedQuery(query=query), done, safe=False)


def delete(request: HttpRequest) -> HttpQuestion:
    """Forget a query."""
    check_datacenter(request)
    return HttpQuestion(DeletePreparedQuery(id=as_made(request.rest)), done, safe=False)


def execute(request: HttpRequest) -> HttpQuestion:
    """Run a query by id or name. ``near`` is taken, and waits for coordinates to sort by."""
    query = ExecutePreparedQuery(
        name_or_id=request.rest,
        limit=_limit(request.param("limit")),
        near=request.param("near"),
        **_now(request),
    )
    return HttpQuestion(query, _executed)


def explain(request: HttpRequest) -> HttpQuestion:
    """The query that execute would run."""
    return HttpQuestion(ExplainPreparedQuery(name_or_id=request.rest, **_now(request)), _explained)


def _now(request: HttpRequest) -> Any:
    """Consistency without blocking."""
    options = read_options(request, rendered=False)
    options.pop("min_index", None)
    options.pop("wait_ns", None)
    return options


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
    return rendered_with_consistency(answer, request) if answer.found else text(404, NOT_FOUND)


def _executed(answer: QueryExecuted, request: HttpRequest) -> HttpAnswered:
    return _shaped(answer, request) if answer.found else text(404, NOT_FOUND)


def _explained(answer: Any, request: HttpRequest) -> HttpAnswered:
    return _shaped(answer, request) if answer.queries else text(404, NOT_FOUND)


_EXPLAIN = ExplainPreparedQuery(name_or_id="")


def _shaped(answer: Answer, request: HttpRequest) -> HttpAnswered:
    consistency = (("X-Consul-Effective-Consistency", request.consistency),)
    body = prettied(to_json(shape(_EXPLAIN, answer)), request)
    return HttpAnswered(status=200, headers=JSON + query_headers(answer) + consistency, body=body)


def _query(given: dict[str, Any], query_id: str) -> PreparedQuery:
    template = given.get("Template", {})
    return PreparedQuery(
        id=query_id,
        name=given.get("Name", ""),
        session=as_made(given.get("Session", "")),
        token=given.get("Token", ""),
        template=QueryTemplate(
            type=template.get("Type", ""),
            regexp=template.get("Regexp", ""),
            remove_empty_tags=template.get("RemoveEmptyTags", False),
        ),
        service=_service(given.get("Service", {}), given.get("Near", "")),
        dns_ttl=given.get("DNS", {}).get("TTL", ""),
    )


def _service(given: dict[str, Any], near: str) -> ServiceQuery:
    failover = given.get("Failover", {})
    if failover.get("Targets"):
        raise HttpError(400, "Failover.Targets is not supported: name datacenters in Failover.Datacenters")
    return ServiceQuery(
        service=given.get("Service", ""),
        failover=QueryFailover(nearest_n=failover.get("NearestN", 0), datacenters=failover.get("Datacenters", ())),
        only_passing=given.get("OnlyPassing", False),
        ignore_check_ids=given.get("IgnoreCheckIDs", ()),
        near=given.get("Near", "") or near,
        tags=given.get("Tags", ()),
        node_meta=FrozenMap(given.get("NodeMeta", {})),
        service_meta=FrozenMap(given.get("ServiceMeta", {})),
        connect=given.get("Connect", False),
    )


_SERVICE = Struct(
    "ServiceQuery",
    {
        "Service": string,
        "SamenessGroup": string,
        "Namespace": string,
        "Partition": string,
        "Peer": string,
        "Failover": Struct("QueryFailoverOptions", {"NearestN": integer, "Datacenters": strings, "Targets": anything}),
        "OnlyPassing": boolean,
        "IgnoreCheckIDs": strings,
        "Near": string,
        "Tags": strings,
        "NodeMeta": string_map,
        "ServiceMeta": string_map,
        "Connect": boolean,
    },
)
_QUERY = Struct(
    "PreparedQuery",
    {
        "ID": string,
        "Name": string,
        "Session": string,
        "Token": string,
        "Near": string,
        "Template": Struct("QueryTemplateOptions", {"Type": string, "Regexp": string, "RemoveEmptyTags": boolean}),
        "Service": _SERVICE,
        "DNS": Struct("QueryDNSOptions", {"TTL": string}),
        "CreateIndex": integer,
        "ModifyIndex": integer,
    },
)

_BELOW: dict[str, Endpoint] = {"/execute": execute, "/explain": explain}
ROUTES = (
    Route("GET", "/v1/query", list_queries),
    Route("POST", "/v1/query", create),
    Route("GET", "/v1/query/", look_up),
    Route("PUT", "/v1/query/", update),
    Route("DELETE", "/v1/query/", delete),
)
