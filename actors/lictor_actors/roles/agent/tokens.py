"""The tokens that an agent has: its own, those of requests that show none, those by which things were registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handler
from lictor_actors.roles.agent.kept_state import REGISTERED, TOKEN
from lictor_actors.roles.agent.local_state import Key, LocalState
from lictor_messages.agent import Accepted, AgentOptions, RegisterCheck, RegisterService
from lictor_messages.agent_acl import SetAgentToken
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, role_of
from lictor_messages.journal import Cell
from lictor_messages.refusals import Refused
from lictor_messages.secret import is_same

NAMES = {
    "default": "default",
    "agent": "agent",
    "agent_recovery": "recovery",
    "agent_master": "recovery",
    "acl_token": "default",
    "acl_agent_token": "agent",
    "acl_agent_master_token": "recovery",
    "dns": "dns",
}
"""What /v1/agent/token calls them, with the names of older versions."""


class AgentTokens:
    """Secrets: they stand in no log and in no answer."""

    __slots__ = ("_keeps", "_on", "agent", "default", "dns", "recovery", "registered")

    def __init__(self, options: AgentOptions) -> None:
        self._on, self._keeps = options.acl, options.acl_keeps_tokens
        self.agent = options.acl_agent_token
        self.default = options.acl_default_token
        self.dns = options.acl_dns_token
        self.recovery = options.acl_recovery_token
        self.registered: dict[Key, str] = {}
        """By which services and checks were registered: they are written to the catalog by the same."""

    def asked(self, change: SetAgentToken, turn: Turn) -> None:
        """Take one from now on; answer Accepted, or Refused."""
        name = NAMES.get(change.name)
        if not self._on:
            turn.reply(Refused(code="AclsOff"))
        elif name is None:
            turn.reply(Refused(code="NotFound", text=f'Token "{change.name}" is unknown'))
        else:
            setattr(self, name, change.token)
            if self._keeps:
                turn.persist(Cell(name=f"{TOKEN}{name}", data=change.token.encode()))
            turn.reply(Accepted())

    def remembered(self, register: Handler, local: LocalState) -> Handler:
        """The same, and what is registered is written to the catalog by the token of its request."""

        def registered(message: Message, turn: Turn) -> None:
            register(message, turn)
            if self._on and turn.envelope is not None:
                self._registered(_key_of(message), turn.envelope.token, local, turn)

        return registered

    def _registered(self, key: Key, token: str, local: LocalState, turn: Turn) -> None:
        for gone in [known for known in self.registered if not _is_in(known, local)]:
            self._remember(gone, "", turn)
        token = "" if is_same(token, self.default) else token
        if _is_in(key, local) and not is_same(self.registered.get(key, ""), token):
            self._remember(key, token, turn)

    def _remember(self, key: Key, token: str, turn: Turn) -> None:
        turn.persist(Cell(name=f"{REGISTERED}{':'.join(key)}", data=token.encode()))
        if token:
            self.registered[key] = token
        else:
            self.registered.pop(key, None)

    def by_which(self, keys: Iterable[Key]) -> str:
        """The token to write these by: that of the first which has one, or the agent's own."""
        return next((self.registered[key] for key in keys if key in self.registered), self.own)

    def recover(self, kept: Mapping[str, str]) -> None:
        """Those that were set before this start hold over the configuration's."""
        if not self._on:
            return
        for name, token in kept.items():
            kind, _, row = name.removeprefix(REGISTERED).partition(":")
            if name.startswith(REGISTERED) and token:
                self.registered[kind, row] = token
            elif self._keeps and name.removeprefix(TOKEN) in NAMES.values():
                setattr(self, name.removeprefix(TOKEN), token)

    @property
    def own(self) -> str:
        """By which the agent asks and writes in its own name."""
        return self.agent or self.default

    def of(self, asked: Envelope) -> str:
        """By whose rights this is asked."""
        if asked.token or asked.source == asked.target:
            return asked.token
        return (self.dns if role_of(asked.source) == "dns" else "") or self.default


def _key_of(message: Message) -> Key:
    if isinstance(message, RegisterService):
        return "service", message.service.id or message.service.service
    assert isinstance(message, RegisterCheck)
    return "check", message.check.id or message.check.name


def _is_in(key: Key, local: LocalState) -> bool:
    return key[1] in (local.services if key[0] == "service" else local.checks)
