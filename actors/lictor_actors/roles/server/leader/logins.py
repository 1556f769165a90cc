"""Logins and logouts on their way: a host has a JWT looked at, the leader looks at its claims, the log decides.

Those who log in have no rights yet, so what they can make a leader hold and do is small.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import orjson

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.server.leader.jwt_claims import BadClaims, judged
from lictor_actors.roles.server.leader.proposals import Proposals
from lictor_actors.roles.server.log_time import LogTime
from lictor_actors.store.families.auth_methods.known import spoken_of
from lictor_actors.store.families.auth_methods.names import BadName, filled_in
from lictor_actors.store.store import Store
from lictor_messages.acl import AclToken, DeleteAclToken
from lictor_messages.answers import Command
from lictor_messages.auth_methods import (
    AuthMethod,
    BindLogin,
    Claims,
    JwtVerified,
    LogIn,
    LogOut,
    ReviewToken,
    TokenReviewed,
    VerifyJwt,
)
from lictor_messages.base import Message
from lictor_messages.jobs import JobFailed
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions

OPEN_MOST: Final = 32
"""Logins at the same time: jobs of checks share the host with them."""
JWT_MOST: Final = 64 * 1024
"""Characters of a JWT."""
META_MOST: Final = 4 * 1024
"""Characters of the metadata of a login, as JSON."""
CREATED: Final = "token created via login"


class Waiting(NamedTuple):
    """A login whose JWT a host is looking at."""

    command: LogIn
    method: AuthMethod
    ticket: Ticket


class Logins:
    """Of one lead."""

    def __init__(self, options: ServerOptions, store: Store, proposals: Proposals, time: LogTime) -> None:
        self._dc = options.dc
        self._store = store
        self._proposals = proposals
        self._time = time
        self.open: dict[str, Waiting] = {}
        """By the ticket of the job."""

    def take(self, command: LogIn | LogOut, turn: Turn) -> None:
        """The command in hand."""
        refused = self._log_in(command, turn) if isinstance(command, LogIn) else self._log_out(turn)
        if refused is not None:
            turn.count(f"login_refused:{refused.code}")
            turn.reply(refused)

    def _log_in(self, command: LogIn, turn: Turn) -> Refused | None:
        method = self._store.auth_methods.methods.get(command.auth_method)
        if method is None:
            text = f'ACL not found: auth method "{command.auth_method[:128]}" not found'
            return Refused(code="AclNotFound", text=text)
        if len(command.bearer_token) > JWT_MOST or len(orjson.dumps(dict(command.meta))) > META_MOST:
            return Refused(code="TooLarge", text=f"a JWT has at most {JWT_MOST} characters, Meta at most {META_MOST}")
        if not command.bearer_token:
            return Refused(code="Invalid", text="missing jwt")
        if len(self.open) >= OPEN_MOST:
            return Refused(code="Overloaded")
        ticket = f"login:{turn.rng.getrandbits(64):x}"  # of this lead alone: results of an earlier one find nothing
        self.open[ticket] = Waiting(command, method, turn.ticket())
        turn.run(_job(ticket, command.bearer_token, method))
        return None

    def _log_out(self, turn: Turn) -> Refused | None:
        secret = turn.envelope.token if turn.envelope is not None else ""
        bearer = self._store.acl.bearer_of(secret, self._time.stamp(turn.now, turn.wall)) if secret else None
        if bearer is None:
            return Refused(code="AclNotFound")
        if not bearer.auth_method:
            return Refused(code="PermissionDenied")
        self._proposals.add(DeleteAclToken(accessor_id=bearer.accessor_id), turn.ticket(), turn)
        return None

    def known(self, said: JwtVerified | TokenReviewed, turn: Turn) -> None:
        """The host has looked at the signature, or the Kubernetes of the method at the JWT."""
        waiting = self.open.pop(said.ticket, None)
        if waiting is None:
            return
        if said.error:
            self._refuse(waiting, said.error, turn)
            return
        try:
            claims = self._claims(said, waiting.method, turn)
            self._proposals.add(self._binding(waiting, claims), waiting.ticket, turn)
        except (BadClaims, BadName) as error:
            self._refuse(waiting, str(error), turn)

    def _claims(self, said: JwtVerified | TokenReviewed, method: AuthMethod, turn: Turn) -> Claims:
        if isinstance(said, JwtVerified):
            return judged(said.claims, method.config, self._time.stamp(turn.now, turn.wall))
        return Claims(values={} if said.account is None else dict(said.account))

    def failed(self, failed: JobFailed, turn: Turn) -> bool:
        """The host could not do it; False if this was no job of a login."""
        waiting = self.open.pop(failed.ticket, None)
        if waiting is not None:
            self._refuse(waiting, f"the JWT could not be looked at: {failed.error}", turn)
        return waiting is not None

    def end(self, turn: Turn) -> None:
        """This server leads no more: nothing has happened yet."""
        for waiting in self.open.values():
            turn.answer(waiting.ticket, Refused(code="NotLeader"), early=True)
        self.open.clear()

    def _refuse(self, waiting: Waiting, why: str, turn: Turn) -> None:
        turn.count("login_refused:Invalid")
        turn.answer(waiting.ticket, Refused(code="Invalid", text=why), early=True)

    def _binding(self, waiting: Waiting, claims: Claims) -> Command:
        command, method = waiting.command, waiting.method
        token = AclToken(
            accessor_id=command.accessor_id,
            secret_id=command.secret_id,
            description=_description(command, method, claims),
            local=method.token_locality != "global",
            auth_method=method.name,
        )
        return BindLogin(token=token, method_index=method.modify_index, claims=claims, datacenter=self._dc)


def _job(ticket: str, token: str, method: AuthMethod) -> Message:
    """What a host does for a login by this method."""
    kind = ReviewToken if method.type == "kubernetes" else VerifyJwt
    return kind(ticket=ticket, token=token, config=method.config)


def _description(command: LogIn, method: AuthMethod, claims: Claims) -> str:
    """As the method's format has it, and the metadata of the login. Raises BadName."""
    known = spoken_of(method, claims.values)
    known |= {"auth_method_name": method.name, "auth_method_type": method.type}
    said = filled_in(method.token_name_format or CREATED, known)
    return f"{said}: {orjson.dumps(dict(command.meta)).decode()}" if command.meta else said
