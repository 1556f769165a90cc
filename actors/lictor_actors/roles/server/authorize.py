"""Who may ask what of this server: the one place where its requests meet the rules.

A token is resolved where its request is answered, from what that server has applied: for writes and default reads that
is the leader.
"""

from __future__ import annotations

from lictor_actors.consul.uuids import as_made
from lictor_actors.kernel.turn import Turn
from lictor_actors.requests.beliefs import DENIED
from lictor_actors.roles.server.guards import GUARDS
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.roles.server.remote_tokens import RemoteTokens
from lictor_actors.store.acl.needs import objection
from lictor_actors.store.acl.sight import Sight, Sights
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.families.acl.expanded import read_token
from lictor_actors.store.families.acl.family import ACL
from lictor_actors.store.families.acl.reading import ALL, grants_of
from lictor_actors.store.families.acl.replicated import as_known
from lictor_actors.store.families.auth_methods.family import AUTH_METHODS
from lictor_actors.store.families.catalog.tables import fold
from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.rows import stamped
from lictor_actors.store.store import Store
from lictor_messages import acl as m
from lictor_messages.answers import Answer, Command, Query
from lictor_messages.auth_methods import LogIn, LogOut
from lictor_messages.base import Message
from lictor_messages.catalog import Register
from lictor_messages.queries import ExecutePreparedQuery
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions
from lictor_messages.txn import Failure, ReadTransaction, Transact, Transacted

OWN = frozenset((m.GetOwnAclToken, m.ResolveAclToken))
"""About the token of the request itself, which its bearer may always ask."""
LOGS = frozenset((LogIn, LogOut))
"""What needs no rights, and looks at the token itself where it counts."""
_OF_ACLS = (ACL, AUTH_METHODS)
ABOUT_ACLS = (
    OWN
    | LOGS
    | {write.command for family in _OF_ACLS for write in family.writes}
    | {read.query for family in _OF_ACLS for read in family.reads}
)
OFF = Refused(code="AclsOff")
NOT_BEGUN = Refused(
    code="AclNotFound",
    text="ACL system must be bootstrapped before making any requests that require authorization: ACL not found",
)
_GUARDS = {
    **GUARDS,
    **{command: write.guard for command, write in FAMILIES.writes.items()},
    **{query: read.guard for query, read in FAMILIES.reads.items()},
}


