"""The tables of access control: tokens by accessor and by a hash of their secret, policies and roles by id and name."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from lictor_actors.consul.uuids import as_made
from lictor_actors.store.acl.identities import ANONYMOUS_ACCESSOR, GLOBAL_MANAGEMENT_ID
from lictor_actors.store.families.acl import builtin
from lictor_actors.store.families.acl.links import B, changed_for_good, forget_name, invalid, linked, without
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.log_clock import LogClock
from lictor_actors.store.ordered import Ordered
from lictor_actors.store.rows import stamped
from lictor_messages import acl as m
from lictor_messages.answers import Written
from lictor_messages.refusals import Refused

TOKENS, POLICIES, ROLES = "acl-tokens", "acl-policies", "acl-roles"
_FOR_GOOD = ("accessor_id", "secret_id", "create_ns", "expiration_ns", "auth_method")
"""What a token keeps when it is replaced."""


def digest_of(secret: str) -> bytes:
    """Secrets are sought by this: how long that takes says nothing of a secret that is nearly right."""
    return blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=32).digest()


class AclTable:
    """Links to policies and roles are kept as ids, and shown with the names that these have now.

    Tokens keep the spelling of their AccessorID, and are found by it in any case.
    """

    __slots__ = (
        "bootstrapped",
        "by_secret",
        "clock",
        "indexes",
        "policies",
        "policy_ids",
        "role_ids",
        "roles",
        "tokens",
    )

    def __init__(self, indexes: Indexes, clock: LogClock) -> None:
        self.indexes = indexes
        self.clock = clock
        self.tokens: Ordered[str, m.AclToken] = Ordered()
        """By accessor, ``as_made``."""
        self.by_secret: dict[bytes, str] = {}
        self.policies: Ordered[str, m.AclPolicy] = Ordered()
        self.policy_ids: dict[str, str] = {}
        """By name."""
        self.roles: Ordered[str, m.AclRole] = Ordered()
        self.role_ids: dict[str, str] = {}
        """By name."""
        self.bootstrapped = 0
        """Index at which the first token was made, 0 if none was."""

    # -- tokens ---------------------------------------------------------------

    def bootstrap(self, command: m.BootstrapAcls, index: int) -> Written | Refused:
        """The first token may do everything; only one is given away like that."""
        if self.bootstrapped:
            text = f"Permission denied: ACL bootstrap no longer allowed (reset index: {self.bootstrapped})"
            return Refused(code="PermissionDenied", text=text)
        return self._first(command.token, index)

    def bootstrap_again(self, command: m.BootstrapAclsAgain, index: int) -> Written | Refused:
        """One more first token; what the earlier one is stays."""
        if command.index != self.bootstrapped:
            text = f"Invalid bootstrap reset index (specified {command.index}, reset index: {self.bootstrapped})"
            return invalid(text)
        return self._first(command.token, index)

    def _first(self, token: m.AclToken, index: int) -> Written | Refused:
        everything = (m.AclLink(id=GLOBAL_MANAGEMENT_ID),)
        done = self._put_token(token.model_copy(update={"policies": everything}), None, index)
        if isinstance(done, Written):
            self.bootstrapped = index
        return done

    def put_token(self, command: m.PutAclToken, index: int) -> Written | Refused:
        """Make or replace a token."""
        token, old = command.token, self.token(command.token.accessor_id)
        if command.new and old is not None:
            return invalid("Invalid Token: AccessorID is already in use")
        if not command.new and old is None:
            return invalid(f"Cannot find token {token.accessor_id!r}")
        if command.ttl_ns:
            token = token.model_copy(update={"expiration_ns": self.clock.now + command.ttl_ns})
        return self._put_token(token, old, index)

    def _put_token(self, token: m.AclToken, old: m.AclToken | None, index: int) -> Written | Refused:
        if old is not None:
            changed = changed_for_good(token, old)
            if changed:
                return invalid(changed)
            kept = {name: getattr(old, name) for name in _FOR_GOOD}
            token = token.model_copy(update=kept)
        else:
            if token.expiration_ns and token.expiration_ns <= self.clock.now:
                return invalid("ExpirationTime cannot be before CreateTime")
            if (
                self.by_secret.get(digest_of(token.secret_id)) is not None
                or token.secret_id == builtin.ANONYMOUS_SECRET
            ):
                return invalid("Invalid Token: SecretID is already in use")
            token = token.model_copy(update={"create_ns": self.clock.now})
        linked = self._linked(token)
        if isinstance(linked, Refused):
            return linked
        self.write_token(linked, index)
        return Written(index=index)

    def write_token(self, token: m.AclToken, index: int) -> None:
        """Keep it as it is, over the one of its name; what it bears is there."""
        row = stamped(token, self.tokens.get(as_made(token.accessor_id)), index)
        if row is not None:
            self.load_token(row)
            self._touch(TOKENS, "acl-token", token.accessor_id, index)

    def delete_token(self, command: m.DeleteAclToken, index: int) -> Written | Refused:
        """Revoke it; one that is unknown is as good as revoked."""
        if command.accessor_id == ANONYMOUS_ACCESSOR:
            return invalid("Delete operation not permitted on the anonymous token")
        self.forget_token(command.accessor_id, index)
        return Written(index=index)

    def reap(self, _: m.ReapAclTokens, index: int) -> Written:
        """Forget what has expired."""
        for accessor in [token.accessor_id for token in self.tokens.values() if self.expired(token, self.clock.now)]:
            self.forget_token(accessor, index)
        return Written(index=index)

    def forget_logins(self, auth_method: str, index: int) -> None:
        """Revoke all that came of this method."""
        for accessor in [token.accessor_id for token in self.tokens.values() if token.auth_method == auth_method]:
            self.forget_token(accessor, index)

    def forget_token(self, accessor: str, index: int) -> None:
        """Revoke it, if there is one of this name."""
        self._forget_secret(accessor)
        if self.tokens.pop(as_made(accessor), None) is not None:
            self._touch(TOKENS, "acl-token", accessor, index)

    def _forget_secret(self, accessor: str) -> None:
        token = self.tokens.get(as_made(accessor))
        if token is not None:
            self.by_secret.pop(digest_of(token.secret_id), None)

    def load_token(self, token: m.AclToken) -> None:
        """Put a row in its place."""
        self._forget_secret(token.accessor_id)
        self.by_secret[digest_of(token.secret_id)] = accessor = as_made(token.accessor_id)
        self.tokens[accessor] = token

    def token(self, accessor: str) -> m.AclToken | None:
        """The token of this name; the anonymous one is always there."""
        return self.tokens.get(as_made(accessor)) or (builtin.ANONYMOUS if accessor == ANONYMOUS_ACCESSOR else None)

    def bearer_of(self, secret: str, now: int) -> m.AclToken | None:
        """The token with this secret, unless it has expired by ``now``; without a secret the anonymous one."""
        if secret in ("", builtin.ANONYMOUS_SECRET):
            return self.token(ANONYMOUS_ACCESSOR)
        token = self.tokens.get(self.by_secret.get(digest_of(secret), ""))
        return None if token is None or self.expired(token, now) else token

    @staticmethod
    def expired(token: m.AclToken, now: int) -> bool:
        """Whether it is over by the log's clock."""
        return 0 < token.expiration_ns <= now

    # -- policies and roles -----------------------------------------------------

    def put_policy(self, command: m.PutAclPolicy, index: int) -> Written | Refused:
        """Make or replace a policy."""
        policy = command.policy
        refused = self._clash("Policy", policy, command.new, self.policy(policy.id), self.policy_id(policy.name))
        given = builtin.POLICIES.get(policy.id)
        if refused is None and given is not None and policy.rules != given.rules:
            refused = invalid(f"Changing the Rules for the builtin {given.name} policy is not permitted")
        if refused is not None:
            return refused
        self.write_policy(policy, index)
        return Written(index=index)

    def write_policy(self, policy: m.AclPolicy, index: int) -> None:
        """Keep it as it is, over the one of its id."""
        row = stamped(policy, self.policies.get(policy.id), index)
        if row is not None:
            self.load_policy(row)
            self._touch(POLICIES, "acl-policy", policy.id, index)

    def delete_policy(self, command: m.DeleteAclPolicy, index: int) -> Written | Refused:
        """Forget it; what bears it does so no more."""
        if command.id in builtin.POLICIES:
            name = builtin.POLICIES[command.id].name
            return invalid(f"Delete operation not permitted on the builtin {name} policy")
        policy = self.policies.pop(command.id, None)
        if policy is not None:
            forget_name(self.policy_ids, policy)
            self._unlink("policies", command.id, index)
            self._touch(POLICIES, "acl-policy", command.id, index)
        return Written(index=index)

    def put_role(self, command: m.PutAclRole, index: int) -> Written | Refused:
        """Make or replace a role."""
        role, old = command.role, self.roles.get(command.role.id)
        refused = self._clash("Role", role, command.new, old, self.role_ids.get(role.name))
        linked = refused or self._linked(role)
        if isinstance(linked, Refused):
            return linked
        self.write_role(linked, index)
        return Written(index=index)

    def write_role(self, role: m.AclRole, index: int) -> None:
        """Keep it as it is, over the one of its id; what it bears is there."""
        row = stamped(role, self.roles.get(role.id), index)
        if row is not None:
            self.load_role(row)
            self._touch(ROLES, "acl-role", role.id, index)

    def delete_role(self, command: m.DeleteAclRole, index: int) -> Written:
        """Forget it; tokens bear it no more."""
        role = self.roles.pop(command.id, None)
        if role is not None:
            forget_name(self.role_ids, role)
            self._unlink("roles", command.id, index)
            self._touch(ROLES, "acl-role", command.id, index)
        return Written(index=index)

    def load_policy(self, policy: m.AclPolicy) -> None:
        """Put a row in its place."""
        forget_name(self.policy_ids, self.policies.get(policy.id))
        self.policies[policy.id] = policy
        self.policy_ids[policy.name] = policy.id

    def load_role(self, role: m.AclRole) -> None:
        """Put a row in its place."""
        forget_name(self.role_ids, self.roles.get(role.id))
        self.roles[role.id] = role
        self.role_ids[role.name] = role.id

    def policy(self, policy_id: str) -> m.AclPolicy | None:
        """The policy of this id; two are always there."""
        return self.policies.get(policy_id) or builtin.POLICIES.get(policy_id)

    def policy_id(self, name: str) -> str | None:
        """The id of the policy that has this name now."""
        given = builtin.BY_NAME.get(name)
        return self.policy_ids.get(name) or (given if given not in self.policies else None)

    # -- links ------------------------------------------------------------------

    def _linked(self, bearer: B) -> B | Refused:
        """The same with policies, and roles, that exist: by their ids."""
        policies = linked("policy", bearer.policies, self.policy, self.policy_id)
        if isinstance(policies, Refused):
            return policies
        if not isinstance(bearer, m.AclToken):
            return bearer.model_copy(update={"policies": policies})
        roles = linked("role", bearer.roles, self.roles.get, self.role_ids.get)
        if isinstance(roles, Refused):
            return roles
        return bearer.model_copy(update={"policies": policies, "roles": roles})

    def _unlink(self, field: str, gone: str, index: int) -> None:
        link = m.AclLink(id=gone)
        for token in [token for token in self.tokens.values() if link in getattr(token, field)]:
            self.write_token(without(token, field, link), index)
        if field == "policies":
            for role in [role for role in self.roles.values() if link in role.policies]:
                self.write_role(without(role, field, link), index)

    def _clash(
        self, noun: str, row: m.AclPolicy | m.AclRole, new: bool, old: object | None, holder: str | None
    ) -> Refused | None:
        if new and old is not None:
            return invalid(f"Invalid {noun}: the ID {row.id} is already in use")
        if not new and old is None:
            return invalid(f"No such ACL {noun.lower()} with ID {row.id!r}")
        if holder not in (None, row.id):
            return invalid(f"Invalid {noun}: A {noun} with Name {row.name!r} already exists")
        return None

    def _touch(self, table: str, kind: str, name: str, index: int) -> None:
        self.indexes.bump(table, index)
        self.indexes.touch(kind, name)

    def __iter__(self) -> Iterator[object]:
        """All that is in here, for the digest."""
        yield from self.tokens.values()
        yield from self.policies.values()
        yield from self.roles.values()
        if self.bootstrapped:
            yield self.bootstrapped
