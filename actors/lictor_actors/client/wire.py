"""One connection to a door: many requests at a time, each answered by its number (the SP protocol's Req side).

The event loop speaks SP itself, as the lanes do: no thread of a library outlives the loop, so a process ends as it
would without a client, and a child after ``fork`` has nothing that only its parent can move.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from lictor_actors.bus.sp import REP_GREETS, REQ_GREETS, Endpoint, Splitter, made_ready
from lictor_actors.client.errors import ConnectionFailed, Unexpected
from lictor_messages.codec import FrameRefused

ANSWER_MOST = 64 * 1024 * 1024
GOODBYE_S = 0.5
"""How long an agent may take to answer the end of a connection over TLS."""
_LAST = 1 << 31
"""The bit that marks the last word of an SP request's header: the request's own number."""
_NUMBER_BYTES = 4
_LENGTH_BYTES = 8


class Wire(asyncio.Protocol):
    """Greets as a Req socket; ``exchange`` sends one request and waits for its answer."""

    def __init__(self, endpoint: Endpoint) -> None:
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.greeted: asyncio.Future[None] = loop.create_future()
        """Done when the other side has greeted as a Rep socket; fails if it is something else, or hangs up first."""
        self.up = True
        self._gone: asyncio.Future[None] = loop.create_future()
        self._endpoint = endpoint
        self._splitter = Splitter(endpoint.marker, ANSWER_MOST, REP_GREETS)
        self._open: dict[int, asyncio.Future[bytes]] = {}
        self._count = 0
        self._transport: asyncio.Transport

    # -- what asyncio calls ----------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other side accepted: say what this is."""
        self._transport = cast(asyncio.Transport, transport)
        if not self._endpoint.path:
            made_ready(transport.get_extra_info("socket"))
        self._transport.write(REQ_GREETS)

    def data_received(self, data: bytes) -> None:
        """Answers, whole and in pieces."""
        try:
            for frame in self._splitter.feed(data):
                self._answered(frame)
        except FrameRefused as refused:
            self._transport.abort()
            # A door that has greeted may have done what it was asked before it said this.
            wrong = Unexpected(f"the agent sent what is no answer: {refused}")
            self._fail(wrong if self._splitter.greeted else foreign())
            return
        if self._splitter.greeted and not self.greeted.done():
            self.greeted.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """What is still open may or may not have happened."""
        refused = isinstance(error, ssl.SSLError) and not self.greeted.done()
        self._fail(not_believed(error) if refused else lost())
        self._gone.set_result(None)

    # -- requests --------------------------------------------------------------

    async def exchange(self, data: bytes, within_s: float) -> bytes:
        """Send one frame and return the frame that answers it; raises TimeoutError, ConnectionFailed if it is lost."""
        self._count = (self._count + 1) % _LAST
        number = self._count
        answer: asyncio.Future[bytes] = self.loop.create_future()
        self._open[number] = answer
        size = _NUMBER_BYTES + len(data)
        head = self._endpoint.marker + size.to_bytes(_LENGTH_BYTES) + (_LAST | number).to_bytes(_NUMBER_BYTES)
        self._transport.write(head + data)
        try:
            async with asyncio.timeout(within_s):
                return await answer
        finally:
            del self._open[number]

    def close(self, error: Exception) -> None:
        """Hang up; what is open raises ``error``."""
        self._fail(error)
        self._transport.close()

    async def gone(self) -> None:
        """Wait until its socket is closed; over TLS both say goodbye first."""
        await asyncio.wait((self._gone,), timeout=GOODBYE_S)
        if not self._gone.done():
            self._transport.abort()
            await asyncio.sleep(0)

    def _answered(self, frame: bytes) -> None:
        number = int.from_bytes(frame[:_NUMBER_BYTES]) & (_LAST - 1)
        answer = self._open.get(number)
        if answer is not None and not answer.done():  # else its asker has given up
            answer.set_result(frame[_NUMBER_BYTES:])

    def _fail(self, error: Exception) -> None:
        self.up = False
        for waiting in self._open.values():
            if not waiting.done():
                waiting.set_exception(error)
        if not self.greeted.done():
            self.greeted.set_exception(error)
            self.greeted.exception()  # the dialler may have given up, and then looks no more


def lost() -> ConnectionFailed:
    """The connection ended with a request under way: it may have happened."""
    error = ConnectionFailed("the connection was lost while a request was open")
    error.definite = False
    return error


def not_believed(error: Exception | None) -> ConnectionFailed:
    """One end does not take the other's certificate, or does not speak TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        text = f"the agent's certificate is not trusted: {why}; name its authority with ca (CONSUL_CACERT)"
    else:
        text = (
            f"no TLS with what listens there ({getattr(error, 'reason', None) or error}): an agent that demands a "
            "certificate takes one by cert and key, and one without a certificate is dialled by tcp://"
        )
    failed = ConnectionFailed(text)
    failed.passing = False
    return failed


def foreign() -> ConnectionFailed:
    """What answers is no door of an agent."""
    error = ConnectionFailed("what answers there is no agent's bus: dial its port for client actors, tcp://HOST:8304")
    error.passing = False
    return error
