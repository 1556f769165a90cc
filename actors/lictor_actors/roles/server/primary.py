"""What of access control is written in the primary datacenter alone, on the leader of another: it is passed on there.

Its policies, roles and global tokens come back by replication; tokens that are local stay here.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.store.families.acl.replicated import is_local
from lictor_actors.store.store import Store
from lictor_messages import acl as m
from lictor_messages.answers import Command, Query
from lictor_messages.auth_methods import PutAuthMethod
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions

GLOBAL = frozenset((m.PutAclPolicy, m.DeleteAclPolicy, m.PutAclRole, m.DeleteAclRole))


TOKENS = frozenset((m.GetAclToken, m.GetOwnAclToken, m.ListAclTokens))


class Primary:
    """Idle in the primary datacenter."""

    def __init__(self, options: ServerOptions, store: Store) -> None:
        self._on = options.replicates_acls
        self._dc = options.primary_dc
        self._tokens = options.acl_replicates_tokens
        self._router = options.router
        self._store = store

    def takes(self, command: Command, turn: Turn) -> bool:
        """True if the command in hand was passed on or refused."""
        if not self._on:
            return False
        refused = self._refusal(command)
        if refused is not None:
            turn.reply(refused)
        elif self._is_global(command):
            self._pass_on(command, turn)
        else:
            return False
        return True

    def _is_global(self, command: Command) -> bool:
        match command:
            case m.PutAclToken():
                return not (command.token.local or is_local(self._store.acl, command.token.accessor_id))
            case m.DeleteAclToken():
                return not is_local(self._store.acl, command.accessor_id)
            case _:
                return type(command) in GLOBAL

    def answers(self, query: Query, turn: Turn) -> bool:
        """True if the query in hand was passed on: it is about tokens, and these are not replicated."""
        passed = self._on and not self._tokens and type(query) in TOKENS
        if passed:
            self._pass_on(query, turn)
        return passed

    def _refusal(self, command: Command) -> Refused | None:
        match command:
            case m.BootstrapAcls():
                why = f"the first token is made in the primary datacenter: ask with dc={self._dc}"
            case PutAuthMethod() if command.method.token_locality == "global":
                why = "Invalid Auth Method: TokenLocality 'global' can only be used in the primary datacenter"
            case m.PutAclToken() if not self._tokens and command.new and command.token.local:
                why = "Local tokens are disabled: set acl.enable_token_replication"
            case _:
                return None
        return Refused(code="Invalid", text=why)

    def _pass_on(self, message: Command | Query, turn: Turn) -> None:
        if not self._router or turn.envelope is None:
            turn.reply(Refused(code="NoPathToDatacenter"), early=True)
        else:
            there = message.model_copy(update={"dc": self._dc})
            turn.forward(self._router, turn.envelope.with_body(there), early=True)
