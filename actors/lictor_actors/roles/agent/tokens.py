"""The tokens that an agent has: its own, those of requests that show none, those by which things were registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handler
from lictor_actors.roles.agent.kept_state import REGISTERED, TOKEN
from lictor_actors.roles.agent.local_state import Key, LocalState
from lictor_actors.roles.agent.own_writes import NODE_KEY
from lictor_messages.agent import Accepted, AgentOptions, RegisterCheck, RegisterService
from lictor_messages.agent_acl import SetAgentToken
from lictor_messages.answers import Command
from lictor_messages.base import Message
from lictor_messages.catalog import Deregister
from lictor_messages.envelope import Envelope, at, role_of
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
    "replication": "replication",
    "acl_replication_token": "replication",
    "config_file_service_registration": "registration",
}
"""What /v1/agent/token calls them, with the names of older versions."""


class AgentTokens:
    """Secrets: they stand in no log and in no answer."""

    __slots__ = ("_given", "_keeps", "_kept", "_server", "defined", "on", "registered")

    def __init__(self, options: AgentOptions) -> None:
        self.on, self._keeps = options.acl, options.acl_keeps_tokens
        self._server = at("server", options.node)
        """The node's own, the one server whose requests get the replication token."""
        self._given: dict[str, str] = {}
        """Those in force, by name."""
        self._kept: dict[str, str] = {}
        """Those that were set while the agent ran and hold over the configuration's."""
        self.registered: dict[Key, str] = {}
        """By which services and checks were registered: they are written to the catalog by the same."""
        self.defined: dict[Key, str] = {}
        """The same of those that the configuration defines; "" for the one that is for all of them."""
        self.follow(options)

    def follow(self, options: AgentOptions) -> None:
        """The configuration says these from now on."""
        self._given = {name: getattr(options, f"acl_{name}_token") for name in NAMES.values()} | self._kept

    @property
    def default(self) -> str:
        """Of requests that show none."""
        return self._given["default"]

    @property
    def recovery(self) -> str:
        """By which everything may be done with this agent."""
        return self._given["recovery"]

    def asked(self, change: SetAgentToken, turn: Turn) -> None:
        """Take one from now on; answer Accepted, or Refused."""
        name = NAMES.get(change.name)
        if not self.on:
            turn.reply(Refused(code="AclsOff"))
        elif name is None:
            turn.reply(Refused(code="NotFound", text=f'Token "{change.name}" is unknown'))
        else:
            self._given[name] = change.token
            if self._keeps:
                self._kept[name] = change.token
                turn.persist(Cell(name=f"{TOKEN}{name}", data=change.token.encode()))
            turn.reply(Accepted())

    def remembered(self, register: Handler, local: LocalState) -> Handler:
        """The same, and what is registered is written to the catalog by the token of its request."""

        def registered(message: Message, turn: Turn) -> None:
            if not self.on or turn.envelope is None:
                register(message, turn)
                return
            # Before: the registration itself may write to the catalog at once.
            for key, token in _shown(message):
                self._registered(key, token or turn.envelope.token, turn)
            register(message, turn)
            for gone in [known for known in self.registered if not _is_in(known, local)]:
                self._remember(gone, "", turn)

        return registered

    def _registered(self, key: Key, token: str, turn: Turn) -> None:
        token = "" if is_same(token, self.default) else token
        if not is_same(self.registered.get(key, ""), token):
            self._remember(key, token, turn)

    def _remember(self, key: Key, token: str, turn: Turn) -> None:
        turn.persist(Cell(name=f"{REGISTERED}{':'.join(key)}", data=token.encode()))
        if token:
            self.registered[key] = token
        else:
            self.registered.pop(key, None)

    def by_which(self, command: Command, keys: Sequence[Key]) -> str:
        """The token to write these by: that of the first which has one; else the one for all that is of its kind."""
        shown = (self.registered.get(key) or self.defined.get(key) for key in keys)
        return next(filter(None, shown), "") or self._fallback(command, keys)

    def _fallback(self, command: Command, keys: Sequence[Key]) -> str:
        if isinstance(command, Deregister) or NODE_KEY in keys:
            return self.own
        of_files = self._given["registration"] if any(key in self.defined for key in keys) else ""
        return of_files or self.default or self.own

    def recover(self, kept: Mapping[str, str]) -> None:
        """Those that were set before this start hold over the configuration's."""
        if not self.on:
            return
        for name, token in kept.items():
            kind, _, row = name.removeprefix(REGISTERED).partition(":")
            if name.startswith(REGISTERED) and token:
                self.registered[kind, row] = token
            elif self._keeps and name.removeprefix(TOKEN) in NAMES.values():
                self._kept[name.removeprefix(TOKEN)] = token
        self._given |= self._kept

    @property
    def own(self) -> str:
        """By which the agent asks and writes in its own name."""
        return self._given["agent"] or self.default

    def of(self, asked: Envelope) -> str:
        """By whose rights this is asked."""
        if asked.token or asked.source == asked.target:
            return asked.token
        if asked.source == self._server:  # what it asks of the primary datacenter goes this way
            return self._given["replication"]
        return (self._given["dns"] if role_of(asked.source) == "dns" else "") or self.default


def _shown(message: Message) -> Iterator[tuple[Key, str]]:
    """What is registered, and the token that its definition names."""
    if isinstance(message, RegisterService):
        yield ("service", message.service.id or message.service.service), message.token
    else:
        assert isinstance(message, RegisterCheck)
        yield ("check", message.check.id or message.check.name), message.check.token


def _is_in(key: Key, local: LocalState) -> bool:
    return key[1] in (local.services if key[0] == "service" else local.checks)
