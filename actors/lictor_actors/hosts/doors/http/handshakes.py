"""A listener of the HTTP door over TLS: a connection becomes one of HTTP once its handshake is done.

Connections are taken one by one, not by asyncio's server, because that has one context for ever: here each handshake
takes the context of its moment, so that new certificates need no new listener, and is counted if it comes to nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple

from lictor_actors.bus.per_client import PerClient
from lictor_actors.bus.tls_alerts import HandshakeRefused
from lictor_actors.hosts.doors.http.premises import Premises

PAUSE_S = 1.0
"""Without descriptors for more connections those that wait stay in the kernel's queue for so long."""
GOODBYE_S = 5.0
"""How long a client may take to answer the end of a connection (close_notify)."""


class TlsTerms(NamedTuple):
    """What a listener over TLS needs beside a socket."""

    context: Callable[[], ssl.SSLContext]
    """The one of handshakes that begin now."""
    failed: Callable[[str], None]
    """Told of each handshake that fails, and why."""


class Handshakes:
    """Takes connections of a socket that listens, until ``close``."""

    def __init__(
        self,
        listening: socket.socket,
        tls: TlsTerms,
        premises: Premises,
        made: Callable[[], asyncio.Protocol],
    ) -> None:
        """``listening`` does not block. ``made`` makes the protocol of a connection whose handshake is to begin."""
        self._listening = listening
        self._context, self._count = tls
        self._premises = premises
        self._made = made
        self._under_way = PerClient(0)
        accepting = asyncio.create_task(self._accept())
        accepting.add_done_callback(lambda _: listening.close())  # by then the loop has let go of its descriptor
        self._tasks = {accepting}

    def close(self) -> None:
        """Stop listening, and give up the handshakes that are under way."""
        for task in self._tasks:
            task.cancel()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(self._listening)
            except OSError as error:
                self._count(f"https_not_accepted:{errno.errorcode.get(error.errno or 0, 'other')}")
                await asyncio.sleep(PAUSE_S)
            else:
                self._begin(connection, peer[0] if isinstance(peer, tuple) else "")

    def _begin(self, connection: socket.socket, client: str) -> None:
        """A client has as many handshakes under way as it may have connections."""
        self._under_way.most = self._premises.limits.connections_per_client
        if not self._under_way.admit(client):
            self._count("https_handshake_failed:too_many")
            connection.close()
            return
        task = asyncio.create_task(self._shake_hands(connection, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shake_hands(self, connection: socket.socket, client: str) -> None:
        try:
            with connection.dup() as spare:  # the loop closes the other before the client can be told why
                await self._secure(connection, spare)
        except OSError as error:
            self._count(f"https_handshake_failed:{reason(error)}")
        finally:
            self._under_way.forget(client)

    async def _secure(self, connection: socket.socket, spare: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._made,
                connection,
                ssl=self._context(),
                ssl_handshake_timeout=self._premises.limits.handshake_s,
                ssl_shutdown_timeout=GOODBYE_S,
            )
        except HandshakeRefused as refused:
            with contextlib.suppress(OSError):  # of a client that has gone
                spare.send(refused.alert)
            raise


def reason(error: OSError) -> str:
    """``http_request``, ``unsupported_protocol``, ``peer_did_not_return_a_certificate``: OpenSSL's words, or ours."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "other").lower()
    return "timeout" if isinstance(error, ConnectionAbortedError) else "hung_up"
