"""One dialled door: many requests at a time over one Req0 socket, a context for each.

How it is built follows from pynng (see hosts/doors/clients.py): a receive is never cancelled. A caller that stops
waiting closes the context, which ends the receive with ``Closed``. A request is sent only while a pipe is up, so that
"not connected" is known, and definite.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pynng

from lictor_actors.client.errors import ClientClosed, ConnectionFailed, LictorError, Timeout, Unexpected, error_of
from lictor_messages.base import Message
from lictor_messages.codec import FrameRefused, cluster_id, frame, open_frame, pack, unpack
from lictor_messages.door import ANY_CLUSTER, REQUEST_MOST
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused

NS = 1_000_000_000
ANSWER_MOST = 64 * 1024 * 1024
RECONNECT_LEAST_MS = 20
RECONNECT_MOST_MS = 500
NEVER_MS = 2**31 - 1
GRACE_S = 0.25
"""The door gives up a little before the client does, so that its word is heard."""


class Connection:
    """A socket to one door, made on first use and kept; it reconnects by itself."""

    def __init__(self, url: str, cluster: str = "") -> None:
        self.url = url
        self._cluster = cluster_id(cluster) if cluster else ANY_CLUSTER
        self._socket: pynng.Req0 | None = None
        self._up = asyncio.Event()
        self._exchanges: set[asyncio.Task[bytes]] = set()
        self._closed = False
        self._falls = 0
        """How often the pipe went down."""

    async def ask(self, message: Message, request: str, source: str, within_s: float) -> Message:
        """Send one request and return its answer; raises LictorError."""
        budget = max(within_s - GRACE_S, within_s / 2)
        envelope = Envelope(source, "", message, request=request, budget=int(budget * NS), cause=request)
        data = frame(self._cluster, [pack(envelope)])
        if len(data) > REQUEST_MOST:
            text = f"a request of {len(data)} bytes is too large, the most is {REQUEST_MOST}"
            raise error_of(Refused(code="TooLarge", text=text))
        deadline = asyncio.get_running_loop().time() + within_s
        socket = await self._connected(within_s)
        falls = self._falls
        answer = await self._exchange(socket, data, deadline)
        try:
            return self._open(answer)
        except LictorError as error:
            # The request was sent once more, and this speaks of the second copy only.
            error.definite = error.definite and self._falls == falls
            raise

    async def connect(self, within_s: float) -> None:
        """Wait until the door answers; raises ConnectionFailed."""
        await self._connected(within_s)

    async def close(self) -> None:
        """End what is open and hang up."""
        self._closed = True
        if self._socket is None:
            return
        self._socket.close()
        if self._exchanges:
            await asyncio.wait(self._exchanges)
        # The callbacks of the pipes that went down with the socket are still on their way to this loop.
        await asyncio.sleep(0)
        self._socket = None

    # -- the pipe ------------------------------------------------------------

    async def _connected(self, within_s: float) -> pynng.Req0:
        if self._closed:
            raise ClientClosed("the client is closed")
        if self._socket is None:
            self._socket = self._dial()
        try:
            async with asyncio.timeout(within_s):
                await self._up.wait()
        except TimeoutError:
            raise ConnectionFailed(f"nobody answers at {self.url} (waited {within_s:.3g} s)") from None
        return self._socket

    def _dial(self) -> pynng.Req0:
        loop = asyncio.get_running_loop()
        # The socket must not send a request again by its own clock; after a reconnect it does, which is harmless:
        # reads are reads, and the cluster answers a repeated write with its first outcome.
        socket = pynng.Req0(
            resend_time=NEVER_MS,
            recv_max_size=ANSWER_MOST,
            reconnect_time_min=RECONNECT_LEAST_MS,
            reconnect_time_max=RECONNECT_MOST_MS,
        )
        socket.add_post_pipe_connect_cb(lambda _: _tell(loop, self._up.set))
        socket.add_post_pipe_remove_cb(lambda _: _tell(loop, self._fell))
        try:
            socket.dial(self.url, block=False)
        except pynng.NNGException as e:
            socket.close()
            raise ConnectionFailed(f"cannot dial {self.url}: {e}") from e
        return socket

    def _fell(self) -> None:
        self._falls += 1
        self._up.clear()

    # -- one request ---------------------------------------------------------

    async def _exchange(self, socket: pynng.Req0, data: bytes, deadline: float) -> bytes:
        context, given_up = socket.new_context(), asyncio.Event()
        task = asyncio.get_running_loop().create_task(_send_and_receive(context, data, given_up))
        self._exchanges.add(task)
        task.add_done_callback(self._exchange_over)
        try:
            await asyncio.wait((task,), timeout=deadline - asyncio.get_running_loop().time())
        finally:
            # Closing ends a receive that is still open, and a context must not outlive its socket.
            given_up.set()
            _close(context)
            await asyncio.wait((task,))
        try:
            return task.result()
        except pynng.Closed:
            raise self._gave_up() from None
        except pynng.NNGException as e:
            raise ConnectionFailed(f"{self.url}: {e}") from e

    def _exchange_over(self, task: asyncio.Task[bytes]) -> None:
        self._exchanges.discard(task)
        if not task.cancelled():
            task.exception()  # Whoever asked may have been cancelled and never look.

    def _gave_up(self) -> LictorError:
        if self._closed:
            return ClientClosed("the client was closed while a request was open")
        return Timeout(f"no answer from {self.url} in time")

    def _open(self, data: bytes) -> Message:
        try:
            answer = unpack(next(open_frame(self._cluster, data))).body
        except (FrameRefused, StopIteration) as e:
            if isinstance(e, FrameRefused) and e.reason == "other_cluster":
                text = f"the door at {self.url} belongs to another cluster"
                raise error_of(Refused(code="BadRequest", text=text)) from e
            raise Unexpected(f"{self.url} answered something else: {e}") from e
        if isinstance(answer, Refused):
            raise error_of(answer)
        return answer


async def _send_and_receive(context: pynng.Context, data: bytes, given_up: asyncio.Event) -> bytes:
    await context.asend(data)
    if given_up.is_set():  # pynng breaks on a context that was closed between its sending and its receiving
        raise pynng.Closed("closed after sending", 0)
    return bytes(await context.arecv())


def _close(context: pynng.Context) -> None:
    with contextlib.suppress(pynng.Closed):
        context.close()


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], Any]) -> None:
    """From nng's own thread to the loop, which may be gone by now."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(what)
