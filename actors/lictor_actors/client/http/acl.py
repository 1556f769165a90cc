"""Access control over HTTP: Consul's /v1/acl.

An id that Consul draws itself is not sent for what is new; a token's may be chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor_actors.client.http.call import HttpCall, HttpReply, Translation, call, given
from lictor_actors.client.http.refusals import refusal_of
from lictor_actors.client.results import Completed
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.acl import POLICY, ROLE, TOKEN
from lictor_actors.consul.structs.auth_methods import AUTH_METHOD, BINDING_RULE, LISTED_METHOD
from lictor_messages import acl as m
from lictor_messages import auth_methods as o
from lictor_messages.answers import Answer, Command, Written
from lictor_messages.base import Message, Record
from lictor_messages.durations import go_duration

LATER = ("CreateTime", "CreateIndex", "ModifyIndex")
"""What the store says, and no client."""
MISSING = "ACL not found"
"""What Consul says, by a 403 or a 404, of a token or a policy that there is not."""


def _done(_: Message, __: HttpReply) -> Written:
    return Written()


def _kept(struct: Struct[Any]) -> Callable[[Any, HttpReply], Completed]:
    return lambda _, reply: Completed(record=struct.shown(reply.json()))


def _one(struct: Struct[Any], answer: Callable[..., Answer], rows: str) -> Callable[[Any, HttpReply], Answer]:
    """One record, or none; a 403 may also mean that it may not be read."""

    def read(_: Message, reply: HttpReply) -> Answer:
        if reply.status != 200:
            if MISSING not in reply.text:
                raise refusal_of(reply)
            return answer(**{rows: ()}, **reply.figures)
        return answer(**{rows: (struct.shown(reply.json()),)}, **reply.figures)

    return read


def _all(struct: Struct[Any], answer: Callable[..., Answer], rows: str) -> Callable[[Any, HttpReply], Answer]:
    return lambda _, reply: answer(**{rows: tuple(map(struct.shown, reply.rows()))}, **reply.figures)


def _put(
    command: Command, noun: str, struct: Struct[Any], record: Record, name: str, *, new: bool, **more: Any
) -> HttpCall:
    """Make a record, or replace the one that ``name`` names."""
    without = (*LATER, "ID") if new else LATER
    path = ("acl", noun) if new else ("acl", noun, name)
    return call(command, "PUT", *path, body=given(struct.row(record), *without) | given(more))


def _put_token(command: m.PutAclToken) -> HttpCall:
    token, ttl = command.token, go_duration(command.ttl_ns)
    return _put(command, "token", TOKEN, token, token.accessor_id, new=command.new, ExpirationTTL=ttl)


def _list_tokens(query: m.ListAclTokens) -> HttpCall:
    chosen = {
        "policy": query.policy,
        "role": query.role,
        "servicename": query.service,
        "authmethod": query.auth_method,
    }
    return call(query, "GET", "acl", "tokens", params=given(chosen).items())


def _get(noun: str) -> Callable[[m.GetAclPolicy | m.GetAclRole], HttpCall]:
    """By its name, or by its id."""
    return lambda q: call(q, "GET", "acl", noun, *(("name", q.name) if q.name else (q.id,)))


def _bootstrap(command: m.BootstrapAcls) -> HttpCall:
    return call(command, "PUT", "acl", "bootstrap", body={"BootstrapSecret": command.token.secret_id})


def _log_in(command: o.LogIn) -> HttpCall:
    body = {"AuthMethod": command.auth_method, "BearerToken": command.bearer_token, "Meta": dict(command.meta)}
    return call(command, "POST", "acl", "login", body=given(body))


_GONE = (403, 404)
_TOKEN = _one(TOKEN, m.AclTokens, "tokens")
TRANSLATIONS: dict[type[Message], Translation] = {
    m.BootstrapAcls: Translation(_bootstrap, _kept(TOKEN)),
    m.ListAclTokens: Translation(_list_tokens, _all(TOKEN, m.AclTokens, "tokens")),
    m.GetAclToken: Translation(lambda q: call(q, "GET", "acl", "token", q.accessor_id), _TOKEN, also=_GONE),
    m.GetOwnAclToken: Translation(lambda q: call(q, "GET", "acl", "token", "self"), _TOKEN),
    m.PutAclToken: Translation(_put_token, _kept(TOKEN)),
    m.DeleteAclToken: Translation(lambda c: call(c, "DELETE", "acl", "token", c.accessor_id), _done),
    m.ListAclPolicies: Translation(
        lambda q: call(q, "GET", "acl", "policies"), _all(POLICY, m.AclPolicies, "policies")
    ),
    m.GetAclPolicy: Translation(_get("policy"), _one(POLICY, m.AclPolicies, "policies"), also=_GONE),
    m.PutAclPolicy: Translation(lambda c: _put(c, "policy", POLICY, c.policy, c.policy.id, new=c.new), _kept(POLICY)),
    m.DeleteAclPolicy: Translation(lambda c: call(c, "DELETE", "acl", "policy", c.id), _done),
    m.ListAclRoles: Translation(
        lambda q: call(q, "GET", "acl", "roles", params=given({"policy": q.policy}).items()),
        _all(ROLE, m.AclRoles, "roles"),
    ),
    m.GetAclRole: Translation(_get("role"), _one(ROLE, m.AclRoles, "roles"), also=_GONE),
    m.PutAclRole: Translation(lambda c: _put(c, "role", ROLE, c.role, c.role.id, new=c.new), _kept(ROLE)),
    m.DeleteAclRole: Translation(lambda c: call(c, "DELETE", "acl", "role", c.id), _done),
    o.LogIn: Translation(_log_in, _kept(TOKEN)),
    o.LogOut: Translation(lambda c: call(c, "POST", "acl", "logout"), _done),
    o.ListAuthMethods: Translation(
        lambda q: call(q, "GET", "acl", "auth-methods"), _all(LISTED_METHOD, o.AuthMethods, "methods")
    ),
    o.GetAuthMethod: Translation(
        lambda q: call(q, "GET", "acl", "auth-method", q.name),
        _one(AUTH_METHOD, o.AuthMethods, "methods"),
        also=_GONE,
    ),
    o.PutAuthMethod: Translation(
        lambda c: _put(c, "auth-method", AUTH_METHOD, c.method, c.method.name, new=True), _kept(AUTH_METHOD)
    ),
    o.DeleteAuthMethod: Translation(lambda c: call(c, "DELETE", "acl", "auth-method", c.name), _done),
    o.ListBindingRules: Translation(
        lambda q: call(q, "GET", "acl", "binding-rules", params=given({"authmethod": q.auth_method}).items()),
        _all(BINDING_RULE, o.BindingRules, "rules"),
    ),
    o.GetBindingRule: Translation(
        lambda q: call(q, "GET", "acl", "binding-rule", q.id),
        _one(BINDING_RULE, o.BindingRules, "rules"),
        also=_GONE,
    ),
    o.PutBindingRule: Translation(
        lambda c: _put(c, "binding-rule", BINDING_RULE, c.rule, c.rule.id, new=c.new), _kept(BINDING_RULE)
    ),
    o.DeleteBindingRule: Translation(lambda c: call(c, "DELETE", "acl", "binding-rule", c.id), _done),
}
