"""/v1/acl/auth-method and /v1/acl/binding-rule: whose tokens are taken at the login, and what they are worth."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.auth_methods import AUTH_METHOD, BINDING_RULE, METHOD_TYPE, OF_OIDC
from lictor_actors.consul.uuids import as_made, new_uuid
from lictor_actors.roles.api.acl_switch import where_acls_are_on
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import JSON, HttpQuestion, json_body, query_headers, rendered, text, written
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.store.families.auth_methods.rules import NOT_TAKEN
from lictor_messages import auth_methods as m
from lictor_messages.answers import Answer
from lictor_messages.web import HttpAnswered

_LATER = {"create_index": 0, "modify_index": 0}
"""What the store says, and no client."""

# -- auth methods -----------------------------------------------------------------


def list_methods(request: HttpRequest) -> HttpQuestion:
    """Every one, without its Config."""
    return HttpQuestion(m.ListAuthMethods(**read_options(request)), rendered)


def read_method(request: HttpRequest) -> HttpQuestion:
    """One by its name."""
    return HttpQuestion(m.GetAuthMethod(name=_named(request), **read_options(request, rendered=False)), _method)


def create_method(request: HttpRequest) -> HttpQuestion:
    """Make one, or replace the one of this name."""
    return _put_method(request, _given_method(request))


def update_method(request: HttpRequest) -> HttpQuestion:
    """Replace one."""
    name, given = _named(request), _given_method(request)
    if given.get("Name", name) not in ("", name):
        raise HttpError(400, "AuthMethod Name in URL and payload do not match")
    return _put_method(request, {**given, "Name": name})


def delete_method(request: HttpRequest) -> HttpQuestion:
    """Forget one with its binding rules, and revoke what came of it."""
    check_datacenter(request)
    return HttpQuestion(m.DeleteAuthMethod(name=_named(request)), written, safe=False)


def _given_method(request: HttpRequest) -> dict[str, Any]:
    """The body; of another type it is refused by the type, before a word of its Config is read."""
    check_datacenter(request)
    kind = decoded(request, METHOD_TYPE).get("Type", "")
    if kind in NOT_TAKEN:
        raise HttpError(400, f"Invalid Auth Method: type {kind} is not taken: {NOT_TAKEN[kind]}")
    given = decoded(request, AUTH_METHOD)
    odd = next((name for name in OF_OIDC if given.get("Config", {}).get(name)), None)
    if odd is not None:
        raise HttpError(400, f"Invalid Auth Method: '{odd}' must not be set for type \"{kind}\"")
    return given


def _put_method(request: HttpRequest, given: dict[str, Any]) -> HttpQuestion:
    """Write it, then read it as it is kept."""
    method = AUTH_METHOD.record(given, **_LATER)
    again = m.GetAuthMethod(name=method.name)
    return HttpQuestion(m.PutAuthMethod(method=method), lambda *_: HttpQuestion(again, _method), safe=False)


def _method(answer: m.AuthMethods, request: HttpRequest) -> HttpAnswered:
    return _one(AUTH_METHOD, answer.methods, answer, request)


def _named(request: HttpRequest) -> str:
    if not request.rest:
        raise HttpError(400, "Missing auth method Name")
    return request.rest


# -- binding rules ------------------------------------------------------------------


def list_rules(request: HttpRequest) -> HttpQuestion:
    """Every one, or those of ``?authmethod``."""
    asked = m.ListBindingRules(auth_method=request.param("authmethod"), **read_options(request))
    return HttpQuestion(asked, rendered)


def read_rule(request: HttpRequest) -> HttpQuestion:
    """One by its id."""
    return HttpQuestion(m.GetBindingRule(id=_id(request), **read_options(request, rendered=False)), _rule)


def create_rule(request: HttpRequest) -> HttpQuestion:
    """Make one; its id is drawn."""
    check_datacenter(request)
    given = decoded(request, BINDING_RULE)
    if given.get("ID"):
        raise HttpError(400, "Cannot specify the ID of a new binding rule: update it under /v1/acl/binding-rule/ID")
    return _put_rule(given, new_uuid(request.secret(16)), new=True)


def update_rule(request: HttpRequest) -> HttpQuestion:
    """Replace one."""
    check_datacenter(request)
    given, known = decoded(request, BINDING_RULE), _id(request)
    if as_made(given.get("ID", "")) not in ("", known):
        raise HttpError(400, "BindingRule ID in URL and payload do not match")
    return _put_rule(given, known, new=False)


def delete_rule(request: HttpRequest) -> HttpQuestion:
    """Forget one."""
    check_datacenter(request)
    return HttpQuestion(m.DeleteBindingRule(id=_id(request)), written, safe=False)


def _put_rule(given: dict[str, Any], known: str, *, new: bool) -> HttpQuestion:
    rule = BINDING_RULE.record(given, id=known, **_LATER)
    again = m.GetBindingRule(id=known)
    return HttpQuestion(m.PutBindingRule(rule=rule, new=new), lambda *_: HttpQuestion(again, _rule), safe=False)


def _rule(answer: m.BindingRules, request: HttpRequest) -> HttpAnswered:
    return _one(BINDING_RULE, answer.rules, answer, request)


def _id(request: HttpRequest) -> str:
    if not request.rest:
        raise HttpError(400, "Missing binding rule ID")
    return as_made(request.rest)


def _one(struct: Struct[Any], rows: tuple[Any, ...], answer: Answer, request: HttpRequest) -> HttpAnswered:
    if not rows:
        return text(404, "ACL not found")
    body = json_body(struct.row(rows[0]), request)
    return HttpAnswered(status=200, headers=JSON + query_headers(answer), body=body)


_METHOD, _RULE = "/v1/acl/auth-method", "/v1/acl/binding-rule"
ROUTES = where_acls_are_on(
    Route("GET", "/v1/acl/auth-methods", list_methods, guard="acl:read", tells_index=True),
    Route("PUT", _METHOD, create_method, guard="acl:write"),
    Route("GET", f"{_METHOD}/", read_method, guard="acl:read", tells_index=True),
    Route("PUT", f"{_METHOD}/", update_method, guard="acl:write"),
    Route("DELETE", f"{_METHOD}/", delete_method, guard="acl:write"),
    Route("GET", "/v1/acl/binding-rules", list_rules, guard="acl:read", tells_index=True),
    Route("PUT", _RULE, create_rule, guard="acl:write"),
    Route("GET", f"{_RULE}/", read_rule, guard="acl:read", tells_index=True),
    Route("PUT", f"{_RULE}/", update_rule, guard="acl:write"),
    Route("DELETE", f"{_RULE}/", delete_rule, guard="acl:write"),
)
