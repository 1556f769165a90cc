"""/v1/session/: create, destroy, renew, look up."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.decode import BadBody, mismatch, parse_json
from lictor_actors.consul.json_rows import session_json
from lictor_actors.consul.structs.sessions import NEW_SESSION
from lictor_actors.consul.uuids import new_uuid
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import HttpQuestion, json_answer, rendered, text, written
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.roles.api.uuids import known_uuid
from lictor_messages.answers import Written
from lictor_messages.catalog import SERF_HEALTH
from lictor_messages.sessions import (
    CreateSession,
    DestroySession,
    GetSession,
    ListNodeSessions,
    ListSessions,
    RenewSession,
    SessionRecord,
    Sessions,
)
from lictor_messages.web import HttpAnswered


def create(request: HttpRequest) -> HttpQuestion:
    """A new session of this node, or of another; answers its id."""
    check_datacenter(request)
    session = _session(_given(request), request)

    def created(_: Written, asked: HttpRequest) -> HttpAnswered:
        return json_answer({"ID": session.id}, asked)

    return HttpQuestion(CreateSession(session=session), created, safe=False)


def destroy(request: HttpRequest) -> HttpQuestion:
    """End a session."""
    check_datacenter(request)
    return HttpQuestion(DestroySession(id=_id(request)), written)


def renew(request: HttpRequest) -> HttpQuestion:
    """Start the TTL anew; 404 for a session that is gone."""
    check_datacenter(request)
    return HttpQuestion(RenewSession(id=_id(request)), _renewed)


def info(request: HttpRequest) -> HttpQuestion:
    """One session in a list, an empty one if it is unknown."""
    return HttpQuestion(GetSession(id=_id(request), **read_options(request)), rendered)


def of_node(request: HttpRequest) -> HttpQuestion:
    """The sessions of a node."""
    return HttpQuestion(ListNodeSessions(node=_named(request, "Missing node name"), **read_options(request)), rendered)


def list_sessions(request: HttpRequest) -> HttpQuestion:
    """Every session."""
    return HttpQuestion(ListSessions(**read_options(request)), rendered)


def _renewed(answer: Sessions, request: HttpRequest) -> HttpAnswered:
    if not answer.sessions:
        return text(404, f"Session id '{request.rest}' not found")
    return json_answer([session_json(row) for row in answer.sessions], request)


def _named(request: HttpRequest, missing: str) -> str:
    if not request.rest:
        raise HttpError(400, missing)
    return request.rest


def _id(request: HttpRequest) -> str:
    return known_uuid(_named(request, "Missing session"), "session")


def _given(request: HttpRequest) -> dict[str, Any]:
    """The fields of the body that are known; unlike elsewhere, others are ignored."""
    if not request.body:
        return {}
    try:
        body = parse_json(request.body)
        if body is None:
            return {}
        if not isinstance(body, dict):
            raise mismatch(body, "", "structs.Session")
        return NEW_SESSION({name: value for name, value in body.items() if name.lower() in _KNOWN}, "")
    except BadBody as error:
        raise HttpError(400, f"Request decode failed: {error}") from error


_KNOWN = frozenset(map(str.lower, NEW_SESSION.kinds))


def _session(given: dict[str, Any], request: HttpRequest) -> SessionRecord:
    return NEW_SESSION.record(
        given,
        id=new_uuid(request.secret(16)),
        node=given.get("Node") or request.options.name,
        behavior=given.get("Behavior") or "release",
        node_checks=_node_checks(given),
    )


def _node_checks(given: dict[str, Any]) -> tuple[str, ...]:
    """``Checks`` is the old name; either of them, even empty, takes the place of serfHealth alone."""
    if "Checks" not in given and "NodeChecks" not in given:
        return (SERF_HEALTH,)
    return tuple(dict.fromkeys((*given.get("Checks", ()), *given.get("NodeChecks", ()))))


ROUTES = (
    Route("PUT", "/v1/session/create", create),
    Route("PUT", "/v1/session/destroy/", destroy),
    Route("PUT", "/v1/session/renew/", renew),
    Route("GET", "/v1/session/info/", info, tells_index=True),
    Route("GET", "/v1/session/node/", of_node, tells_index=True),
    Route("GET", "/v1/session/list", list_sessions, tells_index=True),
)
