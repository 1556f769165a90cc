"""/v1/acl/token: tokens made, read, replaced, cloned, revoked."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.rows import JsonRow
from lictor_actors.consul.structs.acl import POLICY, ROLE, TOKEN, hashed
from lictor_actors.consul.uuids import as_made, new_uuid
from lictor_actors.roles.api.acl_switch import ask_primary, where_acls_are_on
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import JSON, HttpQuestion, json_body, query_headers, rendered, text, written
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.roles.api.uuids import known_uuid
from lictor_messages.acl import (
    AclToken,
    AclTokens,
    DeleteAclToken,
    GetAclToken,
    GetOwnAclToken,
    ListAclTokens,
    PutAclToken,
)
from lictor_messages.web import HttpAnswered

CLONE = "/clone"
_CHOOSE_BY = {"policy": "policy", "role": "role", "service": "servicename", "auth_method": "authmethod"}
"""Fields of ListAclTokens, and the parameters that set them."""


def list_tokens(request: HttpRequest) -> HttpQuestion:
    """Every token, or those that bear ``?policy``, ``?role``, ``?servicename`` or came of ``?authmethod``."""
    chosen = {field: request.param(name) for field, name in _CHOOSE_BY.items()}
    if sum(map(bool, chosen.values())) > 1:
        raise HttpError(400, "can only filter by one of policy, role, servicename or authmethod")
    return HttpQuestion(ListAclTokens(**chosen, **read_options(request)), rendered)


def own(request: HttpRequest) -> HttpQuestion:
    """The token of the request; see ``read``."""
    options = read_options(request, rendered=False)
    return HttpQuestion(GetOwnAclToken(expanded_in=_expanded_in(request), **options), _one)


def read(request: HttpRequest) -> HttpQuestion:
    """One token by its accessor; with ``?expanded`` also all that its rights come from."""
    options = read_options(request, rendered=False)
    asked = GetAclToken(accessor_id=_accessor(request), expanded_in=_expanded_in(request), **options)
    return HttpQuestion(asked, _one)


def _expanded_in(request: HttpRequest) -> str:
    return (request.dc or request.options.dc) if request.has("expanded") else ""


def create(request: HttpRequest) -> HttpQuestion:
    """Make one; ids that are not given are drawn."""
    check_datacenter(request)
    given = decoded(request, TOKEN)
    accessor = given.get("AccessorID") or new_uuid(request.secret(16))
    secret = given.get("SecretID") or new_uuid(request.secret(16))
    token = TOKEN.record(given, accessor_id=accessor, secret_id=secret, **_LATER)
    return _put(token, given, request, new=True)


def update(request: HttpRequest) -> HttpQuestion:
    """Replace all of one but its secret; or ``/clone`` behind it: make another one that may do the same."""
    check_datacenter(request)
    if request.rest.endswith(CLONE):
        request.rest = request.rest[: -len(CLONE)]
        return clone(request)
    accessor, given = _accessor(request), decoded(request, TOKEN)
    if as_made(given.get("AccessorID", "")) not in ("", accessor):
        raise HttpError(400, "AccessorID in the URL and in the payload do not match")
    return _put(TOKEN.record(given, accessor_id=accessor, **_LATER), given, request, new=False)


def clone(request: HttpRequest) -> HttpQuestion:
    """Another token that may do the same."""
    given = decoded(request, TOKEN) if request.body else {}
    accessor, secret = (new_uuid(request.secret(16)) for _ in range(2))

    def copied(answer: AclTokens, asked: HttpRequest) -> HttpQuestion | HttpAnswered:
        if not answer.tokens:
            return _missing(asked)
        old = answer.tokens[0]
        ids = {"accessor_id": accessor, "secret_id": secret, "description": given.get("Description") or old.description}
        return _put(old.model_copy(update={**ids, **_LATER}), {}, asked, new=True)

    return HttpQuestion(GetAclToken(accessor_id=_accessor(request)), copied)


def delete(request: HttpRequest) -> HttpQuestion:
    """Revoke one."""
    check_datacenter(request)
    return HttpQuestion(DeleteAclToken(accessor_id=_accessor(request)), written, safe=False)


_LATER = {"create_ns": 0, "create_index": 0, "modify_index": 0}
"""What the store says, and no client."""


def _put(token: AclToken, given: dict[str, Any], request: HttpRequest, *, new: bool) -> HttpQuestion:
    """Write it, then read it as it is kept."""
    if not token.local:
        ask_primary(request)
    command = PutAclToken(token=token, ttl_ns=given.get("ExpirationTTL", 0), new=new)
    again = GetAclToken(accessor_id=token.accessor_id)
    return HttpQuestion(command, lambda *_: HttpQuestion(again, _one), safe=False)


def _one(answer: AclTokens, request: HttpRequest) -> HttpAnswered:
    if not answer.tokens:
        return _missing(request)
    row = hashed(TOKEN, answer.tokens[0])
    if _expanded_in(request):
        row |= _expansion(answer, request)
    return HttpAnswered(status=200, headers=JSON + query_headers(answer), body=json_body(row, request))


def _expansion(answer: AclTokens, request: HttpRequest) -> JsonRow:
    options = request.options
    return {
        "ExpandedPolicies": [hashed(POLICY, policy) for policy in answer.policies],
        "ExpandedRoles": [hashed(ROLE, role) for role in answer.roles],
        "NamespaceDefaultPolicyIDs": None,
        "NamespaceDefaultRoleIDs": None,
        "AgentACLDefaultPolicy": options.acl_default_policy,
        "AgentACLDownPolicy": options.acl_down_policy,
        "ResolvedByAgent": options.name,
    }


def _missing(_: HttpRequest) -> HttpAnswered:
    return text(403, "ACL not found")


def _accessor(request: HttpRequest) -> str:
    if not request.rest:
        raise HttpError(400, "Missing token AccessorID")
    return known_uuid(request.rest, "acl token")


ROUTES = where_acls_are_on(
    Route("GET", "/v1/acl/tokens", list_tokens, guard="acl:read", tells_index=True),
    Route("GET", "/v1/acl/token/self", own, tells_index=True),
    Route("PUT", "/v1/acl/token", create, guard="acl:write"),
    Route("GET", "/v1/acl/token/", read, guard="acl:read", tells_index=True),
    Route("PUT", "/v1/acl/token/", update, guard="acl:write"),
    Route("DELETE", "/v1/acl/token/", delete, guard="acl:write"),
)
