"""The tables of auth methods and binding rules, and the login, which makes a token by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lictor_actors.store.families.acl.links import invalid
from lictor_actors.store.families.acl.table import AclTable
from lictor_actors.store.families.auth_methods.binding import Bound, bound_by, unsound
from lictor_actors.store.families.auth_methods.names import BadName
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.ordered import Ordered
from lictor_actors.store.rows import stamped
from lictor_messages import auth_methods as m
from lictor_messages.acl import PutAclToken
from lictor_messages.answers import Written
from lictor_messages.refusals import Refused

METHODS, RULES = "acl-auth-methods", "acl-binding-rules"


class AuthMethodTable:
    """Stands on the tokens: those that came of a login end with their method."""

    def __init__(self, indexes: Indexes, acl: AclTable) -> None:
        self.indexes = indexes
        self.acl = acl
        self.methods: Ordered[str, m.AuthMethod] = Ordered()
        self.rules: Ordered[str, m.BindingRule] = Ordered()

    # -- methods ----------------------------------------------------------------

    def put_method(self, command: m.PutAuthMethod, index: int) -> Written | Refused:
        """Make or replace a method."""
        method, old = command.method, self.methods.get(command.method.name)
        if old is not None and old.type != method.type:
            return invalid(f'Changing an auth method\'s type from "{old.type}" to "{method.type}" is not permitted.')
        row = stamped(method, old, index)
        if row is not None:
            self.load_method(row)
            self._touch(METHODS, index)
        return Written(index=index)

    def delete_method(self, command: m.DeleteAuthMethod, index: int) -> Written:
        """Forget it with its rules, and revoke what came of it; one that is unknown is as good as forgotten."""
        if self.methods.pop(command.name, None) is not None:
            self._touch(METHODS, index)
            for rule in list(self.rules_of(command.name)):
                self._forget_rule(rule.id, index)
            self.acl.forget_logins(command.name, index)
        return Written(index=index)

    def load_method(self, method: m.AuthMethod) -> None:
        """Put a row in its place."""
        self.methods[method.name] = method

    # -- rules --------------------------------------------------------------------

    def put_rule(self, command: m.PutBindingRule, index: int) -> Written | Refused:
        """Make or replace a rule; its method stays the same."""
        rule, old = command.rule, self.rules.get(command.rule.id)
        if command.new != (old is None):
            text = "the ID {} is already in use" if command.new else "cannot find binding rule {}"
            return invalid(text.format(rule.id))
        if old is not None and rule.auth_method not in ("", old.auth_method):
            return invalid("the AuthMethod field of an Binding Rule is immutable")
        rule = rule if old is None else rule.model_copy(update={"auth_method": old.auth_method})
        method = self.methods.get(rule.auth_method)
        if method is None:
            return invalid(_no_method(rule.auth_method))
        why = unsound(rule, method)
        if why:
            return invalid(why)
        row = stamped(rule, old, index)
        if row is not None:
            self.load_rule(row)
            self._touch(RULES, index)
        return Written(index=index)

    def delete_rule(self, command: m.DeleteBindingRule, index: int) -> Written:
        """Forget it."""
        self._forget_rule(command.id, index)
        return Written(index=index)

    def rules_of(self, auth_method: str) -> Iterable[m.BindingRule]:
        """Those of one method."""
        return (rule for rule in self.rules.values() if rule.auth_method == auth_method)

    def load_rule(self, rule: m.BindingRule) -> None:
        """Put a row in its place."""
        self.rules[rule.id] = rule

    def _forget_rule(self, rule_id: str, index: int) -> None:
        if self.rules.pop(rule_id, None) is not None:
            self._touch(RULES, index)

    # -- the login ------------------------------------------------------------------

    def log_in(self, command: m.BindLogin, index: int) -> Written | Refused:
        """Make the token that its claims are worth by the rules of now."""
        name = command.token.auth_method
        method = self.methods.get(name)
        if method is None:
            return Refused(code="AclNotFound", text=f'ACL not found: auth method "{name}" not found')
        if method.modify_index != command.method_index:
            return invalid(f'the auth method "{name}" was changed during the login: log in again')
        try:
            bound = self._known(bound_by(self.rules_of(name), method, command.claims, command.datacenter))
        except BadName as error:
            return invalid(str(error))
        if not any(bound.values()):
            return Refused(code="PermissionDenied")
        token = command.token.model_copy(update=dict(bound))
        return self.acl.put_token(PutAclToken(token=token, ttl_ns=method.max_token_ttl_ns, new=True), index)

    def _known(self, bound: Bound) -> Bound:
        """Without roles and policies that there are not (yet)."""
        ids: dict[str, Any] = {"roles": self.acl.role_ids.get, "policies": self.acl.policy_id}
        return {
            field: tuple(item for item in items if field not in ids or ids[field](item.name))
            for field, items in bound.items()
        }

    def _touch(self, table: str, index: int) -> None:
        self.indexes.bump(table, index)

    def __iter__(self) -> Iterator[object]:
        """All that is in here, for the digest."""
        yield from self.methods.values()
        yield from self.rules.values()


def _no_method(name: str) -> str:
    return f'cannot find auth method with name "{name[:128]}"' if name else "Invalid Binding Rule: no AuthMethod is set"
