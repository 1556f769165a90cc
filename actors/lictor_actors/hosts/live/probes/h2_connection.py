"""HTTP/2 to a check's target: a connection of its own, frames in and out by the library h2."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event
from h2.exceptions import ProtocolError

from lictor_actors.hosts.live.probes.dial import connect, open_streams, split_address
from lictor_actors.hosts.live.probes.trust import Trust
from lictor_actors.hosts.live.probes.words import ProbeFailed, system_words
from lictor_messages.jobs import PingH2, ProbeGrpc

AT_A_TIME = 65_536
ALPN = "h2"


class Http2:
    """A connection on which the preface has been sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.frames = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.frames.initiate_connection()

    def flush(self) -> None:
        """Send what the frames want sent."""
        self._writer.write(self.frames.data_to_send())

    async def events(self) -> AsyncIterator[Event]:
        """What the target says; raises ProbeFailed when it says no more."""
        while True:
            self.flush()
            for event in self._events(await self._read()):
                if isinstance(event, ConnectionTerminated):
                    raise ProbeFailed(f"http2: server sent GOAWAY; ErrCode={event.error_code}")
                yield event

    async def _read(self) -> bytes:
        try:
            data = await self._reader.read(AT_A_TIME)
        except OSError as error:
            raise ProbeFailed(f"read: {system_words(error)}") from error
        if not data:
            raise ProbeFailed("EOF")
        return data

    def _events(self, data: bytes) -> list[Event]:
        try:
            return self.frames.receive_data(data)
        except ProtocolError as error:
            raise ProbeFailed(f"connection error: {error or 'PROTOCOL_ERROR'}") from error


@asynccontextmanager
async def http2(job: ProbeGrpc | PingH2, trust: Trust) -> AsyncIterator[Http2]:
    """A new connection to the target of a job; raises ProbeFailed where none comes about."""
    host, port = split_address(job.address)
    tls = trust(not job.tls_skip_verify, ALPN) if job.use_tls else None
    reader, writer = await open_streams(await connect(host, port), tls, job.tls_server_name or host)
    try:
        _agreed(writer)
        yield Http2(reader, writer)
    finally:
        writer.transport.abort()


def _agreed(writer: asyncio.StreamWriter) -> None:
    """Over TLS the target has to have chosen HTTP/2."""
    over = writer.get_extra_info("ssl_object")
    if isinstance(over, ssl.SSLObject) and over.selected_alpn_protocol() != ALPN:
        raise ProbeFailed("http2: the server did not choose the protocol h2 in the handshake")
