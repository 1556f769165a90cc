"""/v1/acl/policy and /v1/acl/role: what tokens bear, each found by id or by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.acl import POLICY, ROLE, hashed
from lictor_actors.consul.uuids import as_made, new_uuid
from lictor_actors.roles.api.acl_switch import ask_primary, where_acls_are_on
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import JSON, HttpQuestion, json_body, query_headers, text, written
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.roles.api.uuids import known_uuid
from lictor_messages import acl as m
from lictor_messages.answers import Answer, Command, Query
from lictor_messages.web import HttpAnswered

LISTED_WITHOUT = ("Rules",)
"""Lists say what there is, and not all of it."""


@dataclass(frozen=True)
class _Kind:
    """Policies or roles: both are kept and asked for alike."""

    noun: str
    plural: str
    missing: int
    """The status for one that there is not: Consul has an odd one for policies."""
    struct: Struct[Any]
    rows: Callable[[Any], tuple[Any, ...]]
    """Of an answer."""
    get: Callable[..., Query]
    list: Callable[..., Query]
    put: Callable[[Any, bool], Command]
    delete: Callable[..., Command]

    def all(self, request: HttpRequest) -> HttpQuestion:
        """Every one; roles also those that bear ``?policy``."""
        chosen = {"policy": request.param("policy")} if self.noun == "role" and request.has("policy") else {}
        return HttpQuestion(self.list(**chosen, **read_options(request, rendered=False)), self._listed)

    def read(self, request: HttpRequest) -> HttpQuestion:
        """One by its id."""
        return HttpQuestion(self.get(id=self._id(request), **read_options(request, rendered=False)), self._one)

    def read_by_name(self, request: HttpRequest) -> HttpQuestion:
        """One by its name."""
        if not request.rest:
            raise HttpError(400, f"Missing {self.noun} Name")
        return HttpQuestion(self.get(name=request.rest, **read_options(request, rendered=False)), self._one)

    def create(self, request: HttpRequest) -> HttpQuestion:
        """Make one; its id is drawn."""
        check_datacenter(request)
        ask_primary(request)
        given = decoded(request, self.struct)
        if given.get("ID"):
            raise HttpError(400, f"Cannot specify the ID of a new {self.noun}: update it under /v1/acl/{self.noun}/ID")
        return self._put(given, new_uuid(request.secret(16)), new=True)

    def update(self, request: HttpRequest) -> HttpQuestion:
        """Replace one."""
        check_datacenter(request)
        ask_primary(request)
        given, known = decoded(request, self.struct), self._id(request)
        if as_made(given.get("ID", "")) not in ("", known):
            raise HttpError(400, f"{self.noun.capitalize()} ID in the URL and in the payload do not match")
        return self._put(given, known, new=False)

    def remove(self, request: HttpRequest) -> HttpQuestion:
        """Forget one."""
        check_datacenter(request)
        return HttpQuestion(self.delete(id=self._id(request)), written, safe=False)

    def _put(self, given: dict[str, Any], known: str, *, new: bool) -> HttpQuestion:
        """Write it, then read it as it is kept."""
        record = self.struct.record(given, id=known, create_index=0, modify_index=0)
        return HttpQuestion(self.put(record, new), lambda *_: HttpQuestion(self.get(id=known), self._one), safe=False)

    def _one(self, answer: Answer, request: HttpRequest) -> HttpAnswered:
        rows = self.rows(answer)
        if not rows:
            return text(self.missing, "ACL not found")
        return _said(hashed(self.struct, rows[0]), answer, request)

    def _listed(self, answer: Answer, request: HttpRequest) -> HttpAnswered:
        rows = [hashed(self.struct, row) for row in self.rows(answer)]
        return _said([{k: v for k, v in row.items() if k not in LISTED_WITHOUT} for row in rows], answer, request)

    def _id(self, request: HttpRequest) -> str:
        if not request.rest:
            raise HttpError(400, f"Missing {self.noun} ID")
        return known_uuid(request.rest, f"acl {self.noun}")

    def routes(self) -> tuple[Route, ...]:
        """Where they are asked for."""
        path = f"/v1/acl/{self.noun}"
        return where_acls_are_on(
            Route("GET", f"/v1/acl/{self.plural}", self.all, guard="acl:read", tells_index=True),
            Route("PUT", path, self.create, guard="acl:write"),
            Route("GET", f"{path}/name/", self.read_by_name, guard="acl:read", tells_index=True),
            Route("GET", f"{path}/", self.read, guard="acl:read", tells_index=True),
            Route("PUT", f"{path}/", self.update, guard="acl:write"),
            Route("DELETE", f"{path}/", self.remove, guard="acl:write"),
        )


def _said(value: Any, answer: Answer, request: HttpRequest) -> HttpAnswered:
    return HttpAnswered(status=200, headers=JSON + query_headers(answer), body=json_body(value, request))


_POLICIES = _Kind(
    "policy",
    "policies",
    403,
    POLICY,
    attrgetter("policies"),
    m.GetAclPolicy,
    m.ListAclPolicies,
    lambda policy, new: m.PutAclPolicy(policy=policy, new=new),
    m.DeleteAclPolicy,
)
_ROLES = _Kind(
    "role",
    "roles",
    404,
    ROLE,
    attrgetter("roles"),
    m.GetAclRole,
    m.ListAclRoles,
    lambda role, new: m.PutAclRole(role=role, new=new),
    m.DeleteAclRole,
)
ROUTES = (*_POLICIES.routes(), *_ROLES.routes())
