"""What a leader does for ACLs: the first token, if the configuration names its secret, and the end of what expires."""

from __future__ import annotations

from lictor_actors.consul.uuids import new_uuid
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.store.store import Store
from lictor_messages.acl import AclLink, AclToken, BootstrapAcls, PutAclToken, ReapAclTokens, ReapTokensDue
from lictor_messages.answers import Command
from lictor_messages.server import ServerOptions

EVERY_NS = 1_000_000_000
TIMER = "reap-tokens"
MANAGEMENT = (AclLink(name="global-management"),)


class TokenCare:
    """Idle without ACLs."""

    def __init__(self, options: ServerOptions, store: Store, time: LogTime) -> None:
        self._on = options.acl
        self._secret = "" if options.replicates_acls else options.acl_initial_management
        self._store = store
        self._time = time

    def begin(self, turn: Turn) -> None:
        """This server leads now."""
        if self._on:
            turn.set_timer(TIMER, 0, ReapTokensDue())

    def end(self, turn: Turn) -> None:
        """It leads no more."""
        if self._on:
            turn.cancel_timer(TIMER)

    def due(self, turn: Turn) -> list[Command]:
        """What to propose: expired tokens go, the one of the configuration comes."""
        turn.set_timer(TIMER, EVERY_NS, ReapTokensDue())
        acl, now = self._store.acl, self._time.stamp(turn.now, turn.wall)
        commands: list[Command] = []
        if self._secret and acl.bearer_of(self._secret, now) is None:
            commands.append(self._first(turn))
        if any(acl.expired(token, now) for token in acl.tokens.values()):
            commands.append(ReapAclTokens())
        return commands

    def _first(self, turn: Turn) -> Command:
        token = AclToken(
            accessor_id=new_uuid(turn.secret(16)),
            secret_id=self._secret,
            description="Initial Management Token",
            policies=MANAGEMENT,
        )
        return PutAclToken(token=token, new=True) if self._store.acl.bootstrapped else BootstrapAcls(token=token)
