"""The tokens that an agent has: its own, and those of requests that show none."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.kept_state import TOKEN
from lictor_messages.agent import Accepted, AgentOptions
from lictor_messages.agent_acl import SetAgentToken
from lictor_messages.envelope import Envelope, role_of
from lictor_messages.journal import Cell
from lictor_messages.refusals import Refused

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

    __slots__ = ("_keeps", "_on", "agent", "default", "dns", "recovery")

    def __init__(self, options: AgentOptions) -> None:
        self._on, self._keeps = options.acl, options.acl_keeps_tokens
        self.agent = options.acl_agent_token
        self.default = options.acl_default_token
        self.dns = options.acl_dns_token
        self.recovery = options.acl_recovery_token

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

    def recover(self, kept: Mapping[str, str]) -> None:
        """Those that were set before this start hold over the configuration's."""
        if self._on and self._keeps:
            for name in set(NAMES.values()) & kept.keys():
                setattr(self, name, kept[name])

    @property
    def own(self) -> str:
        """By which the agent asks and writes in its own name."""
        return self.agent or self.default

    def of(self, asked: Envelope) -> str:
        """By whose rights this is asked."""
        if asked.token or asked.source == asked.target:
            return asked.token
        return (self.dns if role_of(asked.source) == "dns" else "") or self.default
