"""An agent reads the definitions of its configuration again."""

from __future__ import annotations

from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.base import Message
from lictor_messages.host import ActorSpec


class Reload(Message):
    """To an agent, by a signal or over HTTP; answered by Accepted or Refused."""


class ReadDefinitions(Message):
    """The agent's job: have the files of the configuration read; answered by DefinitionsRead.

    ``ticket`` tells jobs apart.
    """

    ticket: str


class DefinitionsRead(Message):
    """The services and checks that the files define now, and what the node's actors are to be told."""

    ticket: str
    services: tuple[RegisterService, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    actors: tuple[ActorSpec, ...] = ()
    """By their roles, options that are in force from now on."""
    error: str = ""
    """What is wrong with the files; then nothing of them counts."""
