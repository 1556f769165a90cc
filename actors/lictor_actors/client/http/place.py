"""Where an agent's HTTP API is: ``http://``, ``https://``, ``unix://``, read and opened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from lictor_actors.client.errors import ConnectionFailed
from lictor_actors.client.http.wire import HttpWire
from lictor_messages.addresses import join_host_port, split_host_port

if TYPE_CHECKING:
    from ssl import SSLContext

PORT, TLS_PORT = 8500, 443
"""As the commands have it where an address names none."""


class HttpPlace(NamedTuple):
    """One agent, or a proxy in front of one: ``prefix`` then stands in front of each path."""

    url: str
    host: str = "localhost"
    port: int = 0
    prefix: str = ""
    socket: str = ""
    """Path of a Unix socket, instead of host and port."""
    tls: bool = False

    @property
    def host_header(self) -> str:
        """What a request says of where it goes."""
        return self.host if self.socket else join_host_port(self.host, self.port)

    async def open(self, context: SSLContext | None, server_name: str) -> HttpWire:
        """A new connection. Raises OSError, which includes what TLS finds wrong."""
        loop = asyncio.get_running_loop()
        if self.socket:
            return (await loop.create_unix_connection(HttpWire, self.socket))[1]
        name = (server_name or self.host) if context is not None else None
        return (await loop.create_connection(HttpWire, self.host, self.port, ssl=context, server_hostname=name))[1]


def http_place(url: str) -> HttpPlace:
    """Read an address; raises ConnectionFailed for one that is none."""
    try:
        return _read(url)
    except ValueError as error:
        failed = ConnectionFailed(f"cannot dial {_without_password(url)}: {error}")
        failed.passing = False
        raise failed from None


def _read(url: str) -> HttpPlace:
    scheme, _, rest = url.partition("://")
    if scheme == "unix":
        if not rest.startswith("/"):
            raise ValueError("write unix:///path/of/the.sock")
        return HttpPlace(url, socket=rest)
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"write {scheme}://HOST:PORT; a token is given as token=")
    try:
        host, port = split_host_port(parts.netloc, TLS_PORT if scheme == "https" else PORT)
    except ValueError as error:
        raise ValueError(f"{parts.netloc} {error}") from None
    prefix = quote(parts.path.rstrip("/"), safe="/%")
    return HttpPlace(url, host or "127.0.0.1", port, prefix, tls=scheme == "https")


def _without_password(url: str) -> str:
    return f"…@{url.rpartition('@')[2]}" if "@" in url else url
