"""One connection over which HTTP/1.1 is spoken, one request at a time. llhttp reads what comes back."""

from __future__ import annotations

import asyncio
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from lictor_actors.client.errors import ConnectionFailed, LictorError, Unexpected
from lictor_actors.client.http.call import HttpReply

REPLY_MOST = 512 * 1024 * 1024
"""Bytes of one body: more than any answer of a Consul, and an end to one that never ends."""


class HttpWire(asyncio.Protocol):
    """``exchange`` sends one request and waits for its reply; ``up`` says whether another may follow."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.up = True
        self._transport: asyncio.Transport
        self._reply: asyncio.Future[HttpReply] | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._heard = False

    async def exchange(self, request: bytes, within_s: float) -> HttpReply:
        """Raises TimeoutError, and a LictorError if the connection is lost; either way this wire has ended then."""
        reply: asyncio.Future[HttpReply] = self.loop.create_future()
        self._reply = reply
        self._transport.write(request)
        try:
            async with asyncio.timeout(within_s):
                return await reply
        except BaseException:
            self.abandon()
            raise
        finally:
            self._reply = None

    def abandon(self) -> None:
        """Hang up without a word: what still comes would be taken for the next request's reply."""
        self.up = False
        self._transport.abort()

    def end(self, error: LictorError) -> None:
        """Hang up; what is open raises ``error``."""
        self._fail(error)
        self._transport.close()

    # -- what asyncio calls ----------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other side accepted."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Some of a reply."""
        if self._reply is None:  # a proxy that says why it hangs up
            self.abandon()
            return
        self._heard = True
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            error = ConnectionFailed("what answers there does not speak HTTP/1.1")
            error.passing = error.definite = False
            self._fail(error)
            self._transport.abort()
            return
        if len(self._body) > REPLY_MOST:
            self._fail(Unexpected(f"the agent's answer has more than {REPLY_MOST} bytes"))
            self._transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        """A request that is open may or may not have been done."""
        error = ConnectionFailed("the connection was lost while a request was open")
        error.definite = False
        self._fail(error)

    # -- what the parser calls -------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The reply is whole."""
        self.up = self.up and self._parser.should_keep_alive()
        reply = HttpReply(self._parser.get_status_code(), self._headers, bytes(self._body))
        self._begin()
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(reply)

    def _fail(self, error: LictorError) -> None:
        self.up = False
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error)
