"""Questions that only an HTTP address answers: there one request does what takes many messages on the bus."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lictor_actors.client.errors import InvalidArgument
from lictor_messages.base import Message
from lictor_messages.pool import RelayFactor


class ChangeKeyrings(Message):
    """Do this to the keyrings of all pools, one after the other; answered by Written."""

    verb: Literal["install", "use", "remove"]
    key: Annotated[str, Field(repr=False)]
    relay_factor: RelayFactor = 0


class SaveSnapshot(Message):
    """All that the servers know; answered by SnapshotArchive."""

    stale: bool
    dc: str


class SnapshotArchive(Message):
    """A gzipped tar, as Consul's."""

    data: Annotated[bytes, Field(repr=False)]


class RestoreSnapshot(Message):
    """Replace the store of all servers by this archive; answered by Written."""

    data: Annotated[bytes, Field(repr=False)]
    dc: str


def check_bus_has(message: Message) -> None:
    """Raises InvalidArgument for the questions of this file."""
    if type(message).__module__ == __name__:
        name = type(message).__name__
        raise InvalidArgument(f"the bus has no {name}: ask it by an HTTP address of the agent, http://HOST:8500")
