"""/v1/internal/lictor/query/NAME: ask the members of the agent's gossip pool. Consul keeps Serf's queries to itself."""

from __future__ import annotations

from base64 import b64encode

from lictor_actors.roles.api.query import check_datacenter
from lictor_actors.roles.api.question import HttpQuestion, json_answer
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.base import FrozenMap
from lictor_messages.durations import go_duration, parse_go_duration
from lictor_messages.pool import RELAYS_MOST, AskPool, PoolAnswered
from lictor_messages.web import HttpAnswered

TIMEOUT_MOST_NS = 60_000_000_000


def query(request: HttpRequest) -> HttpQuestion:
    """Ask those that the filters select; the body is the question's payload."""
    check_datacenter(request)
    if request.dc:
        raise HttpError(400, f"A query stays in its datacenter: ask an agent of {request.dc}")
    if not request.rest:
        raise HttpError(400, "Missing name: PUT /v1/internal/lictor/query/NAME")
    ask = AskPool(
        name=request.rest,
        payload=request.body,
        nodes=tuple(_with_datacenter(node, request) for node in request.params.get("node", ())),
        tags=FrozenMap(_tag(text) for text in request.params.get("tag", ())),
        acks=request.has("acks"),
        relay_factor=_relay_factor(request),
        timeout_ns=_timeout(request),
    )
    return HttpQuestion(ask, _answered, safe=False, takes_ns=TIMEOUT_MOST_NS)


def _with_datacenter(node: str, request: HttpRequest) -> str:
    dc = f".{request.options.dc}"
    return node if node.endswith(dc) else node + dc


def _tag(text: str) -> tuple[str, str]:
    name, equals, pattern = text.partition("=")
    if not name or not equals:
        raise HttpError(400, f"Invalid tag {text!r}: give NAME=PATTERN")
    return name, pattern


def _relay_factor(request: HttpRequest) -> int:
    given = request.param("relay-factor") or "0"
    if not given.isascii() or not given.isdigit() or int(given) > RELAYS_MOST:
        raise HttpError(400, f"Invalid relay-factor {given!r}: give a number from 0 to {RELAYS_MOST}")
    return int(given)


def _timeout(request: HttpRequest) -> int:
    given = request.param("timeout")
    try:
        timeout = parse_go_duration(given) if given else 0
    except ValueError:
        raise HttpError(400, f"Invalid timeout {given!r}: give a duration like 5s") from None
    if not 0 <= timeout <= TIMEOUT_MOST_NS:
        raise HttpError(400, f"Invalid timeout {given!r}: give at most {go_duration(TIMEOUT_MOST_NS)}")
    return timeout


def _answered(answer: PoolAnswered, request: HttpRequest) -> HttpAnswered:
    dc = f".{request.options.dc}"
    return json_answer(
        {
            "Asked": [node.removesuffix(dc) for node in answer.asked],
            "Acks": [node.removesuffix(dc) for node in answer.acks],
            "Answers": [
                {"Node": one.node.removesuffix(dc), "Payload": b64encode(one.payload).decode()}
                for one in answer.answers
            ],
            "Deadline": go_duration(answer.deadline_ns),
        },
        request,
    )


ROUTES = (Route("PUT", "/v1/internal/lictor/query/", query, "event:write"),)
