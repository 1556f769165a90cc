"""/v1/acl/login and /v1/acl/logout: a JWT becomes a token, and the token ends."""

from __future__ import annotations

from lictor_actors.consul.structs.acl import TOKEN, hashed
from lictor_actors.consul.structs.auth_methods import LOGIN
from lictor_actors.consul.uuids import new_uuid
from lictor_actors.roles.api.acl_switch import where_acls_are_on
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import check_datacenter
from lictor_actors.roles.api.question import HttpQuestion, json_answer, written
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.roles.doorway.question import rights_of
from lictor_messages.acl import AclTokens, GetOwnAclToken
from lictor_messages.answers import Written
from lictor_messages.auth_methods import LogIn, LogOut
from lictor_messages.web import HttpAnswered

TAKES_NS = 10_000_000_000
"""A login may wait for the keys of the other authority."""


def log_in(request: HttpRequest) -> HttpQuestion:
    """Exchange the JWT of another authority for a token."""
    check_datacenter(request)
    body = LOGIN.record(decoded(request, LOGIN))
    accessor, secret = (new_uuid(request.secret(16)) for _ in range(2))

    def made(_: Written, __: HttpRequest) -> HttpQuestion:
        return HttpQuestion(GetOwnAclToken(), _token, token=secret, rights=rights_of(secret))

    command = LogIn(
        auth_method=body.auth_method,
        bearer_token=body.bearer_token,
        meta=body.meta,
        accessor_id=accessor,
        secret_id=secret,
    )
    return HttpQuestion(command, made, safe=False, takes_ns=TAKES_NS)


def _token(answer: AclTokens, request: HttpRequest) -> HttpAnswered:
    return json_answer(hashed(TOKEN, answer.tokens[0]), request)


def log_out(request: HttpRequest) -> HttpQuestion:
    """Revoke the token of the request."""
    check_datacenter(request)
    return HttpQuestion(LogOut(), written, safe=False)


ROUTES = where_acls_are_on(
    Route("POST", "/v1/acl/login", log_in),
    Route("POST", "/v1/acl/logout", log_out),
)