class Authorize:
    """Resolves tokens and weighs requests. Without ACLs everything may be asked but what is about ACLs."""

    def __init__(self, options: ServerOptions, store: Store, time: LogTime) -> None:
        self.on = options.acl
        self._dc = options.dc
        self._of_another = options.replicates_acls
        self._lists = options.acl_key_list
        self._store = store
        self._time = time
        self._sights = Sights(default_allows=options.acl_default_policy == "allow")
        self.remote = RemoteTokens(options, self._sights)
        self._seen = 0

    def sight(self, token: str, turn: Turn) -> Sight | Refused | None:
        """Whose request this is; None without ACLs."""
        if not self.on:
            return None
        turn.sample("acl.ResolveToken", 0.0)
        bearer = self._bearer(token, turn)
        if not isinstance(bearer, m.AclToken):
            return bearer if isinstance(bearer, Refused) else bearer._replace(secret=token)
        return self._sights.of(bearer.accessor_id, grants_of(self._store.acl, bearer, self._dc), token)

    def refuses_command(self, command: Command, turn: Turn) -> Refused | Transacted | None:
        """Why this may not be done by the asker of the request in hand, None if it may."""
        if not self.on:
            return OFF if type(command) in ABOUT_ACLS else None
        if type(command) in LOGS:
            return None
        if isinstance(command, m.BootstrapAcls):
            return None  # with any token: there is none yet that could be known
        sight = self.sight(turn.envelope.token if turn.envelope is not None else "", turn)
        if not isinstance(sight, Sight):
            return sight
        refused = self.weigh(self._lightened(command), sight)
        if refused is None and isinstance(command, m.DeleteAclToken) and _is_own(command, sight):
            return Refused(code="Invalid", text="Deletion of the request's authorization token is not permitted")
        return refused

    def _lightened(self, command: Command) -> Command:
        """A node that is registered as it is already takes no right: its services may have tokens of their own."""
        if not isinstance(command, Register) or command.skip_node_update:
            return command
        known = self._store.catalog.nodes.get(fold(command.node.node))
        same = known is not None and stamped(command.node, known, 0) is None
        return command.model_copy(update={"skip_node_update": True}) if same else command

    def reader(self, command: Command, turn: Turn) -> Sight | None:
        """Whose rights the outcome of the write in hand keeps to, of one that reads, too; None: it is told whole."""
        if not self.on or not isinstance(command, Transact) or turn.envelope is None:
            return None
        sight = self.sight(turn.envelope.token, turn)
        return sight if isinstance(sight, Sight) else None

    def refuses_query(self, query: Query, sight: Sight | Refused | None) -> Refused | Transacted | None:
        """The same of a read."""
        if sight is None:
            return OFF if type(query) in ABOUT_ACLS else None
        return sight if isinstance(sight, Refused) else self.weigh(query, sight)

    def weigh(self, message: Message, sight: Sight) -> Refused | Transacted | None:
        """Whether the asker has what this message needs; each operation of a transaction is weighed alone."""
        if isinstance(message, Transact | ReadTransaction):
            return self._weigh_operations(message, sight)
        guard = _GUARDS.get(type(message))
        return None if guard is None else objection(guard(message), sight, self._store.names, lists=self._lists)

    def _weigh_operations(self, message: Transact | ReadTransaction, sight: Sight) -> Transacted | None:
        verdicts = (
            (number, objection(FAMILIES.verbs.guard(op), sight, self._store.names, lists=self._lists))
            for number, op in enumerate(message.operations)
        )
        failures = tuple(Failure(op_index=number, what=why.words) for number, why in verdicts if why is not None)
        return Transacted(index=max(self._store.applied, 1), failures=failures) if failures else None

    def about_itself(self, query: Query, token: str, turn: Turn) -> Answer | Refused:
        """One of OWN."""
        bearer = self._bearer(token, turn)
        if not isinstance(bearer, m.AclToken):
            return bearer if isinstance(bearer, Refused) else DENIED  # the agent that asks has a down policy of its own
        if isinstance(query, m.GetOwnAclToken):
            own = m.GetAclToken(accessor_id=bearer.accessor_id, expanded_in=query.expanded_in)
            return read_token(self._store.acl, own)
        return m.AclResolved(
            index=max(self._store.indexes.table(*ALL), 1),
            accessor_id=bearer.accessor_id,
            grants=grants_of(self._store.acl, bearer, self._dc),
            expiration_ns=bearer.expiration_ns,
        )

    def executing(self, query: Query, sight: Sight | None, turn: Turn) -> Sight | Refused | None:
        """By whose rights a prepared query runs: its own token's, if it has one."""
        if sight is None or not isinstance(query, ExecutePreparedQuery):
            return sight
        try:
            found = self._store.queries.resolve(query.name_or_id)
        except QueryRefused:
            return sight
        if found is None or not found.token:
            return sight
        if self.remote.on:
            self.remote.learn(found.token, turn)
        return self.sight(found.token, turn)

    def changed(self) -> bool:
        """Whether tokens, policies or roles were written since this was asked last."""
        written = self._store.indexes.table(*ALL)
        changed, self._seen = written != self._seen or self.remote.changed(), written
        return changed

    def _unknown(self) -> Refused:
        """Of a token that there is not; before the first one there can be none, in the primary datacenter."""
        begun = self._store.acl.bootstrapped or self._of_another
        return Refused(code="AclNotFound") if begun else NOT_BEGUN

    def _bearer(self, token: str, turn: Turn) -> m.AclToken | Sight | Refused:
        now = self._time.stamp(turn.now, turn.wall)
        if self.remote.on:
            found = self.remote.bearer(token)
            if not isinstance(found, m.AclToken):
                return found
            return self._unknown() if self._store.acl.expired(found, now) else as_known(self._store.acl, found)
        return self._store.acl.bearer_of(token, now) or self._unknown()


def _is_own(command: m.DeleteAclToken, sight: Sight) -> bool:
    """Whether a token is to revoke itself."""
    return as_made(command.accessor_id) == as_made(sight.accessor)
