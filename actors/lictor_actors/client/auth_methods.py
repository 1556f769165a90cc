"""Auth methods, binding rules and logins as clients see them: Consul's /v1/acl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration
from lictor_actors.client.questions import ask, nothing, ok, read
from lictor_actors.client.results import ReadOptions, Rows, completed, query_fields
from lictor_messages.acl import AclToken
from lictor_messages.answers import Written
from lictor_messages.auth_methods import (
    AuthMethod,
    AuthMethods,
    BindingRule,
    BindingRules,
    DeleteAuthMethod,
    DeleteBindingRule,
    GetAuthMethod,
    GetBindingRule,
    ListAuthMethods,
    ListBindingRules,
    LogIn,
    LogOut,
    PutAuthMethod,
    PutBindingRule,
)
from lictor_messages.base import FrozenMap


class AuthMethodApi(Api[M]):
    """Whose JWTs are taken at a login, and what they are worth."""

    @both
    def login(
        self,
        auth_method: str,
        bearer_token: str,
        *,
        meta: Mapping[str, str] | None = None,
        timeout: Duration | None = None,
    ) -> Ask[AclToken]:
        """Exchange the JWT of another authority for a token; over the bus it comes without what it bears."""
        token = AclToken(accessor_id=self.new_id(), secret_id=self.new_id(), auth_method=auth_method)
        command = LogIn(
            auth_method=auth_method,
            bearer_token=bearer_token,
            meta=FrozenMap(meta or {}),
            accessor_id=token.accessor_id,
            secret_id=token.secret_id,
        )
        return ask(command, Written, lambda a: completed(a, token), timeout)

    @both
    def logout(self, *, timeout: Duration | None = None) -> Ask[None]:
        """Revoke the token of this client, which came of a login."""
        return ask(LogOut(), Written, nothing, timeout)

    @both
    def auth_methods(self, **options: Unpack[ReadOptions]) -> Ask[Rows[AuthMethod]]:
        """Every auth method; over HTTP without its configuration."""
        return read(ListAuthMethods(**query_fields(options)), AuthMethods, lambda a: Rows.of(a, a.methods), options)

    @both
    def auth_method(self, name: str, **options: Unpack[ReadOptions]) -> Ask[AuthMethod | None]:
        """One auth method, None if there is none of this name."""
        query = GetAuthMethod(name=name, **query_fields(options))
        return read(query, AuthMethods, lambda a: a.methods[0] if a.methods else None, options)

    @both
    def put_auth_method(self, method: AuthMethod, *, timeout: Duration | None = None) -> Ask[AuthMethod]:
        """Make an auth method, or replace the one of its name."""
        return ask(PutAuthMethod(method=method), Written, lambda a: completed(a, method), timeout)

    @both
    def delete_auth_method(self, name: str, *, timeout: Duration | None = None) -> Ask[bool]:
        """Forget an auth method with its binding rules, and revoke what came of it."""
        return ask(DeleteAuthMethod(name=name), Written, ok, timeout)

    @both
    def binding_rules(self, *, auth_method: str = "", **options: Unpack[ReadOptions]) -> Ask[Rows[BindingRule]]:
        """Every binding rule, or those of an auth method."""
        query = ListBindingRules(auth_method=auth_method, **query_fields(options))
        return read(query, BindingRules, lambda a: Rows.of(a, a.rules), options)

    @both
    def binding_rule(self, id: str, **options: Unpack[ReadOptions]) -> Ask[BindingRule | None]:
        """One binding rule, None if there is none of this id."""
        query = GetBindingRule(id=id, **query_fields(options))
        return read(query, BindingRules, lambda a: a.rules[0] if a.rules else None, options)

    @both
    def create_binding_rule(
        self,
        auth_method: str,
        bind_type: str,
        bind_name: str,
        *,
        selector: str = "",
        description: str = "",
        timeout: Duration | None = None,
    ) -> Ask[BindingRule]:
        """Say what a login is worth whose claims fit the selector: a service's rights, a role, a policy, a node's."""
        made = BindingRule(
            id=self.new_id(),
            auth_method=auth_method,
            bind_type=bind_type,
            bind_name=bind_name,
            selector=selector,
            description=description,
        )
        return ask(PutBindingRule(rule=made, new=True), Written, lambda a: completed(a, made), timeout)

    @both
    def update_binding_rule(self, rule: BindingRule, *, timeout: Duration | None = None) -> Ask[BindingRule]:
        """Replace a binding rule: ``rule.model_copy(update={…})`` of one that was read."""
        return ask(PutBindingRule(rule=rule), Written, lambda a: completed(a, rule), timeout)

    @both
    def delete_binding_rule(self, id: str, *, timeout: Duration | None = None) -> Ask[bool]:
        """Forget a binding rule; tokens that it has bound stay."""
        return ask(DeleteBindingRule(id=id), Written, ok, timeout)
