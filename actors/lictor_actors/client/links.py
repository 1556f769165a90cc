"""Which way leads to an address: the bus, or Consul's HTTP API. Each is imported when it is first taken."""

from __future__ import annotations

from typing import Protocol

from lictor_actors.client.access import AccessOptions, default_url, or_environment
from lictor_actors.client.errors import InvalidArgument
from lictor_messages.base import Message


class Link(Protocol):
    """How a client reaches its agent: over the bus, over HTTP, or in the simulator."""

    @property
    def repeats_writes(self) -> bool:
        """Whether a write that is sent again, under its id, is done once."""

    async def ask(self, message: Message, request: str, source: str, within_s: float) -> Message:
        """Send one request and return its answer; raises LictorError."""

    async def connect(self, within_s: float) -> None:
        """Wait until the agent answers; raises ConnectionFailed."""

    async def close(self) -> None:
        """End what is open and hang up."""


HTTP = ("http://", "https://", "unix://")


def link_to(url: str | None, cluster: str, access: AccessOptions) -> Link:
    """The way to ``url``; raises InvalidArgument for options that it does not take."""
    if not isinstance(url, str | None):
        raise InvalidArgument(f"url is {url!r}: write http://HOST:8500 or tcp://HOST:8304")
    for unknown in access.keys() - AccessOptions.__annotations__.keys():
        raise TypeError(f"a client takes no {unknown}")
    where = default_url() if url is None else url
    return _by_http(where, cluster, access) if where.startswith(HTTP) else _by_bus(where, cluster, access)


def _by_bus(url: str, cluster: str, access: AccessOptions) -> Link:
    from lictor_actors.client.connection import Connection
    from lictor_actors.client.credentials import ChannelCredentials

    if "auth" in access:
        raise InvalidArgument(f"auth is for a proxy in front of an HTTP address: {url} takes a token")
    return Connection(url, cluster, ChannelCredentials(url, access))


def _by_http(url: str, cluster: str, access: AccessOptions) -> Link:
    from lictor_actors.client.http.link import HttpLink

    if cluster:
        raise InvalidArgument("cluster is for addresses of the bus, tcp:// and ipc://: HTTP names no cluster")
    if "plain_token" in access:
        raise InvalidArgument(f"plain_token is for addresses of the bus: {url} takes a token as it is")
    return HttpLink(url, or_environment(access))
